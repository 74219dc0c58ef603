import type { Instruction } from "./instruction.ts";
import { ALU_SYMBOLS, ATOMIC_NAMES } from "./notation.ts";
import {
  ACCESS_MODE,
  ACCESS_SIZE,
  ATOMIC_OPERATION,
  INSTRUCTION_CLASS,
  OPCODE,
  WIDE_SOURCE,
} from "./opcodes.ts";
import { nameOfToken } from "./quoted-name.ts";
import { address, anyRegister, name, number, pointerType, whole } from "./statement-patterns.ts";
import {
  bigIntOf,
  immediate,
  integer,
  offset16,
  part,
  register,
  same,
  type Parts,
  type StatementReader,
  type StatementRule,
} from "./statement-reader.ts";

const SIZES = new Map<string, number>([
  ["8", ACCESS_SIZE.b],
  ["16", ACCESS_SIZE.h],
  ["32", ACCESS_SIZE.w],
  ["64", ACCESS_SIZE.dw],
]);
const symbols = new Map([...ALU_SYMBOLS].map(([operation, symbol]) => [symbol, operation]));
const atomics = new Map([...ATOMIC_NAMES].map(([operation, word]) => [word, operation]));
const memory = `${pointerType} \\( ${address} \\)`;

function size(parts: Parts): number {
  return SIZES.get(part(parts, "bits")) ?? 0;
}

/** Loads have the address in the source register, stores and atomics in the destination. */
function access(
  reader: StatementReader,
  parts: Parts,
  opcode: number,
  other: number,
  imm = 0,
): Instruction {
  const base = register(reader, part(parts, "base"));
  const isLoad = (opcode & 7) === INSTRUCTION_CLASS.ldx || imm === ATOMIC_OPERATION.load_acquire;
  const offset = offset16(reader, part(parts, "offset"));
  const [dst, src] = isLoad ? [other, base] : [base, other];
  return { opcode: opcode | size(parts), dst, src, offset, imm };
}

function atomicAccess(reader: StatementReader, parts: Parts, imm: number): Instruction {
  const value = register(reader, part(parts, "value"));
  const opcode = INSTRUCTION_CLASS.stx | ACCESS_MODE.atomic;
  if (parts["result"] !== undefined && imm !== ATOMIC_OPERATION.cmpxchg)
    same(reader, register(reader, part(parts, "result")), value);
  return access(reader, parts, opcode, value, imm);
}

function pseudo(
  reader: StatementReader,
  parts: Parts,
  src: number,
  imm: bigint,
  imm2 = 0n,
): Instruction {
  const fit = (value: bigint): number =>
    integer(reader, value.toString(), -0x8000_0000, 0xffff_ffff, "the immediate") | 0;
  const dst = register(reader, part(parts, "dst"));
  return { opcode: OPCODE.lddw, dst, src, offset: 0, imm: fit(imm), imm2: fit(imm2) };
}

