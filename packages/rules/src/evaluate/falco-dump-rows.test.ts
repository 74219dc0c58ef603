import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";

import {
  createMemoryProvider,
  fieldByName,
  type FieldValue,
  type MemoryEvent,
} from "@ocelli/event";
import { sharedData, sharedDataMissing, sharedRows } from "@ocelli/testkit";

import { parseAddress } from "../check/address.ts";
import { eventTypesOf } from "../check/event-types.ts";
import type { CompareNode, FilterNode, TransformerArgument } from "../filter/ast.ts";
import { parseFilter } from "../filter/parse-filter.ts";
import { createMatcher, type MatchRule } from "./matcher.ts";

// Falco's field dumps hold every field of every event of the small captures. So its counts of matching events can be
// compared without reading a capture, for conditions on fields whose values the dump holds as they are.

interface Summary {
  readonly capture: string;
  readonly field_step: number;
}

interface Counts {
  readonly capture: string;
  readonly counts: Readonly<Record<string, number>>;
}

interface Condition {
  readonly id: string;
  readonly condition: string;
  readonly ok: boolean;
}

type Dumped = Readonly<Record<string, unknown>>;

const skip = sharedDataMissing("falco/filter_counts.ndjson");

/** Fields whose values the dump changes (times become numbers, networks a word) or that differ from run to run. */
const CHANGED =
  /^(?:evt\.(?:date|delta)?time|thread\.cpu$|fd\.[a-z]?proto|fd\.[a-z]ip\.name|evt\.buffer|proc\.a(?:pid|exe|exepath|args|cmdline|env)$|proc\.exe_ino\.ctime_duration_pidns_start)/;

/** Events that are not the end of a call. */
const NO_END = new Set([
  "procexit",
  "procinfo",
  "signaldeliver",
  "switch",
  "container",
  "asyncevent",
]);

/** Sockets without an end yet have ports too, which the dump does not show; nor does it show empty lists. */
const UNSEEN = /^(?:fd\.(?:ip|net|port)|proc\.aname|fd\.types) exists|^fd\.port = 0$/;

function dumpOf(capture: string): Dumped[] {
  const file = sharedData(`scap/fields/${capture}.jsonl.gz`) ?? "";
  return gunzipSync(readFileSync(file))
    .toString()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      // Numbers above 2^53 stay exact.
      const exact = line.replace(/:(\d{16,})(?=[,}])/g, ':"#$1"');
      return (JSON.parse(exact) as { output_fields: Dumped }).output_fields;
    });
}

function valueOf(name: string, dumped: Dumped): FieldValue | undefined {
  const value = dumped[name];
  if (value === null || value === undefined) return undefined;
  const type = fieldByName(name.replace(/\[.*$/, ""))?.type;
  if (type === "net") return valueOf(name.replace("net", "ip"), dumped);
  if (typeof value !== "string") return value as FieldValue;
  if (type === "ip") return parseAddress(value);
  if (!/^#\d{16,}$/.test(value)) return value;
  const number = Number(value.slice(1));
  return Number.isSafeInteger(number) ? number : BigInt(value.slice(1));
}

function toEvent(dumped: Dumped, kinds: readonly string[]): MemoryEvent {
  const fields: Record<string, FieldValue | undefined> = {};
  for (const name of Object.keys(dumped)) fields[name] = valueOf(name, dumped);
  for (const index of [0, 1, 2, 3, 4, 5])
    fields[`evt.arg.${index}`] = valueOf(`evt.arg[${index}]`, dumped);
  const both = (a: string, b: string): FieldValue | undefined => {
    const values = [fields[a], fields[b]].filter((value) => value !== undefined);
    return values.length === 0 ? undefined : (values as string[]);
  };
  fields["fd.ip"] = both("fd.cip", "fd.sip");
  fields["fd.net"] = fields["fd.ip"];
  fields["fd.port"] = both("fd.cport", "fd.sport");
  const ancestors = dumped["proc.aname"];
  fields["proc.aname"] = typeof ancestors === "string" ? ancestors.split(" ") : undefined;
  const type = kinds.indexOf(String(dumped["evt.type"]));
  return { type, source: "syscall", number: Number(dumped["evt.num"]), timeNs: 0n, fields };
}

/** The fields that a condition reads. */
function fieldsOf(node: FilterNode): string[] {
  switch (node.kind) {
    case "and":
    case "or":
      return node.children.flatMap(fieldsOf);
    case "not":
      return fieldsOf(node.child);
    case "exists":
      return sideFields(node.left);
    case "compare":
      return [...sideFields(node.left), ...rightFields(node.right)];
    case "macro":
      return [];
  }
}

function rightFields(right: CompareNode["right"]): string[] {
  if (right.kind === "value") return sideFields(right.field);
  return right.kind === "transformer" ? sideFields(right) : [];
}

function sideFields(side: TransformerArgument): string[] {
  if (side.kind === "field")
    return [side.argument === undefined ? side.name : `${side.name}[${side.argument}]`];
  if (side.kind === "transformer") return side.arguments.flatMap(sideFields);
  return side.kind === "argument-list" ? side.items.flatMap(sideFields) : [];
}

test("conditions hold for as many dumped events as Falco counted", { skip }, () => {
  const whole = new Set(
    sharedRows<Summary>("scap/summary.ndjson")
      .filter((row) => row.field_step === 1)
      .map((row) => row.capture),
  );
  const rows = sharedRows<Condition>("falco/filter_compile.ndjson").filter(({ ok }) => ok);
  const wrong: string[] = [];
  let compared = 0;
  let captures = 0;
  for (const { capture, counts } of sharedRows<Counts>("falco/filter_counts.ndjson")) {
    if (!whole.has(capture)) continue;
    captures++;
    const dumps = dumpOf(capture);
    // Ends of calls have odd numbers.
    const kinds = [...new Set(dumps.map((dumped) => String(dumped["evt.type"])))].flatMap((name) =>
      NO_END.has(name) ? [name, ""] : ["", name],
    );
    const events = dumps.map((dumped) => toEvent(dumped, kinds));
    const known = new Set([
      ...Object.keys(dumps[0] ?? {}),
      "fd.ip",
      "fd.net",
      "fd.port",
      "evt.dir",
    ]);
    const chosen = rows.flatMap(
      ({ id, condition }): (MatchRule & { id: string; text: string })[] => {
        const parsed = parseFilter(condition);
        assert.ok(parsed.ok);
        const fields = fieldsOf(parsed.value);
        if (!fields.every((field) => known.has(field) && !CHANGED.test(field))) return [];
        if (UNSEEN.test(condition)) return [];
        return [
          { id, text: condition, condition: parsed.value, eventTypes: eventTypesOf(parsed.value) },
        ];
      },
    );
    const matcher = createMatcher(chosen, createMemoryProvider(kinds), { matching: "all" });
    const found = chosen.map(() => 0);
    for (const event of events) {
      const count = matcher.match(event);
      for (const hit of matcher.hits.slice(0, count)) found[hit] = (found[hit] ?? 0) + 1;
    }
    for (const [index, { id, text }] of chosen.entries()) {
      compared++;
      const expected = counts[id] ?? 0;
      if (found[index] !== expected)
        wrong.push(`${capture} ${id} ${text}: ${found[index]} instead of ${expected}`);
    }
  }
  assert.deepEqual(wrong, []);
  assert.deepEqual([captures, compared], [8, 6200]);
});
