import { helperNumber, isHelper } from "../abi/helpers.ts";
import type { Instruction, Reference } from "./instruction.ts";
import { JUMP_SYMBOLS } from "./notation.ts";
import { CALL_SOURCE, INSTRUCTION_CLASS, OPCODE } from "./opcodes.ts";
import { nameOfToken } from "./quoted-name.ts";
import { anyRegister, name, number, target, whole } from "./statement-patterns.ts";
import {
  bigIntOf,
  immediate,
  integer,
  offset16,
  part,
  register,
  type Parts,
  type StatementReader,
  type StatementRule,
} from "./statement-reader.ts";

const operations = new Map([...JUMP_SYMBOLS].map(([operation, symbol]) => [symbol, operation]));
const comparison = "(?<comparison>s?>=|s?<=|s?>|s?<|==|!=|&)";
const blank: Instruction = { opcode: 0, dst: 0, src: 0, offset: 0, imm: 0 };

/** Where a jump goes: fields and a reference to lay over the instruction. */
function goal(
  reader: StatementReader,
  parts: Parts,
  field: "offset" | "imm" = "offset",
): Partial<Instruction> {
  const label = parts["label"];
  if (label !== undefined)
    return { reference: { kind: "label", name: nameOfToken(label) } satisfies Reference };
  const distance = part(parts, "distance");
  const value = field === "imm" ? immediate(reader, distance, false) : offset16(reader, distance);
  return { [field]: value };
}

function conditional(reader: StatementReader, parts: Parts): Instruction {
  const isWide = part(parts, "dstw") === "r";
  const other = parts["srcw"];
  if (other !== undefined && other !== part(parts, "dstw")) {
    reader.problem ??= {
      message: "it mixes r and w registers",
      hint: "Name both r (64 bits) or both w (32 bits)",
    };
  }
  const kind = isWide ? INSTRUCTION_CLASS.jmp : INSTRUCTION_CLASS.jmp32;
  return {
    opcode: kind | (operations.get(part(parts, "comparison")) ?? 0) | (other === undefined ? 0 : 8),
    dst: register(reader, part(parts, "dst")),
    src: other === undefined ? 0 : register(reader, part(parts, "src")),
    offset: 0,
    // The kernel prints 64-bit comparisons with the unsigned lower half of their constant.
    imm: other === undefined ? immediate(reader, part(parts, "imm"), true) : 0,
    ...goal(reader, parts),
  };
}

function callNamed(reader: StatementReader, parts: Parts): Instruction {
  const called = part(parts, "name");
  const helper = called.startsWith("bpf_") ? called.slice(4) : "";
  const id = parts["id"];
  if (id !== undefined) {
    const isOfKernel = !isHelper(helper) && called !== "unknown";
    const src = isOfKernel ? CALL_SOURCE.kfunc : CALL_SOURCE.helper;
    return { ...blank, opcode: OPCODE.call, src, imm: immediate(reader, id, false) };
  }
  if (isHelper(helper)) return { ...blank, opcode: OPCODE.call, imm: helperNumber(helper) };
  const reference: Reference = { kind: "function", name: nameOfToken(called) };
  return { ...blank, opcode: OPCODE.call, src: CALL_SOURCE.local, imm: -1, reference };
}

/** A raw instruction with all its fields, for what the notations cannot say. */
function raw(reader: StatementReader, parts: Parts): Instruction {
  const imm2 = parts["imm2"];
  return {
    opcode: integer(reader, part(parts, "opcode"), 0, 255, "the opcode"),
    dst: register(reader, part(parts, "dst")),
    src: register(reader, part(parts, "src")),
    offset: offset16(reader, part(parts, "offset")),
    imm: immediate(reader, part(parts, "imm"), true),
    ...(imm2 === undefined ? {} : { imm2: immediate(reader, imm2, true) }),
  };
}

/** Jumps, calls, exit and raw instructions. */
export const flowRules: readonly StatementRule[] = [
  { pattern: whole("exit"), build: () => ({ ...blank, opcode: OPCODE.exit }) },
  {
    pattern: whole("goto", target),
    build: (reader, parts) => ({ ...blank, opcode: OPCODE.ja, ...goal(reader, parts) }),
  },
  {
    pattern: whole("gotol", target),
    build: (reader, parts) => ({ ...blank, opcode: OPCODE.gotol, ...goal(reader, parts, "imm") }),
  },
  {
    pattern: whole("may_goto", target),
    build: (reader, parts) => ({ ...blank, opcode: OPCODE.may_goto, ...goal(reader, parts) }),
  },
  {
    pattern: whole("(?<word>gotox|callx) r(?<dst>\\d+)"),
    build: (reader, parts) => ({
      ...blank,
      opcode: part(parts, "word") === "gotox" ? OPCODE.gotox : OPCODE.callx,
      dst: register(reader, part(parts, "dst")),
    }),
  },
  {
    pattern: whole(
      "if",
      anyRegister("dst"),
      comparison,
      `(?:${anyRegister("src")}|${number("imm")})`,
      "goto",
      target,
    ),
    build: conditional,
  },
  {
    pattern: whole(`call pc ${number("imm")}(?: # .*)?`),
    build: (reader, parts) => ({
      ...blank,
      opcode: OPCODE.call,
      src: CALL_SOURCE.local,
      imm: immediate(reader, part(parts, "imm"), false),
    }),
  },
  {
    pattern: whole("call", number("imm")),
    build: (reader, parts) => ({
      ...blank,
      opcode: OPCODE.call,
      imm: immediate(reader, bigIntOf(part(parts, "imm")).toString(), false),
    }),
  },
  {
    pattern: whole(`call kernel - function # ${number("id")}`),
    build: (reader, parts) => callNamed(reader, { ...parts, name: "kernel-function" }),
  },
  { pattern: whole(`call ${name}(?: # ${number("id")})?`), build: callNamed },
  {
    pattern: whole(
      [
        ".insn " + number("opcode"),
        "r(?<dst>\\d+)",
        "(?<src>\\d+)",
        number("offset"),
        number("imm"),
      ].join(" , ") + `(?: , ${number("imm2")})?`,
    ),
    build: raw,
  },
];
