import assert from "node:assert/strict";
import { test } from "node:test";

import { sharedDataMissing, sharedRows } from "@ocelli/testkit";

import { isEventName, isEventParameter } from "../events/event-names.ts";
import { fieldByName, FIELDS } from "./catalogue.ts";
import { readFieldTable } from "./field.ts";

interface FieldRow {
  readonly class: string;
  readonly name: string;
  readonly type: string;
  readonly list: boolean;
  readonly arg: { readonly required: boolean; readonly kinds?: readonly string[] } | null;
}

const TYPES: Readonly<Record<string, string>> = {
  CHARBUF: "text",
  BYTEBUF: "bytes",
  IPADDR: "ip",
  IPNET: "net",
};

test(
  "FIELDS holds exactly the 268 fields of Falco's engine 0.62, with their types and arguments",
  {
    skip: sharedDataMissing("falco/fields.ndjson"),
  },
  () => {
    const rows = sharedRows<FieldRow>("falco/fields.ndjson");
    assert.deepEqual(
      FIELDS.map((field) => [
        field.class,
        field.name,
        field.type,
        field.list,
        field.argument?.required,
      ]),
      rows.map((row) => [
        row.class === "container (plugin)" ? "container" : row.class,
        row.name,
        TYPES[row.type] ?? row.type.toLowerCase(),
        row.list,
        row.arg?.required,
      ]),
    );
    assert.equal(rows.length, 268);
  },
);

test(
  "fieldByName() knows every field that the default rules use",
  {
    skip: sharedDataMissing("falco/field_usage.ndjson"),
  },
  () => {
    const unknown = sharedRows<{ field: string }>("falco/field_usage.ndjson").filter(
      ({ field }) => {
        const name = field.replace(/\[.*$/, "");
        const parameter = /^evt\.arg\.(.*)$/.exec(name)?.[1];
        return parameter === undefined
          ? fieldByName(name) === undefined
          : !isEventParameter(parameter);
      },
    );
    assert.deepEqual(unknown, []);
  },
);

test(
  "isEventName() knows every event of the table, and system calls without one",
  {
    skip: sharedDataMissing("falco/event_table.ndjson"),
  },
  () => {
    const rows = sharedRows<{ name: string; dir: string; params: { name: string }[] }>(
      "falco/event_table.ndjson",
    );
    assert.deepEqual(
      rows.filter(({ name }) => name !== "NA" && !isEventName(name)),
      [],
    );
    assert.deepEqual(["getpid", "openat", "syscall", "opens"].map(isEventName), [
      true,
      true,
      true,
      false,
    ]);
  },
);

test("fieldByName() tells type, argument and meaning", () => {
  assert.deepEqual(fieldByName("proc.aname"), {
    name: "proc.aname",
    class: "process",
    type: "text",
    list: false,
    argument: { required: false, takes: "index" },
    doc: "Name of an ancestor; 0 is the process, 1 the parent; without index any of them.",
  });
  assert.equal(fieldByName("proc.nobody"), undefined);
});

test("readFieldTable() refuses a line that is no field", () => {
  assert.throws(
    () => readFieldTable("evt", "evt.num"),
    new SyntaxError('Cannot read the field "evt.num"'),
  );
});
