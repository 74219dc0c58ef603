import { parseBlock, type LoggedInstruction, type VerifierBlock } from "./verifier-block.ts";

/** A source line as the log shows it: file and line since Linux 6.10, the text alone before. */
export interface LoggedSource {
  readonly text: string;
  readonly file?: string;
  readonly line?: number;
}

/** What can be read out of a verifier's log. */
export interface VerifierReport {
  /** The lines that the verifier ended with, oldest first, without its trace and its totals. */
  readonly verdict: readonly string[];
  /** The instruction that it stopped at. */
  readonly instruction: LoggedInstruction | undefined;
  /** The last source line before it. */
  readonly source: LoggedSource | undefined;
  /** The structured explanation of Linux 7.3 and later. */
  readonly block: VerifierBlock | undefined;
}

// Totals end every log; with level 4 further statistics stand before them.
const TOTALS =
  /^(processed \d+ insns|verification time|stack depth|insns processed|subprog \d+ \()/;
// `12: (85) call bpf_map_lookup_elem#1   ; R0_w=…`. The comment is the state afterwards.
const TRACE = /^(\d+): (\([0-9a-f]{2}\) .*?)(?:\s+; (?:R\d|frame\d|fp-).*)?$/;
// States of registers, and what the verifier tells about its walk.
const STATE =
  /^\s*(R\d+(_\w+)?=|\d+: (R\d|frame|safe$)|from \d+ to \d+|frame\d+: |fp-|(cur|old) state:|mark_precise: |propagating |regs=|parent |last_idx |caller:|callee:|returning from callee:|to caller at \d+:|Validating |Func#\d+ |func#\d+ @\d+|Live regs before insn:|arg#\d+ reference type|\d+: [.0-9]{10})/;
const SOURCE = /^; (.*?)(?: @ (.+):(\d+))?$/;

/**
 * Reads a log line by line; takes every kernel from 5.8 on. Nothing is assumed about the log being whole: what is not
 * found is absent from the report.
 */
export function readVerifierLog(log: readonly string[]): VerifierReport {
  const { block, rest } = parseBlock(log);
  let traced: LoggedInstruction | undefined;
  let source: LoggedSource | undefined;
  let verdict: string[] = [];
  for (const line of rest) {
    if (line.trim() === "" || TOTALS.test(line)) continue;
    const trace = TRACE.exec(line);
    if (trace !== null) {
      const [text, glued] = splitJump((trace[2] ?? "").trimEnd());
      traced = { index: Number(trace[1]), text };
      verdict = glued === "" || STATE.test(glued) ? [] : [glued];
      continue;
    }
    const commented = SOURCE.exec(line);
    if (commented !== null) {
      source = toSource(commented);
      continue;
    }
    if (!STATE.test(line)) verdict.push(line.trimEnd());
  }
  const named = namedInstruction(verdict, rest) ?? block?.instruction;
  return { verdict, instruction: named ?? traced, source, block };
}

// After a jump the verifier may go on in the same line: with the state at the target, or with its verdict.
function splitJump(text: string): readonly [jump: string, rest: string] {
  const match = /^(.* goto pc[+-]\d+) (.+)$/.exec(text);
  return match === null ? [text, ""] : [match[1] ?? "", match[2] ?? ""];
}

function toSource([, text = "", file, line]: RegExpExecArray): LoggedSource {
  if (file === undefined || line === undefined) return { text };
  return { text, file, line: Number(line) };
}

// Faults of the program's structure are found before the walk and name their instruction themselves.
function namedInstruction(
  verdict: readonly string[],
  log: readonly string[],
): LoggedInstruction | undefined {
  for (const line of verdict.toReversed()) {
    const match =
      /^(?:unreachable insn|infinite loop detected at insn|jump out of range from insn|back-edge from insn|jump into the middle of ldimm64 insn) (\d+)/.exec(
        line,
      );
    if (match === null) continue;
    const index = Number(match[1]);
    const text = log.findLast((other) => other.startsWith(`${index}: (`));
    return { index, text: splitJump(TRACE.exec(text ?? "")?.[2] ?? "")[0] };
  }
  return undefined;
}
