import { checkInstruction, type Instruction } from "@ocelli/bpf";

/** Random numbers that depend on a seed only. */
export interface Random {
  /** 0 to `below` - 1. */
  readonly int: (below: number) => number;
  /** 32 bits, signed; small numbers and edges are more frequent than others. */
  readonly word: () => number;
  readonly pick: <T>(values: readonly [T, ...T[]]) => T;
}

/** Makes random numbers of a seed. */
export function createRandom(seed: number): Random {
  // xorshift32 (Marsaglia); the state must not be 0.
  let state = Math.imul(seed + 1, 0x9e37_79b9) | 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state;
  };
  const int = (below: number): number => (next() >>> 0) % below;
  const EDGES = [0, 1, -1, 2, 8, 31, 32, 63, 64, 255, 0x7fff_ffff, -0x8000_0000] as const;
  return {
    int,
    word: () => (int(2) === 0 ? (EDGES[int(EDGES.length)] ?? 0) : next()),
    pick: ([first, ...rest]) => rest[int(rest.length + 1) - 1] ?? first,
  };
}

/** How `randomProgram()` fills a program. */
export interface RandomProgramOptions {
  /** Highest instruction set level: 3 for kernels before 6.6. 4 by default. */
  readonly level?: 3 | 4;
  /** How many random instructions, about. 40 by default. */
  readonly length?: number;
}

const insn = (
  opcode: number,
  dst: number,
  src: number,
  offset: number,
  imm: number,
): Instruction => ({ opcode, dst, src, offset, imm });

const ALU = [0x00, 0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0x90, 0xa0, 0xb0, 0xc0] as const;
const JUMPS = [0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0xa0, 0xb0, 0xc0, 0xd0] as const;
const ATOMICS = [0x00, 0x40, 0x50, 0xa0, 0x01, 0x41, 0x51, 0xa1, 0xe1, 0xf1] as const;
type Width = readonly [size: number, bytes: number];
const WIDTHS: readonly [Width, ...Width[]] = [
  [0x00, 4],
  [0x08, 2],
  [0x10, 1],
  [0x18, 8],
];
const STACK_BYTES = 64;
/** Counts rounds of loops; nothing else writes to it. */
const COUNTER = 9;

/**
 * A program that is safe and ends: arithmetic, branches, bounded loops, local calls, loads, stores and atomic
 * operations on its stack. Its r0 depends on all registers and on the stack. Every kernel of the level's age takes it as
 * a socket filter; the value that counts there is the lower half of r0.
 */
export function randomProgram(seed: number, options: RandomProgramOptions = {}): Instruction[] {
  const { level = 4, length = 40 } = options;
  const random = createRandom(seed);
  const program: Instruction[] = [];
  for (let register = 0; register <= 9; register++) program.push(wide(random, register));
  for (let at = 8; at <= STACK_BYTES; at += 8) program.push(insn(0x7b, 10, random.int(9), -at, 0));
  const calls: number[] = [];
  while (program.length < length + 18) {
    const kind = random.int(12);
    if (kind === 0) {
      const body = straight(random, level, 1 + random.int(5));
      program.push(insn(0xb7, COUNTER, 0, 0, 1 + random.int(6)), ...body);
      const distance = -(slots(body) + 2);
      program.push(insn(0x07, COUNTER, 0, 0, -1), insn(0x55, COUNTER, 0, distance, 0));
    } else if (kind <= 2) {
      const body = straight(random, level, 1 + random.int(4));
      program.push(branch(random, slots(body)), ...body);
    } else if (kind === 3) {
      calls.push(program.length);
      program.push(insn(0x85, 0, 1, 0, 0));
      for (let register = 1; register <= 5; register++) program.push(wide(random, register));
    } else program.push(...straight(random, level, 1));
  }
  fold(program, 9);
  const start = slots(program);
  if (calls.length > 0) program.push(...callee(random, level));
  for (const index of calls) {
    const call = program[index];
    if (call === undefined) continue;
    program[index] = { ...call, imm: start - slots(program.slice(0, index)) - 1 };
  }
  return program;
}

