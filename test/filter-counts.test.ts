import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import test from "node:test";

import { createCaptureProvider } from "@ocelli/capture";
import { createMatcher, eventTypesOf, parseFilter, type MatchRule } from "@ocelli/rules";

import { DATA, playSample, readRows } from "./capture-rows.ts";

const present = existsSync(new URL("falco/filter_counts.ndjson", DATA));
const skip = present ? false : "the shared rows are not here";

// Where Falco's own count is not what the events say, and why. Conditions that name one of these are not compared.
const NOT_COMPARED: readonly (readonly [RegExp, string])[] = [
  [/fd\.[cslr]ip\.name/, "depends on the name service of the host"],
  [/fd\.[cslr]?proto/, "depends on /etc/services of the host"],
  [/thread\.(cpu|exectime|totexectime)/, "Falco's value depends on how many conditions ask for it"],
  [/ctime_duration_/, "Falco reads memory that was never written"],
];
// These were edited after Falco counted: other addresses of interfaces, other names of files.
const EDITED: ReadonlySet<string> = new Set(["live-benign.scap", "live-host.scap"]);
const TOUCHED =
  /fd\.(?:[lr](?:ip|port|net)|is_server)|fd\.filename contains allof|fd\.name contains basename/;
// 897 conditions on 70,000 events take half a minute.
const everything = process.env["OCELLI_ROWS"] === "all";

interface Condition extends MatchRule {
  readonly id: string;
  readonly text: string;
}

const conditions: readonly Condition[] = !present
  ? []
  : readRows("falco/filter_compile.ndjson").flatMap(({ id, ok, condition }) => {
      const text = String(condition);
      const parsed = ok === true ? parseFilter(text) : undefined;
      if (parsed?.ok !== true) return [];
      const eventTypes = eventTypesOf(parsed.value);
      return [{ id: String(id), text, condition: parsed.value, eventTypes }];
    });

function skipOf(capture: string): string | false {
  const long = EDITED.has(capture) && !everything;
  return long ? "takes long: set OCELLI_ROWS=all" : skip;
}

function isCompared(text: string, capture: string): boolean {
  if (EDITED.has(capture) && TOUCHED.test(text)) return false;
  return !NOT_COMPARED.some(([pattern]) => pattern.test(text));
}

for (const { capture, counts } of present ? readRows("falco/filter_counts.ndjson") : [])
  test(
    `conditions match as many events of "${String(capture)}" as in Falco`,
    { skip: skipOf(String(capture)) },
    () => {
      const compared = conditions.filter(({ text }) => isCompared(text, String(capture)));
      const matcher = createMatcher(compared, createCaptureProvider(), { matching: "all" });
      const ours = compared.map(() => 0);
      playSample(String(capture), (event) => {
        const count = matcher.match(event);
        for (let i = 0; i < count; i++) {
          const rule = matcher.hits[i] ?? 0;
          ours[rule] = (ours[rule] ?? 0) + 1;
        }
      });
      // An id that is not listed matched nothing.
      const theirs = counts as Readonly<Record<string, number>>;
      const differing = compared.flatMap(({ id, text }, i) =>
        ours[i] === (theirs[id] ?? 0) ? [] : [`${id} ${text}: ${ours[i]} for ${theirs[id] ?? 0}`],
      );
      assert.deepEqual(differing, []);
    },
  );