/** Loads, stores, atomics and packet loads. */
export const memoryRules: readonly StatementRule[] = [
  {
    pattern: whole(anyRegister("dst"), "= \\*", memory),
    build: (reader, parts) => {
      const mode = part(parts, "sign") === "s" ? ACCESS_MODE.memsx : ACCESS_MODE.mem;
      const dst = register(reader, part(parts, "dst"));
      return access(reader, parts, INSTRUCTION_CLASS.ldx | mode, dst);
    },
  },
  {
    pattern: whole("\\*", memory, "=", anyRegister("value")),
    build: (reader, parts) => {
      const value = register(reader, part(parts, "value"));
      return access(reader, parts, INSTRUCTION_CLASS.stx | ACCESS_MODE.mem, value);
    },
  },
  {
    pattern: whole("\\*", memory, "=", number("imm")),
    build: (reader, parts) => {
      const imm = immediate(reader, part(parts, "imm"), part(parts, "bits") !== "64");
      return { ...access(reader, parts, INSTRUCTION_CLASS.st | ACCESS_MODE.mem, 0), imm };
    },
  },
  {
    pattern: whole("lock \\*", memory, "(?<operator>\\+=|\\|=|&=|\\^=)", anyRegister("value")),
    build: (reader, parts) =>
      atomicAccess(reader, parts, symbols.get(part(parts, "operator")) ?? 0),
  },
  {
    pattern: whole(
      anyRegister("result"),
      "= atomic(?:64)?_fetch_(?<operation>add|or|and|xor) \\(",
      memory,
      ",",
      anyRegister("value"),
      "\\)",
    ),
    build: (reader, parts) =>
      atomicAccess(reader, parts, (atomics.get(part(parts, "operation")) ?? 0) | 1),
  },
  {
    pattern: whole(
      anyRegister("result"),
      "= (?:atomic(?:64)?_xchg \\(",
      `${memory}|xchg(?:32)?_(?<llvm>32|64) \\( ${address.replaceAll("?<", "?<llvm_")}) ,`,
      anyRegister("value"),
      "\\)",
    ),
    build: (reader, parts) => atomicAccess(reader, fromLlvm(parts), ATOMIC_OPERATION.xchg),
  },
  {
    pattern: whole(
      "[rw]0 = (?:atomic(?:64)?_cmpxchg \\(",
      `${memory}|cmpxchg(?:32)?_(?<llvm>32|64) \\( ${address.replaceAll("?<", "?<llvm_")}) , [rw]0 ,`,
      anyRegister("value"),
      "\\)",
    ),
    build: (reader, parts) => atomicAccess(reader, fromLlvm(parts), ATOMIC_OPERATION.cmpxchg),
  },
  {
    pattern: whole(anyRegister("value"), "= load_acquire \\(", memory, "\\)"),
    build: (reader, parts) => atomicAccess(reader, parts, ATOMIC_OPERATION.load_acquire),
  },
  {
    pattern: whole("store_release \\(", memory, ",", anyRegister("value"), "\\)"),
    build: (reader, parts) => atomicAccess(reader, parts, ATOMIC_OPERATION.store_release),
  },
  {
    pattern: whole(
      `r0 = \\* ${pointerType} skb \\[ (?:r(?<src>\\d+)(?: \\+ ${number("displacement")})?|${number("imm")}) \\]`,
    ),
    build: (reader, parts) => {
      const isIndirect = parts["src"] !== undefined;
      const mode = isIndirect ? ACCESS_MODE.ind : ACCESS_MODE.abs;
      const imm = part(parts, isIndirect ? "displacement" : "imm");
      return {
        opcode: INSTRUCTION_CLASS.ld | mode | size(parts),
        dst: 0,
        src: isIndirect ? register(reader, part(parts, "src")) : 0,
        offset: 0,
        imm: imm === "" ? 0 : immediate(reader, imm, true),
      };
    },
  },
  {
    pattern: whole("ld_pseudo r(?<dst>\\d+) ,", number("src"), ",", number("imm")),
    build: (reader, parts) => {
      const src = integer(reader, part(parts, "src"), 0, 15, "the source");
      return pseudo(reader, parts, src, bigIntOf(part(parts, "imm")));
    },
  },
  {
    pattern: whole(
      `r(?<dst>\\d+) = map \\[ id : ${number("imm")} \\](?: \\[ 0 \\] ${number("value")})?(?: ll)?`,
    ),
    build: (reader, parts) => {
      const value = parts["value"];
      const src = value === undefined ? WIDE_SOURCE.map_fd : WIDE_SOURCE.map_value;
      return pseudo(reader, parts, src, bigIntOf(part(parts, "imm")), bigIntOf(value ?? "0"));
    },
  },
  {
    pattern: whole(`r(?<dst>\\d+) = map \\[ idx : ${number("imm")} \\] ${number("value")}(?: ll)?`),
    build: (reader, parts) => {
      const [imm, value] = [bigIntOf(part(parts, "imm")), bigIntOf(part(parts, "value"))];
      return pseudo(reader, parts, WIDE_SOURCE.map_index_value, imm, value);
    },
  },
  {
    pattern: whole(`r(?<dst>\\d+) = map \\[ ${name} \\](?: \\[ 0 \\] ${number("value")})?(?: ll)?`),
    build: (reader, parts) => {
      const map = nameOfToken(part(parts, "name"));
      if (parts["value"] === undefined)
        return {
          ...pseudo(reader, parts, WIDE_SOURCE.map_fd, 0n),
          reference: { kind: "map", name: map },
        };
      const value = bigIntOf(part(parts, "value"));
      return {
        ...pseudo(reader, parts, WIDE_SOURCE.map_value, 0n, value),
        reference: { kind: "map-value", name: map, offset: Number(value) },
      };
    },
  },
  {
    pattern: whole(`r(?<dst>\\d+) = kconfig \\[ ${name} \\](?: ll)?`),
    build: (reader, parts) => ({
      ...pseudo(reader, parts, WIDE_SOURCE.map_value, 0n),
      reference: { kind: "kconfig", name: nameOfToken(part(parts, "name")) },
    }),
  },
  {
    pattern: whole(`r(?<dst>\\d+) = subprog \\[ (?:${number("imm")}|${name}) \\](?: ll)?`),
    build: (reader, parts) => {
      const wide = pseudo(reader, parts, WIDE_SOURCE.function, bigIntOf(parts["imm"] ?? "0"));
      const called = parts["name"];
      return called === undefined
        ? wide
        : { ...wide, reference: { kind: "function", name: nameOfToken(called) } };
    },
  },
];

/** LLVM's exchanges name the width in the function and have no cast: gives both the same parts. */
function fromLlvm(parts: Parts): Parts {
  const bits = parts["llvm"];
  if (bits === undefined) return parts;
  return { ...parts, bits, base: parts["llvm_base"], offset: parts["llvm_offset"] };
}
