import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import test from "node:test";

import { eventId, EVENTS } from "../events/event-table.ts";
import { CONVERSION_TABLE } from "./conversion-table.ts";
import { conversionPlan } from "./conversion-plan.ts";

const rows = new URL("../../../../../shared/data/scap/converter.ndjson", import.meta.url);
const table = new URL("../../../../../shared/data/falco/event_table.ndjson", import.meta.url);

test("conversionPlan() takes the parameters of the enter event", () => {
  const type = eventId("syscall_read_x");
  const enterType = eventId("syscall_read_e");
  assert.deepEqual(conversionPlan(type, 2), {
    type,
    kept: 2,
    sources: [
      { kind: "old", index: 0 },
      { kind: "old", index: 1 },
      { kind: "enter", index: 0, enterType, orEmpty: false },
      { kind: "enter", index: 1, enterType, orEmpty: false },
    ],
    store: false,
    pass: true,
    unchanged: false,
  });
});

test("conversionPlan() joins the steps of a chain", () => {
  const plan = conversionPlan(eventId("syscall_execve_8_x"), 8);
  assert.deepEqual(
    { ...plan, sources: plan?.sources.map(({ kind }) => kind).join(" ") },
    {
      type: eventId("syscall_execve_19_x"),
      kept: 8,
      sources: `${"old ".repeat(8)}${"empty ".repeat(22)}enter`,
      store: false,
      pass: true,
      unchanged: false,
    },
  );
});

test("conversionPlan() lets current events pass and drops enters that nobody keeps", () => {
  const open = eventId("syscall_open_x");
  assert.equal(conversionPlan(open, 6)?.unchanged, true);
  const enter = conversionPlan(eventId("syscall_read_e"), 2);
  assert.deepEqual([enter?.store, enter?.pass], [true, false]);
});

test(
  "the table of conversions agrees with the one of the scap converter",
  { skip: existsSync(rows) ? false : "data/scap is not here" },
  () => {
    const lines = readFileSync(rows, "utf8").trim().split("\n");
    const expected = lines.map((line) => {
      const { event, params, action, to_event, take } = JSON.parse(line) as Row;
      return `${event} ${params} ${action} ${to_event ?? ""} ${(take ?? []).join(" ")}`;
    });
    assert.deepEqual(CONVERSION_TABLE.trim().split("\n").map(spell), expected);
  },
);

test(
  "the table of events agrees with the recorded one",
  { skip: existsSync(table) ? false : "data/falco is not here" },
  () => {
    const lines = readFileSync(table, "utf8").trim().split("\n");
    assert.deepEqual(
      EVENTS.map(({ id, name, category, flags, parameters }) => ({
        id,
        name,
        category,
        flags,
        dir: (id & 1) === 1 ? "<" : ">",
        params: parameters.map((parameter) => ({
          name: parameter.name,
          type: parameter.type,
          fmt: parameter.format,
        })),
      })),
      lines.map((line): unknown => JSON.parse(line)),
    );
  },
);

interface Row {
  readonly event: string;
  readonly params: number;
  readonly action: string;
  readonly to_event?: string;
  readonly take?: readonly string[];
}

function spell(line: string): string {
  const [event, params, action, to = "=", ...take] = line.split(" ");
  const sources = take.flatMap((text) => {
    const run = /^o(\d+)\.\.(\d+)$/.exec(text);
    if (run !== null) {
      const length = Number(run[2]) - Number(run[1]) + 1;
      return Array.from({ length }, (_unused, i) => `old[${Number(run[1]) + i}]`);
    }
    if (text.startsWith("-"))
      return Array.from({ length: Number(text.slice(2) || 1) }, () => "empty");
    if (text === "0") return ["default"];
    if (text.startsWith("j")) return ["json?"];
    const letter = text.charAt(0);
    const index = text.slice(1).replace("?", "");
    return [`${letter === "o" ? "old" : "enter"}[${index}]${text.endsWith("?") ? "?" : ""}`];
  });
  return `${event} ${params} ${action} ${to === "=" ? "" : to} ${sources.join(" ")}`;
}
