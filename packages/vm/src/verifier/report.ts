// What a person reads when a program is not accepted.
import { printInstruction, type SourceLine } from "@ocelli/bpf";

import type { Code } from "./code.ts";
import { describeValue } from "./describe.ts";
import type { Rejection, RejectionCode } from "./reject.ts";
import { currentFrame, type PathStep, type State } from "./state.ts";

/** A branch on the way to what is wrong. */
export interface Decision {
  readonly slot: number;
  readonly text: string;
  readonly taken: boolean;
  readonly source: SourceLine | undefined;
}

/** Why a program is not accepted. */
export interface VerifyReport {
  /** Stable, e.g. `vm-verify-bounds`. */
  readonly code: RejectionCode;
  /** What is wrong. */
  readonly message: string;
  /** What to change, in the affirmative. */
  readonly hint: string;
  /** Slot of the instruction, and the instruction. */
  readonly slot: number;
  readonly text: string;
  /** Its line of the source, when the object says. */
  readonly source: SourceLine | undefined;
  /** The registers that matter, or all that hold something. */
  readonly registers: readonly { readonly name: string; readonly content: string }[];
  /** The branches that led there, oldest first: the last of them. */
  readonly path: readonly Decision[];
}

const MOST_DECISIONS = 12;

/** Puts a report together. */
export function createReport(
  code: Code | undefined,
  rejection: Rejection,
  state: State | undefined,
): VerifyReport {
  const { code: kind, message, hint } = rejection;
  const index = rejection.instruction ?? state?.instruction ?? 0;
  return {
    code: kind,
    message,
    hint,
    slot: code?.slots[index] ?? 0,
    text: textAt(code, index),
    source: code === undefined ? undefined : sourceAt(code, index),
    registers: rejection.instruction === undefined ? registersOf(rejection, state) : [],
    path: rejection.instruction === undefined ? decisionsOf(code, state?.path) : [],
  };
}

function textAt(code: Code | undefined, index: number): string {
  const instruction = code?.instructions[index];
  if (instruction === undefined) return "";
  // Labels and functions are numbers by now, which is what the notation writes.
  const { reference, ...numbered } = instruction;
  const isNamed = reference?.kind === "label" || reference?.kind === "function";
  return printInstruction(isNamed ? numbered : instruction, "kernel").replace(
    /^\([0-9a-f]{2}\) /,
    "",
  );
}

/** The nearest source line at or before an instruction: the object names only the first instruction of a line. */
function sourceAt(
  { instructions, functions, functionOf }: Code,
  index: number,
): SourceLine | undefined {
  const start = functions[functionOf[index] ?? 0]?.start ?? 0;
  for (let at = index; at >= start; at--) {
    const source = instructions[at]?.source;
    if (source !== undefined) return source;
  }
  return undefined;
}

function registersOf(
  { registers }: Rejection,
  state: State | undefined,
): VerifyReport["registers"] {
  if (state === undefined) return [];
  const frame = currentFrame(state);
  const all = registers.length > 0 ? registers : frame.registers.keys();
  const made: { name: string; content: string }[] = [];
  for (const register of all) {
    const value = frame.registers[register];
    if (
      value === undefined ||
      (registers.length === 0 && (value.kind === "unwritten" || register === 10))
    )
      continue;
    made.push({ name: `r${register}`, content: describeValue(value) });
  }
  return made;
}

function decisionsOf(code: Code | undefined, newest: PathStep | undefined): readonly Decision[] {
  const steps: Decision[] = [];
  if (code === undefined) return steps;
  for (let step = newest; step !== undefined && steps.length < MOST_DECISIONS; step = step.before)
    steps.push({
      slot: code.slots[step.instruction] ?? 0,
      text: textAt(code, step.instruction),
      taken: step.taken,
      source: sourceAt(code, step.instruction),
    });
  return steps.toReversed();
}

/** A report as text of several lines. */
export function formatVerifyReport(report: VerifyReport): string {
  const { code, message, hint, slot, text, source, registers, path } = report;
  const lines = [`${code}: ${message}`, `  at slot ${slot}: ${text}`];
  if (source !== undefined) lines.push(`  ${placeOf(source)}`);
  for (const { name, content } of registers) lines.push(`  ${name} is ${content}`);
  if (path.length > 0) lines.push("  on the way there:");
  for (const step of path) {
    const where = step.source === undefined ? "" : `  ${placeOf(step.source)}`;
    lines.push(
      `    ${step.slot}: ${step.text} ${step.taken ? "is taken" : "is not taken"}${where}`,
    );
  }
  lines.push(`  ${hint}`);
  return `${lines.join("\n")}\n`;
}

function placeOf({ file, line, text }: SourceLine): string {
  return `${file}:${line}: ${text.trim()}`;
}
