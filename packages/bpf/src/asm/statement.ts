import type { Instruction } from "./instruction.ts";
import { aluRules } from "./statement-alu.ts";
import { flowRules } from "./statement-flow.ts";
import { mnemonicRules } from "./statement-mnemonic.ts";
import { memoryRules } from "./statement-memory.ts";
import type { StatementProblem, StatementReader, StatementRule } from "./statement-reader.ts";
import { tokenize } from "./tokens.ts";

/** A statement that was understood, or what kept it from being. */
export type ParsedStatement =
  | { readonly ok: true; readonly instruction: Instruction }
  | ({ readonly ok: false } & StatementProblem);

// Bounds the time that the patterns take; names of 128 characters and both halves of a constant fit well.
const LONGEST = 1000;

const rules: readonly StatementRule[] = [
  ...aluRules,
  ...memoryRules,
  ...flowRules,
  ...mnemonicRules,
];

/**
 * Reads one statement of the kernel's notation, of LLVM's or of ubpf's, without label, slot number and comment. The kernel's opcode
 * before it, as in `(b7) r0 = 1`, must fit.
 */
export function parseStatement(statement: string): ParsedStatement {
  if (statement.length > LONGEST) {
    return {
      ok: false,
      message: `it has ${statement.length} characters`,
      hint: `A statement has at most ${LONGEST}`,
    };
  }
  const [, digits, body = ""] = /^(?:\(([0-9a-f]{2})\))?(.*)$/s.exec(statement) ?? [];
  const prefix = digits === undefined ? undefined : Number.parseInt(digits, 16);
  const { text, strayAt } = tokenize(body.replace(/(goto\S* \S+)\s+<[^<>]*>\s*$/, "$1"));
  if (strayAt !== undefined) {
    return {
      ok: false,
      message: `"${body.slice(strayAt, strayAt + 1)}" belongs to no instruction`,
      hint: 'Write one statement per line or put ";" between them',
    };
  }
  for (const { pattern, build } of rules) {
    const match = pattern.exec(text);
    if (match === null) continue;
    const reader: StatementReader = { problem: undefined, prefix };
    const instruction = build(reader, match.groups ?? {});
    if (reader.problem !== undefined) return { ok: false, ...reader.problem };
    if (prefix === undefined || prefix === instruction.opcode) return { ok: true, instruction };
    return {
      ok: false,
      message: `it is opcode ${instruction.opcode.toString(16).padStart(2, "0")} and stands after (${digits})`,
      hint: "Correct one of the two or leave out the opcode",
    };
  }
  return {
    ok: false,
    message: "no instruction is written like that",
    hint: "Examples: r1 = 5; r2 = *(u32 *)(r1 + 4); if r1 > 5 goto done; call bpf_ktime_get_ns; exit",
  };
}
