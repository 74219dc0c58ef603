import type { Instruction } from "./instruction.ts";
import {
  ACCESS_MODE,
  ACCESS_SIZE,
  ALU_OPERATION,
  ATOMIC_OPERATION,
  CALL_SOURCE,
  INSTRUCTION_CLASS,
  JUMP_OPERATION,
  OPCODE,
} from "./opcodes.ts";
import { nameOfToken } from "./quoted-name.ts";
import { name, number, whole } from "./statement-patterns.ts";
import {
  bigIntOf,
  immediate,
  offset16,
  part,
  register,
  wideConstant,
  type Parts,
  type StatementReader,
  type StatementRule,
} from "./statement-reader.ts";

// The third way to write BPF, of ubpf and of the conformance suite that grew from it: `mov32 %r0, 7`. Read only.

const SIZES = { b: ACCESS_SIZE.b, h: ACCESS_SIZE.h, w: ACCESS_SIZE.w, dw: ACCESS_SIZE.dw };
const blank: Instruction = { opcode: 0, dst: 0, src: 0, offset: 0, imm: 0 };

const registerNamed = (name: string): string => `(?:% )?r(?<${name}>\\d+)`;
const operand = `(?:${registerNamed("src")}|${number("imm")})`;
const memory = `\\[ ${registerNamed("base")}(?: ${number("offset")})? \\]`;
const goal = `(?:${number("distance")}|(?<label>[A-Za-z_.$][\\w.$]*))`;

/** The code that a table has for a word; the patterns let only words of the tables through. */
function code(table: Readonly<Record<string, number>>, word: string): number {
  return table[word] ?? 0;
}

function second(reader: StatementReader, parts: Parts): Instruction {
  const fromRegister = parts["src"] !== undefined;
  return {
    ...blank,
    opcode: fromRegister ? 8 : 0,
    dst: register(reader, part(parts, "dst")),
    src: fromRegister ? register(reader, part(parts, "src")) : 0,
    imm: fromRegister ? 0 : immediate(reader, part(parts, "imm"), true),
  };
}

function jumpGoal(
  reader: StatementReader,
  parts: Parts,
  field: "offset" | "imm",
): Partial<Instruction> {
  const label = parts["label"];
  if (label !== undefined) return { reference: { kind: "label", name: nameOfToken(label) } };
  const distance = part(parts, "distance");
  return {
    [field]: field === "imm" ? immediate(reader, distance, false) : offset16(reader, distance),
  };
}

function alu(reader: StatementReader, parts: Parts): Instruction {
  const kind = parts["width"] === "32" ? INSTRUCTION_CLASS.alu : INSTRUCTION_CLASS.alu64;
  const fields = second(reader, parts);
  const opcode = kind | code(ALU_OPERATION, part(parts, "operation")) | fields.opcode;
  return { ...fields, opcode, offset: parts["signed"] === undefined ? 0 : 1 };
}

function access(
  reader: StatementReader,
  parts: Parts,
): Pick<Instruction, "offset"> & { size: number; base: number } {
  return {
    size: code(SIZES, part(parts, "size")),
    base: register(reader, part(parts, "base")),
    offset: offset16(reader, part(parts, "offset")),
  };
}

