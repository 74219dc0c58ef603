import { errorAt, failure, success, type Diagnostic, type Result } from "@ocelli/bpf";
import { LineCounter, parseDocument, type Document } from "yaml";

import { parsePriority } from "../load/definitions.ts";
import type { JsonValue } from "../output/format-value.ts";
import type { ExpectedAlert, RuleTest } from "./rule-test.ts";

const TEST_KEYS = ["test", "rules", "capture", "events", "matching", "expect", "silent", "only"];
const ALERT_KEYS = ["rule", "priority", "output", "fields", "count"];

/**
 * Reads a file of rule tests: a YAML sequence of mappings with `test` (its name), `rules`, `capture` or `events`, and what
 * is expected: `expect`, `silent`, `only`. All mistakes are reported, with their place in the text.
 */
export function readRuleTests(text: string): Result<RuleTest[]> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, logLevel: "silent" });
  const reader = new TestReader(document);
  for (const { message, pos } of document.errors)
    reader.report([], message.split("\n")[0] ?? "", "Mend the YAML", pos[0]);
  const tests = document.errors.length === 0 ? reader.read(toData(document, reader)) : [];
  if (reader.diagnostics.length > 0) return failure(withLines(reader.diagnostics, lines));
  return success(tests);
}

function withLines(diagnostics: readonly Diagnostic[], lines: LineCounter): Diagnostic[] {
  return diagnostics.map((one) => {
    const { line, col } = lines.linePos(one.span.offset);
    return { ...one, message: `line ${line}, column ${col}: ${one.message}` };
  });
}

/** What the file holds. YAML's aliases can be wrong, or stand for more than fits memory, only when they are followed. */
function toData(document: Document, reader: TestReader): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    reader.report(
      [],
      `The file cannot be read: ${message}`,
      "Write values out in place of aliases",
    );
    return null;
  }
}

type Road = readonly (string | number)[];

class TestReader {
  readonly diagnostics: Diagnostic[] = [];
  readonly #document: Document;

  constructor(document: Document) {
    this.#document = document;
  }

  report(road: Road, message: string, hint: string, offset = this.#offsetOf(road)): void {
    this.diagnostics.push(errorAt("rule-test", { offset, length: 0 }, message, hint));
  }

  read(data: unknown): RuleTest[] {
    if (data === null) return [];
    if (!Array.isArray(data)) {
      this.report([], "The file is no sequence of tests", 'Start each test with "- test: NAME"');
      return [];
    }
    const items: readonly unknown[] = data;
    return items.map((item, index) => this.#readTest([index], item));
  }

  #readTest(road: Road, item: unknown): RuleTest {
    const test = this.#mapping(road, item, TEST_KEYS, "A test");
    const name = this.#text([...road, "test"], test["test"]) ?? "";
    if (test["test"] === undefined) this.report(road, "The test has no name", 'Add "test: NAME"');
    const rules = this.#texts([...road, "rules"], test["rules"]);
    if (rules.length === 0) this.report(road, "The test names no rules", 'Add "rules: [FILE, …]"');
    const capture = this.#text([...road, "capture"], test["capture"]);
    const events = this.#list([...road, "events"], test["events"]).map((one) =>
      JSON.stringify(one),
    );
    if ((capture === undefined) === (events.length === 0))
      this.report(
        road,
        "The test must have either a capture or events",
        'Add "capture: FILE.scap", or "events:" with a mapping of fields for each',
      );
    const expected = this.#list([...road, "expect"], test["expect"]);
    return {
      name,
      rules,
      ...(capture === undefined ? {} : { capture }),
      events,
      matching: this.#matching([...road, "matching"], test["matching"]),
      expect: expected.map((one, index) => this.#readAlert([...road, "expect", index], one)),
      silent: this.#texts([...road, "silent"], test["silent"]),
      only: this.#truth([...road, "only"], test["only"]),
    };
  }

  #readAlert(road: Road, item: unknown): ExpectedAlert {
    const alert = this.#mapping(road, item, ALERT_KEYS, "An expected alert");
    const rule = this.#text([...road, "rule"], alert["rule"]);
    const output = this.#text([...road, "output"], alert["output"]);
    const named = this.#text([...road, "priority"], alert["priority"]);
    const priority = named === undefined ? undefined : parsePriority(named);
    if (named !== undefined && priority === undefined)
      this.report(
        [...road, "priority"],
        `There is no priority "${named}"`,
        "Use WARNING, NOTICE, …",
      );
    const count = alert["count"];
    if (count !== undefined && !(Number.isSafeInteger(count) && Number(count) >= 0))
      this.report([...road, "count"], "The count is no whole number", 'Write "count: 2"');
    return {
      fields: this.#fields([...road, "fields"], alert["fields"]),
      ...(rule === undefined ? {} : { rule }),
      ...(output === undefined ? {} : { output }),
      ...(priority === undefined ? {} : { priority }),
      ...(typeof count === "number" ? { count } : {}),
    };
  }

  #mapping(
    road: Road,
    value: unknown,
    keys: readonly string[],
    what: string,
  ): Readonly<Record<string, unknown>> {
    if (!isRecord(value)) {
      this.report(road, `${what} must be a mapping`, `Write ${keys.join(", ")}, each with a colon`);
      return {};
    }
    for (const key of Object.keys(value))
      if (!keys.includes(key))
        this.report([...road, key], `${what} has no key "${key}"`, `Use ${keys.join(", ")}`);
    return value;
  }

  #text(road: Road, value: unknown): string | undefined {
    if (value === undefined || typeof value === "string") return value;
    if (typeof value === "number" || typeof value === "boolean") return String(value);
    this.report(road, "The value is no text", "Write one text");
    return undefined;
  }

  #texts(road: Road, value: unknown): string[] {
    if (typeof value === "string") return [value];
    return this.#list(road, value).flatMap((one, index) => this.#text([...road, index], one) ?? []);
  }

  #list(road: Road, value: unknown): readonly unknown[] {
    if (value === undefined) return [];
    if (Array.isArray(value)) return value;
    this.report(road, "The value is no sequence", 'Write "[a, b]", or one "- a" a line');
    return [];
  }

  #truth(road: Road, value: unknown): boolean {
    if (value === undefined || typeof value === "boolean") return value ?? false;
    this.report(road, "The value is neither true nor false", 'Write "true" or "false"');
    return false;
  }

  #matching(road: Road, value: unknown): "first" | "all" {
    if (value === undefined || value === "first" || value === "all") return value ?? "first";
    this.report(road, "The value is neither first nor all", 'Write "matching: all"');
    return "first";
  }

  #fields(road: Road, value: unknown): Readonly<Record<string, JsonValue>> {
    if (value === undefined) return {};
    if (isRecord(value)) return value as Readonly<Record<string, JsonValue>>;
    this.report(road, "The fields are no mapping", 'Write "fields: {proc.name: cat}"');
    return {};
  }

  #nodeAt(road: Road): unknown {
    return road.length === 0 ? this.#document.contents : this.#document.getIn(road, true);
  }

  /** Where a value stands, or what it would stand in. */
  #offsetOf(road: Road): number {
    const node = this.#nodeAt(road) as { range?: readonly number[] | null } | null | undefined;
    const start = node?.range?.[0];
    return start ?? (road.length === 0 ? 0 : this.#offsetOf(road.slice(0, -1)));
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