function slots(instructions: readonly Instruction[]): number {
  return instructions.reduce((sum, { imm2 }) => sum + (imm2 === undefined ? 1 : 2), 0);
}

function wide(random: Random, dst: number): Instruction {
  return { opcode: 0x18, dst, src: 0, offset: 0, imm: random.word(), imm2: random.word() };
}

function branch(random: Random, distance: number): Instruction {
  const kind = random.pick([5, 6]);
  const operation = random.pick(JUMPS);
  return random.int(2) === 0
    ? insn(operation | 8 | kind, random.int(9), random.int(9), distance, 0)
    : insn(operation | kind, random.int(9), 0, distance, random.word());
}

/** Instructions without a branch. */
function straight(random: Random, level: 3 | 4, count: number): Instruction[] {
  const made: Instruction[] = [];
  while (made.length < count) {
    const kind = random.int(8);
    made.push(
      kind < 5
        ? arithmetic(random, level)
        : kind < 7
          ? access(random, level)
          : unary(random, level),
    );
  }
  return made;
}

function arithmetic(random: Random, level: 3 | 4): Instruction {
  const kind = random.pick([4, 7]);
  const operation = random.pick(ALU);
  const isDivision = operation === 0x30 || operation === 0x90;
  const isShift = operation === 0x60 || operation === 0x70 || operation === 0xc0;
  const offset = isDivision && level === 4 ? random.int(2) : 0;
  const dst = random.int(9);
  if (random.int(2) === 0) {
    const widths: readonly [number, ...number[]] = kind === 7 ? [0, 8, 16, 32] : [0, 8, 16];
    const sign = operation === 0xb0 && level === 4 ? random.pick(widths) : offset;
    return insn(operation | 8 | kind, dst, random.int(9), sign, 0);
  }
  const imm = random.word();
  // Kernels refuse shifts by too much and divisions by 0 when they see them.
  if (isShift) return insn(operation | kind, dst, 0, 0, random.int(kind === 7 ? 64 : 32));
  return insn(operation | kind, dst, 0, offset, isDivision && imm === 0 ? 3 : imm);
}

function unary(random: Random, level: 3 | 4): Instruction {
  const dst = random.int(9);
  const width = random.pick([16, 32, 64]);
  const opcodes: readonly [number, ...number[]] =
    level === 4 ? [0x87, 0x84, 0xd4, 0xdc, 0xd7] : [0x87, 0x84, 0xd4, 0xdc];
  const opcode = random.pick(opcodes);
  return insn(opcode, dst, 0, 0, opcode === 0x87 || opcode === 0x84 ? 0 : width);
}

// Kernels want every access to the stack aligned.
function access(random: Random, level: 3 | 4): Instruction {
  const [size, bytes] = random.pick(WIDTHS);
  const offset = random.int(STACK_BYTES / bytes) * bytes - STACK_BYTES;
  const register = random.int(9);
  switch (random.int(5)) {
    case 0:
      return insn(0x61 | size, register, 10, offset, 0);
    case 1:
      return level === 4 && bytes < 8
        ? insn(0x81 | size, register, 10, offset, 0)
        : insn(0x61 | size, register, 10, offset, 0);
    case 2:
      return insn(0x63 | size, 10, register, offset, 0);
    case 3:
      return insn(0x62 | size, 10, 0, offset, random.word());
    default: {
      const wideAtomic = random.int(2) === 0;
      const place = random.int(STACK_BYTES / 8) * 8 - STACK_BYTES;
      return insn(wideAtomic ? 0xdb : 0xc3, 10, register, place, random.pick(ATOMICS));
    }
  }
}

