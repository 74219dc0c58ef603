import type { PlacePath } from "./place-path.ts";

/** How bad a rule's finding is, worst first. */
export type Priority =
  | "Emergency"
  | "Alert"
  | "Critical"
  | "Error"
  | "Warning"
  | "Notice"
  | "Informational"
  | "Debug";

/** The priorities, worst first. */
export const PRIORITIES: readonly Priority[] = [
  "Emergency",
  "Alert",
  "Critical",
  "Error",
  "Warning",
  "Notice",
  "Informational",
  "Debug",
];

/** The priority that a text names, whatever its case; "info" is short for Informational. */
export function parsePriority(text: string): Priority | undefined {
  const wanted = text.toLowerCase();
  return PRIORITIES.find(
    (priority) => priority.toLowerCase() === (wanted === "info" ? "informational" : wanted),
  );
}

/** A list as it was defined: its items may be names of other lists. */
export interface ListDefinition {
  readonly name: string;
  items: string[];
  readonly path: PlacePath;
  /** Counts definitions; the place of the first one, and of the latest. */
  index: number;
  visibility: number;
}

/** A macro as it was defined. */
export interface MacroDefinition {
  readonly name: string;
  condition: string;
  readonly path: PlacePath;
  readonly conditionPath: PlacePath;
  index: number;
  visibility: number;
}

/** A text, or a sequence of such: how exceptions write fields, operators and values. */
export type Entry = string | readonly Entry[];

/** Whether an entry is not there or holds nothing. */
export function isMissing(entry: Entry | undefined): boolean {
  return entry === undefined || entry.length === 0;
}

/** One exception of a rule. Absent parts were not written. */
export interface ExceptionDefinition {
  readonly name: string;
  readonly fields?: Entry;
  readonly comps?: Entry;
  readonly values: readonly Entry[];
  readonly path: PlacePath;
}

/** A rule as it was defined, with everything appended so far. */
export interface RuleDefinition {
  readonly name: string;
  readonly source: string;
  readonly sourceKnown: boolean;
  condition: string;
  output: string;
  description: string;
  priority: Priority;
  tags: ReadonlySet<string>;
  exceptions: readonly ExceptionDefinition[];
  enabled: boolean;
  warnEventTypes: boolean;
  skipIfUnknownFilter: boolean;
  capture: boolean;
  captureDurationMs: number | undefined;
  readonly path: PlacePath;
  readonly conditionPath: PlacePath;
  readonly outputPath: PlacePath;
  index: number;
  visibility: number;
}

/** What an override or an append says about a rule; absent parts stay. */
export interface RuleUpdate {
  condition?: string;
  output?: string;
  description?: string;
  priority?: Priority;
  tags?: readonly string[];
  exceptions?: readonly ExceptionDefinition[];
  enabled?: boolean;
  warnEventTypes?: boolean;
  skipIfUnknownFilter?: boolean;
  capture?: boolean;
  captureDurationMs?: number;
}
