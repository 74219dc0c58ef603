import { splitConstant64 } from "./constant.ts";
import type { Instruction } from "./instruction.ts";
import { OPCODE } from "./opcodes.ts";

/** The named parts of a statement that matched a pattern. */
export type Parts = Readonly<Record<string, string | undefined>>;

/** What a statement says that no instruction can. */
export interface StatementProblem {
  readonly message: string;
  readonly hint: string;
}

/** Reads the parts of a matched statement, and keeps the first thing that does not fit. */
export interface StatementReader {
  problem: StatementProblem | undefined;
  /** The opcode that stood before the statement, as in `(b7) r0 = 1`. */
  readonly prefix: number | undefined;
}

/** One form of statement: a pattern over tokens, and what its parts mean. */
export interface StatementRule {
  readonly pattern: RegExp;
  readonly build: (reader: StatementReader, parts: Parts) => Instruction;
}

/** A part, `""` when the statement does not have it. */
export function part(parts: Parts, name: string): string {
  return parts[name] ?? "";
}

/** A number in decimal or hex; the kernel prints a negative distance after a plus as `+-4`. */
export function bigIntOf(text: string): bigint {
  const value = BigInt(text.replaceAll(/[-+] ?/g, ""));
  return text.includes("-") ? -value : value;
}

/** An integer within bounds; outside of them the reader keeps the problem and the result is 0. */
export function integer(
  reader: StatementReader,
  text: string,
  minimum: number,
  maximum: number,
  what: string,
): number {
  const value = bigIntOf(text);
  if (value >= minimum && value <= maximum) return Number(value);
  reader.problem ??= {
    message: `${what} is ${value}`,
    hint: `It must be from ${minimum} to ${maximum}`,
  };
  return 0;
}

/** A register's number, 0–15: the four bits that an instruction has for it. */
export function register(reader: StatementReader, text: string): number {
  return integer(reader, text, 0, 15, "the register");
}

/** A signed offset of 16 bits, 0 when it is left out. */
export function offset16(reader: StatementReader, text: string): number {
  return text === "" ? 0 : integer(reader, text, -0x8000, 0x7fff, "the offset");
}

/** An immediate of 32 bits; given unsigned where the operation looks at 32 bits only. */
export function immediate(reader: StatementReader, text: string, unsigned: boolean): number {
  const maximum = unsigned ? 0xffff_ffff : 0x7fff_ffff;
  return integer(reader, text, -0x8000_0000, maximum, "the immediate") | 0;
}

/** Keeps a problem when two parts that must be the same register are not. */
export function same(reader: StatementReader, left: number, right: number): void {
  if (left === right) return;
  reader.problem ??= {
    message: `it names registers ${left} and ${right}`,
    hint: "The instruction has one register for both: name the same twice",
  };
}

/** The load of a 64-bit constant, signed or unsigned. */
export function wideConstant(reader: StatementReader, dst: number, value: bigint): Instruction {
  if (value !== BigInt.asIntN(64, value) && value !== BigInt.asUintN(64, value)) {
    reader.problem ??= {
      message: `the constant is ${value}`,
      hint: "It must fit 64 bits",
    };
  }
  return { opcode: OPCODE.lddw, dst, src: 0, offset: 0, ...splitConstant64(value) };
}
