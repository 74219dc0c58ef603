/** An instruction as the log shows it. `index` counts slots of the program. */
export interface LoggedInstruction {
  readonly index: number;
  /** E.g. `(79) r0 = *(u64 *)(r0 +0)`; empty when the log only names the index. */
  readonly text: string;
}

/** One step on the way to the fault, as Linux 7.3 tells it. */
export interface VerifierStep {
  /** `update`, `branch`, `invalidated`, `acquired`, or what a later kernel may add. */
  readonly kind: string;
  readonly instruction: number | undefined;
  readonly text: string;
}

/** The explanation that Linux 7.3 and later add to the log of level 1. */
export interface VerifierBlock {
  /** E.g. `Register Type Safety`. */
  readonly category: string;
  /** E.g. `Invalid dereference`. */
  readonly title: string;
  readonly reason: string;
  readonly suggestion: string;
  /** The words at the failing instruction. */
  readonly error: string;
  readonly instruction: LoggedInstruction | undefined;
  readonly path: readonly VerifierStep[];
}

const START = /^Verification failed: ([^:]+)(?:: (.*))?$/;
const SECTION = /^(Reason|At|Causal path|Suggestion):$/;

/**
 * Takes the structured explanation out of a log; `rest` is the log without it. Its sections start at the margin and
 * their contents are indented by two, so the first other line at the margin ends it.
 */
export function parseBlock(log: readonly string[]): {
  readonly block: VerifierBlock | undefined;
  readonly rest: readonly string[];
} {
  const start = log.findIndex((line) => START.test(line));
  if (start < 0) return { block: undefined, rest: log };
  const [, category = "", title = ""] = START.exec(log[start] ?? "") ?? [];
  const sections = new Map<string, string[]>();
  let lines: string[] = [];
  let end = start + 1;
  for (; end < log.length; end += 1) {
    const line = log[end] ?? "";
    const section = SECTION.exec(line)?.[1];
    if (section !== undefined) {
      lines = [];
      sections.set(section, lines);
    } else if (line === "" || line.startsWith("  ")) lines.push(line);
    else break;
  }
  const at = sections.get("At") ?? [];
  const steps = readSteps(at);
  return {
    block: {
      category,
      title,
      reason: unwrap(sections.get("Reason")),
      suggestion: unwrap(sections.get("Suggestion")),
      error: steps.at(-1)?.text ?? "",
      instruction: failingInstruction(at),
      path: readSteps(sections.get("Causal path") ?? []),
    },
    rest: [...log.slice(0, start), ...log.slice(end)],
  };
}

function unwrap(lines: readonly string[] = []): string {
  return lines
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join(" ");
}

// "  insn 5" is followed by "       | ^-- update: words", which later lines may continue behind the bar.
function readSteps(lines: readonly string[]): VerifierStep[] {
  const steps: VerifierStep[] = [];
  let instruction: number | undefined;
  let context = false;
  for (const line of lines) {
    const at = /^ {2}insn (\d+)/.exec(line);
    if (at !== null) {
      instruction = Number(at[1]);
      context = false;
    } else if (line.trim() === "Instruction context:") context = true;
    if (context) continue;
    const remark = /^\s*\|\s*(?:\^-+\s*)?(?:(\w+): )?(.*)$/.exec(line);
    if (remark === null) continue;
    const [, kind, text = ""] = remark;
    const previous = steps.at(-1);
    if (kind === undefined && previous !== undefined)
      steps[steps.length - 1] = { ...previous, text: `${previous.text} ${text.trim()}` };
    else steps.push({ kind: kind ?? "", instruction, text: text.trim() });
  }
  return steps;
}

function failingInstruction(lines: readonly string[]): LoggedInstruction | undefined {
  const marked = lines
    .map((line) => /^\s*>>>\s*(\d+) \| (.*)$/.exec(line))
    .find((match) => match !== null);
  if (marked !== undefined && marked !== null)
    return { index: Number(marked[1]), text: (marked[2] ?? "").trim() };
  const named = lines.map((line) => /^ {2}insn (\d+)/.exec(line)).find((match) => match !== null);
  return named === undefined || named === null ? undefined : { index: Number(named[1]), text: "" };
}
