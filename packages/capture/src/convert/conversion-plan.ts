import { EVENT_FLAG, eventId, EVENTS, isExit } from "../events/event-table.ts";
import { CONVERSION_TABLE } from "./conversion-table.ts";

/** Where a parameter of a converted event comes from. */
export type ParameterSource =
  | { readonly kind: "old"; readonly index: number }
  | {
      readonly kind: "enter";
      readonly index: number;
      readonly enterType: number;
      readonly orEmpty: boolean;
    }
  | { readonly kind: "default" }
  | { readonly kind: "empty" }
  | { readonly kind: "json" };

/** What becomes of an event of one kind with one number of parameters, all steps taken together. */
export interface ConversionPlan {
  /** The kind that it has afterwards. */
  readonly type: number;
  /** The first so many parameters stay where they are. */
  readonly kept: number;
  /** Where all parameters come from. */
  readonly sources: readonly ParameterSource[];
  /** Whether it is kept for the exit of the same thread. */
  readonly store: boolean;
  /** Whether it goes on to state and rules. */
  readonly pass: boolean;
  /** Whether there is nothing to do: it goes on as it is. */
  readonly unchanged: boolean;
}

interface Step {
  readonly action: "store" | "pass" | "store+pass" | "append" | "retype";
  readonly to: number;
  readonly take: readonly string[];
}

// The longest chain of the table has 17 steps.
const MOST_STEPS = 32;
const MOST_PARAMETERS = 33;
const STEPS = readSteps();

// Made when they are first asked for: captures hold few of the 15,000. Null: not asked for yet.
const PLANS: (ConversionPlan | undefined | null)[] = Array.from(
  { length: EVENTS.length * MOST_PARAMETERS },
  () => null,
);

/**
 * What becomes of an event of kind `type` with `count` parameters: undefined when nobody knows how to bring it up to
 * date. `count` is at most the number that the table of events has.
 */
export function conversionPlan(type: number, count: number): ConversionPlan | undefined {
  const at = type * MOST_PARAMETERS + count;
  const plan = PLANS[at];
  return plan === null ? (PLANS[at] = planFor(type, count)) : plan;
}

function planFor(original: number, originalCount: number): ConversionPlan | undefined {
  let type = original;
  let sources: readonly ParameterSource[] = Array.from(
    { length: originalCount },
    (_unused, index) => ({ kind: "old", index }) as const,
  );
  for (let steps = 0; steps < MOST_STEPS; steps++) {
    const verdict = verdictOn(type, sources.length);
    if (verdict !== "convert")
      return finish(original, originalCount, type, sources, false, verdict === "pass");
    const step = STEPS.get(`${type} ${sources.length}`);
    if (step === undefined) return undefined;
    if (step.action === "append" || step.action === "retype") {
      const before: readonly ParameterSource[] = sources;
      const added = step.take.map((text) => sourceOf(text, before, type - 1));
      sources = step.action === "append" ? [...before, ...added] : added;
      type = step.to === -1 ? type : step.to;
      continue;
    }
    const store = step.action !== "pass";
    return finish(original, originalCount, type, sources, store, step.action !== "store");
  }
  return undefined;
}

function finish(
  original: number,
  originalCount: number,
  type: number,
  sources: readonly ParameterSource[],
  store: boolean,
  pass: boolean,
): ConversionPlan {
  const moved = sources.findIndex((source, i) => source.kind !== "old" || source.index !== i);
  const kept = moved === -1 ? sources.length : moved;
  const unchanged = type === original && kept === originalCount && sources.length === kept;
  return { type, kept, sources, store, pass, unchanged };
}

// Unused events go; of those that the converter has nothing to do with current ones pass and old ones go; enters, old
// exits and exits with another number of parameters than the table's are converted.
function verdictOn(type: number, count: number): "drop" | "pass" | "convert" {
  const info = EVENTS[type];
  if (info === undefined || (info.flags & EVENT_FLAG.unused) !== 0) return "drop";
  const old = (info.flags & EVENT_FLAG.oldVersion) !== 0;
  if ((info.flags & EVENT_FLAG.converted) === 0) return old ? "drop" : "pass";
  if (!isExit(type) || old || count !== info.parameters.length) return "convert";
  return "pass";
}

function sourceOf(
  text: string,
  before: readonly ParameterSource[],
  enterType: number,
): ParameterSource {
  const index = Number.parseInt(text.slice(1), 10);
  switch (text.charAt(0)) {
    case "o":
      return before[index] ?? { kind: "empty" };
    case "e":
      return { kind: "enter", index, enterType, orEmpty: text.endsWith("?") };
    case "0":
      return { kind: "default" };
    case "j":
      return { kind: "json" };
    default:
      return { kind: "empty" };
  }
}

function readSteps(): ReadonlyMap<string, Step> {
  const steps = new Map<string, Step>();
  for (const line of CONVERSION_TABLE.trim().split("\n")) {
    const [symbol = "", count = "", action, to = "=", ...take] = line.split(" ");
    steps.set(`${eventId(symbol)} ${count}`, {
      // The table is part of the program and has no other words.
      action: action as Step["action"],
      to: to === "=" ? -1 : eventId(to),
      take: take.flatMap(spellOut),
    });
  }
  return steps;
}

function spellOut(text: string): string[] {
  const repeated = /^-\*(\d+)$/.exec(text);
  if (repeated !== null) return Array.from({ length: Number(repeated[1]) }, () => "-");
  const run = /^o(\d+)\.\.(\d+)$/.exec(text);
  if (run === null) return [text];
  const first = Number(run[1]);
  return Array.from({ length: Number(run[2]) - first + 1 }, (_unused, i) => `o${first + i}`);
}
