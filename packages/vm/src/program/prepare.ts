import {
  constant64,
  errorAt,
  isFunctionAddress,
  isWide,
  printInstruction,
  resolveReferences,
  SLOT_BYTES,
  slotOffsets,
  success,
  type Diagnostic,
  type Instruction,
  type Result,
} from "@ocelli/bpf";

import type { ProgramPlace } from "../error.ts";
import { isBranch, normalize, type Constant } from "./normalize.ts";
import { FUNCTION_BASE, OPERATION, REGISTERS, WORDS } from "./operation.ts";

/** A program as the engines run it. The same for interpreter and JIT, and for every machine. */
export interface PreparedProgram {
  /**
   * Four words a slot: operation, destination, source, argument. Registers are counted in halves: 2 × n is the low word
   * of rn; sources from 22 on are constants. The argument is the offset of a load or store, the first word that a
   * branch or a local call goes to, a helper's number, or a trap's. One trap more follows the last slot.
   */
  readonly code: Int32Array;
  /** The constants, low word first; the first is register 11. */
  readonly constants: Int32Array;
  /** First slots of functions: 0, and what is called or has its address taken; ascending. */
  readonly functions: readonly number[];
  /** First slots of functions whose address the program takes: what helpers may call back. */
  readonly callbacks: readonly number[];
  /** Slots of the whole. */
  readonly slots: number;
  /** What lies at a slot, for messages and debuggers. */
  readonly placeOf: (slot: number) => ProgramPlace;
}

/** How names and pseudo constants become numbers. */
export interface PrepareOptions {
  /**
   * The 64-bit value of a wide load that is not a plain constant nor a function's address: of a map, a map's value, a
   * kernel symbol. `undefined` when it has none; then the program is refused.
   */
  readonly resolve?: (instruction: Instruction, slot: number) => bigint | undefined;
}

/**
 * Makes a program ready to run: a linked one, its entry function first. Refuses jumps and calls that leave it or land
 * inside a 64-bit load, and constants that nothing resolves. Says nothing of whether it is safe: an instruction that
 * means nothing, or leaves the memory, ends the run that comes to it.
 */
export function prepareProgram(
  instructions: readonly Instruction[],
  options: PrepareOptions = {},
): Result<PreparedProgram> {
  const resolved = resolveReferences(instructions);
  if (!resolved.ok) return resolved;
  const program = resolved.value;
  const starts = slotOffsets(program);
  const slots = starts[program.length] ?? 0;
  const indexes = new Int32Array(slots).fill(-1);
  for (let index = 0; index < program.length; index++) indexes[starts[index] ?? 0] = index;

  const problems: Diagnostic[] = [];
  const code = new Int32Array((slots + 1) * WORDS);
  const pool = createPool();
  const functions = new Set([0]);
  const callbacks = new Set<number>();
  if (slots === 0)
    problems.push(
      errorAt(
        "vm-empty",
        { offset: 0, length: 0 },
        "Cannot prepare the program: it has no instructions",
        "The shortest program is an exit",
      ),
    );
  const target = (slot: number, distance: number, what: string): number => {
    const to = slot + 1 + distance;
    if (to >= 0 && to < slots && indexes[to] !== -1) return to;
    problems.push(
      errorAt(
        "vm-target",
        { offset: slot * SLOT_BYTES, length: SLOT_BYTES },
        `Cannot prepare the program: the ${what} at slot ${slot} goes to slot ${to}, ${to >= 0 && to < slots ? "the middle of a 64-bit load" : `but there are slots 0 to ${slots - 1}`}`,
        "Distances count slots from the one after the instruction's own",
      ),
    );
    return 0;
  };
  const wideOf = (instruction: Instruction, slot: number): Constant => {
    if (isFunctionAddress(instruction)) {
      const to = target(slot, instruction.imm, "address of a function");
      functions.add(to);
      callbacks.add(to);
      return { low: (FUNCTION_BASE + to) | 0, high: 0 };
    }
    const { reference, src } = instruction;
    const plain = src === 0 && (reference === undefined || reference.kind === "label");
    const value = plain ? constant64(instruction) : options.resolve?.(instruction, slot);
    if (value === undefined) {
      problems.push(
        errorAt(
          "vm-unresolved",
          { offset: slot * SLOT_BYTES, length: 2 * SLOT_BYTES },
          `Cannot prepare the program: nothing resolves "${textOf(instruction)}" at slot ${slot}${reference === undefined ? "" : `, which refers to ${reference.kind} "${reference.name}"`}`,
          "Load the whole collection, so that maps and symbols have addresses",
        ),
      );
      return { low: 0, high: 0 };
    }
    return { low: Number(BigInt.asIntN(32, value)), high: Number(BigInt.asIntN(32, value >> 32n)) };
  };

  code.fill(0);
  for (let slot = 0, index = 0; slot < slots; slot++) {
    const at = slot * WORDS;
    const instruction = program[index];
    if (indexes[slot] !== index || instruction === undefined) {
      code[at] = OPERATION.trap;
      code[at + 3] = 3;
      continue;
    }
    index += 1;
    const wide = isWide(instruction) ? wideOf(instruction, slot) : { low: 0, high: 0 };
    const { operation, dst, src, argument } = normalize(instruction, wide);
    code[at] = operation;
    code[at + 1] = dst * 2;
    code[at + 2] = typeof src === "number" ? src * 2 : pool.place(src);
    code[at + 3] = argument;
    if (isBranch(operation)) code[at + 3] = target(slot, argument, "jump") * WORDS;
    if (operation === OPERATION.callLocal) {
      const to = target(slot, argument, "call");
      functions.add(to);
      code[at + 3] = to * WORDS;
    }
  }
  code[slots * WORDS] = OPERATION.trap;
  code[slots * WORDS + 3] = 4;

  if (problems.length > 0) return { ok: false, diagnostics: problems };
  return success({
    code,
    constants: pool.words(),
    functions: [...functions].toSorted((a, b) => a - b),
    callbacks: [...callbacks].toSorted((a, b) => a - b),
    slots,
    placeOf: (slot) => {
      const instruction = program[indexes[slot] ?? -1];
      if (instruction === undefined) return { slot, text: "no instruction", source: undefined };
      return {
        slot,
        text: textOf(instruction),
        source: sourceOf(program, indexes[slot] ?? 0),
      };
    },
  });
}

// The kernel's notation begins with the opcode, which tells a person nothing here.
function textOf(instruction: Instruction): string {
  return printInstruction(instruction, "kernel").replace(/^\([0-9a-f]{2}\) /, "");
}

/** The nearest source line at or before an instruction: the object names only the first instruction of a line. */
function sourceOf(program: readonly Instruction[], index: number): Instruction["source"] {
  for (let at = index; at >= 0; at--) {
    const instruction = program[at];
    if (instruction?.source !== undefined) return instruction.source;
    if (instruction?.functionTypeId !== undefined) break;
  }
  return undefined;
}

interface Pool {
  /** The number of the register half in which a constant begins. */
  readonly place: (constant: Constant) => number;
  readonly words: () => Int32Array;
}

/** Constants, each once. */
function createPool(): Pool {
  const places = new Map<bigint, number>();
  const words: number[] = [];
  return {
    place: ({ low, high }) => {
      const key = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
      const known = places.get(key);
      if (known !== undefined) return known;
      const place = REGISTERS * 2 + words.length;
      places.set(key, place);
      words.push(low, high);
      return place;
    },
    words: () => Int32Array.from(words),
  };
}