/** A function of five arguments. */
function callee(random: Random, level: 3 | 4): Instruction[] {
  const made: Instruction[] = [];
  for (const register of [0, 6, 7, 8]) made.push(wide(random, register));
  for (let at = 8; at <= STACK_BYTES; at += 8) made.push(insn(0x7b, 10, random.int(9), -at, 0));
  for (let index = 0; index < 4; index++) {
    const body = straight(random, level, 2);
    made.push(branch(random, slots(body)), ...body);
  }
  fold(made, 8);
  return made;
}

/** Mixes registers and stack into both halves of r0 and exits. */
function fold(program: Instruction[], registers: number): void {
  const mix = (register: number): void => {
    program.push(insn(0x27, 0, 0, 0, 31), insn(0xaf, 0, register, 0, 0));
  };
  for (let register = 1; register <= registers; register++) mix(register);
  for (let at = 8; at <= STACK_BYTES; at += 8) {
    program.push(insn(0x79, 1, 10, -at, 0));
    mix(1);
  }
  program.push(insn(0xbf, 1, 0, 0, 0), insn(0x77, 1, 0, 0, 32), insn(0xaf, 0, 1, 0, 0));
  program.push(insn(0x95, 0, 0, 0, 0));
}

/**
 * A program that nobody checked: any instruction of RFC 9669 with any registers, offsets and constants, jumps and calls
 * to anywhere inside. `pointers` are numbers to put into registers besides random ones.
 */
export function randomSoup(
  seed: number,
  length: number,
  pointers: readonly [number, ...number[]],
): Instruction[] {
  const random = createRandom(seed);
  const program: Instruction[] = [];
  for (let register = 1; register <= 9; register++) {
    const imm = random.int(3) > 0 ? random.pick(pointers) : random.word();
    program.push(insn(0xb7, register, 0, 0, imm));
  }
  const head = program.length;
  while (program.length < head + length) {
    const one = soupInstruction(random, program.length - head, length);
    if (checkInstruction(one) === undefined && one.opcode !== 0x18) program.push(one);
  }
  program.push(insn(0x95, 0, 0, 0, 0));
  return program;
}

function soupInstruction(random: Random, index: number, length: number): Instruction {
  const opcode = random.int(256);
  const kind = opcode & 7;
  const isAtomic = (opcode & 0xe7) === 0xc3;
  const jump = random.int(length + 1) - index - 1;
  const src = random.int(32) === 0 ? 10 : random.int(10);
  const dst = random.int(32) === 0 ? 10 : random.int(10);
  const isCall = opcode === 0x85;
  const offset = kind === 5 || kind === 6 ? jump : random.pick([0, random.int(64) - 32, 0, 1, 8]);
  const imm = isAtomic ? random.pick(ATOMICS) : isCall || opcode === 0x06 ? jump : random.word();
  const fields = { opcode, dst, src: isCall ? 1 : src, offset, imm };
  // Most instructions want some of their fields to be zero.
  const cleared = random.int(3);
  if (isCall) return { ...fields, dst: 0, offset: 0 };
  if (opcode === 0x05 || opcode === 0x06)
    return {
      opcode,
      dst: 0,
      src: 0,
      offset: opcode === 5 ? jump : 0,
      imm: opcode === 6 ? jump : 0,
    };
  if (kind === 1 || kind === 3) return { ...fields, imm: isAtomic ? imm : 0 };
  if (kind === 2) return { ...fields, src: 0 };
  if (kind === 5 || kind === 6)
    return (opcode & 8) === 0 ? { ...fields, src: 0 } : { ...fields, imm: 0 };
  if ((opcode & 0xf0) === 0xd0 || (opcode & 0xf0) === 0x80)
    return {
      ...fields,
      src: 0,
      offset: 0,
      imm: (opcode & 0xf0) === 0x80 ? 0 : 16 << random.int(3),
    };
  const signed = cleared === 0 ? random.pick([1, 8, 16, 32]) : 0;
  return (opcode & 8) === 0
    ? { ...fields, src: 0, offset: signed }
    : { ...fields, imm: 0, offset: signed };
}
