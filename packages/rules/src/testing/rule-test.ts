import type { JsonValue } from "../output/format-value.ts";
import type { Priority } from "../load/definitions.ts";

/** An alert that a test wants; every part that is given must fit. */
export interface ExpectedAlert {
  readonly rule?: string;
  readonly priority?: Priority;
  /** A piece of the output. */
  readonly output?: string;
  /** Values by field, as the alert's JSON holds them. */
  readonly fields: Readonly<Record<string, JsonValue>>;
  /** How many alerts must fit. Without it at least one. */
  readonly count?: number;
}

/** One test of rules: what happens, and what must be said of it. */
export interface RuleTest {
  readonly name: string;
  /** Rule files and folders, relative to the file of the test. */
  readonly rules: readonly string[];
  /** What is played: a capture, relative to the file of the test, or events that spell out their fields, as JSON. */
  readonly capture?: string;
  readonly events: readonly string[];
  readonly matching: "first" | "all";
  readonly expect: readonly ExpectedAlert[];
  /** Rules that must stay silent. */
  readonly silent: readonly string[];
  /** Whether alerts that nothing expects are wrong. */
  readonly only: boolean;
}
