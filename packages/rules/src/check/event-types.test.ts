import assert from "node:assert/strict";
import { test } from "node:test";

import { parseFilter } from "../filter/parse-filter.ts";
import { eventTypesOf } from "./event-types.ts";

/** The events of a condition: names, after "but" where all others are meant. */
function types(text: string): string {
  const result = parseFilter(text);
  if (!result.ok) return "does not parse";
  const { names, complement } = eventTypesOf(result.value);
  return [...(complement ? ["all but"] : ["only"]), ...[...names].toSorted()].join(" ");
}

test("eventTypesOf() finds the events that a condition can be true for", () => {
  assert.deepEqual(
    [
      "evt.type = open",
      "evt.type in (open, close) and proc.name = x",
      "evt.type = open or evt.type = close",
      "evt.type = open or proc.name = x",
      "evt.type != open",
      "not evt.type in (open, close)",
      "not (evt.type = open or proc.name = x)",
      "not (evt.type = open and proc.name = x)",
      "evt.type in (open, close) and evt.type != open",
      "evt.type = open and evt.type = close",
      "evt.type != open or evt.type != close",
      "evt.type exists",
      "evt.type contains open",
      "proc.name = x",
      "evt.type = open and not proc.name = x",
    ].map(types),
    [
      "only open",
      "only close open",
      "only close open",
      "all but",
      "all but open",
      "all but close open",
      "all but open",
      "all but",
      "only close",
      "only",
      "all but",
      "all but",
      "all but",
      "all but",
      "only open",
    ],
  );
});
