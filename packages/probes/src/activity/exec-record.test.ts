import assert from "node:assert/strict";
import { test } from "node:test";

import { EXEC_RECORD, readExecRecord } from "./exec-record.ts";

test("readExecRecord() reads every field and stops texts at their end", () => {
  const bytes = new Uint8Array(EXEC_RECORD.size).fill(0x41);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, 2n ** 40n + 5n, true);
  view.setUint32(8, 4242, true);
  view.setUint32(12, 1, true);
  view.setUint32(16, 1000, true);
  bytes.set(new TextEncoder().encode("bash\0"), 24);
  bytes.set(new TextEncoder().encode("/bin/läs\0"), 40);
  assert.deepEqual(readExecRecord(bytes), {
    timeNs: 2 ** 40 + 5,
    pid: 4242,
    parentPid: 1,
    uid: 1000,
    comm: "bash",
    filename: "/bin/läs",
  });
});

test("readExecRecord() refuses what is too short", () => {
  assert.equal(readExecRecord(new Uint8Array(159)), undefined);
});
