import assert from "node:assert/strict";
import { test } from "node:test";

import { readFilter } from "./filter.ts";
import type { EventSummary } from "./types.ts";

const event: EventSummary = {
  number: 1,
  timeNs: "1",
  type: "openat",
  cpu: 0,
  pid: 7,
  tid: 7,
  name: "cat",
  commandLine: "cat /etc/Shadow",
  exePath: "/usr/bin/cat",
  parentPid: 1,
  user: "root",
  container: "host",
  result: "EACCES",
  value: -13,
  about: "/etc/shadow",
  args: [{ name: "flags", text: "O_RDONLY", printed: "0(O_RDONLY)" }],
};

test("readFilter() reads words, keys and their opposites", () => {
  const fits = (text: string): boolean => readFilter(text)(event);
  assert.deepEqual(
    [
      "",
      "shadow",
      "SHADOW cat",
      "type=openat",
      "type=open",
      "-type=open pid=7",
      "failed",
      "-failed",
      "o_rdonly -curl",
      "-",
      "nothing",
    ].map(fits),
    [true, true, true, true, false, true, true, false, true, true, false],
  );
});
