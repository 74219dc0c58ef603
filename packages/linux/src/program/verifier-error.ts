import type { Instruction, SourceLine } from "@ocelli/bpf";

import { LinuxError } from "../error.ts";
import { errnoName } from "../port/errno.ts";
import type { LoggedInstruction, VerifierBlock } from "./verifier-block.ts";
import { readVerifierLog, type LoggedSource } from "./verifier-log.ts";
import { explainVerdict } from "./verifier-reason.ts";

/** What is known about a refused program beyond the log. */
export interface RefusedProgram {
  readonly name: string;
  /** The section that it came from, or any other word for its place; may be empty. */
  readonly section?: string | undefined;
  /** Its instructions, which carry source lines and the names of what they refer to. */
  readonly instructions?: readonly Instruction[] | undefined;
  /** By slot: why loading could not put a number in place of a name, for an instruction that must not be reached. */
  readonly poisoned?: ReadonlyMap<number, string> | undefined;
}

/** How much of the log `format()` shows. */
export interface VerifierFormat {
  /** Lines from the end of the log; all of them by default, none with 0. */
  readonly tail?: number;
}

/**
 * The verifier refused a program. The message is one line: the program, the reason in a plain sentence and the source
 * line. `format()` shows all there is, `log` is everything that the kernel said.
 */
export class VerifierError extends LinuxError {
  readonly log: readonly string[];
  /** The kernel's own line that says why. */
  readonly summary: string;
  /** The same in one plain sentence; equal to `summary` when the message is not a known one. */
  readonly reason: string;
  /** What to do about it, in the affirmative; empty when nothing is known. */
  readonly hint: string;
  /** The instruction that the verifier stopped at; `index` counts slots of the whole program. */
  readonly instruction: LoggedInstruction | undefined;
  /** The source line of that instruction. */
  readonly source: (LoggedSource & { readonly column?: number }) | undefined;
  /** The kernel's own explanation, from Linux 7.3 on. */
  readonly block: VerifierBlock | undefined;

  constructor(program: RefusedProgram, errno: number, log: readonly string[]) {
    const report = readVerifierLog(log);
    const { line, reason, hint } = explainVerdict(report.verdict);
    const slot = report.instruction?.index;
    const poison = slot === undefined ? undefined : program.poisoned?.get(slot);
    const known = slot === undefined ? undefined : sourceAt(program.instructions ?? [], slot);
    const source = known === undefined ? report.source : fromLine(known);
    const sentence = poison ?? (reason === "" ? `the kernel gives no reason` : reason);
    const place = source === undefined ? "" : ` (at ${describeSource(source)})`;
    const where = sectionOf(program);
    super("rejected", `Cannot load program "${program.name}"${where}: ${sentence}${place}`, errno);
    this.log = log;
    this.summary = line === "" ? errnoName(errno) : line;
    this.reason = sentence;
    this.hint = hint === "" ? (report.block?.suggestion ?? "") : hint;
    this.instruction = report.instruction;
    this.source = source;
    this.block = report.block;
  }

  /** Several lines for a person: the message, the instruction, the source, the kernel's words, a hint, and the log. */
  format({ tail = this.log.length }: VerifierFormat = {}): string {
    const lines = [this.message];
    if (this.instruction !== undefined)
      lines.push(`  at instruction ${this.instruction.index} ${this.instruction.text}`.trimEnd());
    if (this.source !== undefined && this.source.text !== "")
      lines.push(`  source: ${this.source.text.trim()}`);
    lines.push(`  kernel: ${this.summary} (${errnoName(this.errno)})`);
    if (this.block !== undefined) {
      lines.push(`  kernel: ${this.block.category}: ${this.block.title}. ${this.block.reason}`);
      for (const { kind, instruction, text } of this.block.path)
        lines.push(`    instruction ${instruction ?? "?"}: ${kind}: ${text}`);
    }
    if (this.hint !== "") lines.push(`  hint: ${this.hint}`);
    if (tail > 0) {
      const shown = this.log.slice(-tail);
      const all = shown.length === this.log.length;
      lines.push(
        all ? "  log:" : `  log, last ${shown.length} of ${this.log.length} lines:`,
        ...shown.map((line) => `    ${line}`.trimEnd()),
      );
    }
    return lines.join("\n");
  }
}

function sectionOf({ section = "" }: RefusedProgram): string {
  return section === "" ? "" : ` (${section})`;
}

function fromLine({ file, line, column, text }: SourceLine): LoggedSource & { column?: number } {
  return { text, file, line, ...(column === 0 ? {} : { column }) };
}

function describeSource({ file, line, column, text }: LoggedSource & { column?: number }): string {
  if (file === undefined || line === undefined) return text.trim();
  return `${file}:${line}${column === undefined ? "" : `:${column}`}: ${text.trim()}`;
}

// Not every instruction carries its line: a line holds until the next one, but not across functions.
function sourceAt(instructions: readonly Instruction[], slot: number): SourceLine | undefined {
  let line: SourceLine | undefined;
  let at = 0;
  for (const instruction of instructions) {
    if (at > slot) break;
    if (instruction.functionTypeId !== undefined) line = undefined;
    line = instruction.source ?? line;
    at += instruction.imm2 === undefined ? 1 : 2;
  }
  return line;
}