/** Every statement of the mnemonic notation. */
export const mnemonicRules: readonly StatementRule[] = [
  {
    pattern: whole(
      "(?<signed>s(?=div|mod))?(?<operation>add|sub|mul|div|mod|or|and|xor|lsh|rsh|arsh|mov)(?<width>32|64)?",
      registerNamed("dst"),
      ",",
      operand,
    ),
    build: alu,
  },
  {
    pattern: whole("neg(?<width>32|64)?", registerNamed("dst")),
    build: (reader, parts) => ({
      ...blank,
      opcode: parts["width"] === "32" ? 0x84 : 0x87,
      dst: register(reader, part(parts, "dst")),
    }),
  },
  {
    pattern: whole("(?<order>be|le|bswap|swap)(?<bits>16|32|64)", registerNamed("dst")),
    build: (reader, parts) => ({
      ...blank,
      opcode: code({ be: 0xdc, le: 0xd4, bswap: 0xd7, swap: 0xd7 }, part(parts, "order")),
      dst: register(reader, part(parts, "dst")),
      imm: Number(part(parts, "bits")),
    }),
  },
  {
    pattern: whole(
      "movsx(?<from>8|16|32)(?<to>32|64)",
      registerNamed("dst"),
      ",",
      registerNamed("src"),
    ),
    build: (reader, parts) => ({
      ...second(reader, parts),
      opcode: part(parts, "to") === "32" ? 0xbc : 0xbf,
      offset: Number(part(parts, "from")),
    }),
  },
  {
    pattern: whole("lddw", registerNamed("dst"), ",", number("imm")),
    build: (reader, parts) =>
      wideConstant(reader, register(reader, part(parts, "dst")), bigIntOf(part(parts, "imm"))),
  },
  {
    pattern: whole("ldx(?<signed>s)?(?<size>b|h|w|dw)", registerNamed("dst"), ",", memory),
    build: (reader, parts) => {
      const { size, base, offset } = access(reader, parts);
      const mode = parts["signed"] === undefined ? ACCESS_MODE.mem : ACCESS_MODE.memsx;
      const dst = register(reader, part(parts, "dst"));
      return { ...blank, opcode: INSTRUCTION_CLASS.ldx | mode | size, dst, src: base, offset };
    },
  },
  {
    pattern: whole("st(?<x>x)?(?<size>b|h|w|dw)", memory, ",", operand),
    build: (reader, parts) => {
      const { size, base, offset } = access(reader, parts);
      const value = second(reader, { ...parts, dst: "0" });
      const kind = value.opcode === 0 ? INSTRUCTION_CLASS.st : INSTRUCTION_CLASS.stx;
      return { ...value, opcode: kind | ACCESS_MODE.mem | size, dst: base, offset };
    },
  },
  {
    pattern: whole(
      "lock (?<fetch>fetch )?(?<operation>add|or|and|xor|xchg|cmpxchg)(?<width>32|64)?",
      memory,
      ",",
      registerNamed("src"),
    ),
    build: (reader, parts) => {
      const { base, offset } = access(reader, parts);
      const size = parts["width"] === "32" ? ACCESS_SIZE.w : ACCESS_SIZE.dw;
      const imm =
        code(ATOMIC_OPERATION, part(parts, "operation")) | (parts["fetch"] === undefined ? 0 : 1);
      const src = register(reader, part(parts, "src"));
      const opcode = INSTRUCTION_CLASS.stx | ACCESS_MODE.atomic | size;
      return { opcode, dst: base, src, offset, imm };
    },
  },
  {
    pattern: whole("ja(?<width>32)?", goal),
    build: (reader, parts) =>
      parts["width"] === undefined
        ? { ...blank, opcode: OPCODE.ja, ...jumpGoal(reader, parts, "offset") }
        : { ...blank, opcode: OPCODE.gotol, ...jumpGoal(reader, parts, "imm") },
  },
  {
    pattern: whole(
      "(?<operation>jeq|jgt|jge|jset|jne|jsgt|jsge|jlt|jle|jslt|jsle)(?<width>32)?",
      registerNamed("dst"),
      ",",
      operand,
      ",",
      goal,
    ),
    build: (reader, parts) => {
      const fields = second(reader, parts);
      const kind = parts["width"] === undefined ? INSTRUCTION_CLASS.jmp : INSTRUCTION_CLASS.jmp32;
      const opcode = kind | code(JUMP_OPERATION, part(parts, "operation")) | fields.opcode;
      return { ...fields, opcode, ...jumpGoal(reader, parts, "offset") };
    },
  },
  {
    pattern: whole("call local", name),
    build: (_reader, parts) => ({
      ...blank,
      opcode: OPCODE.call,
      src: CALL_SOURCE.local,
      imm: -1,
      reference: { kind: "function", name: nameOfToken(part(parts, "name")) },
    }),
  },
];
