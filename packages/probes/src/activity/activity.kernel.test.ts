import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";

import { attachRawTracepoint, loadCollection, mapEntries, openRingReader } from "@ocelli/linux";
import { kernelTest } from "@ocelli/testkit";

import { CALL_VALUE } from "./call-value.ts";
import { readExecRecord, type ExecRecord } from "./exec-record.ts";
import { activityObject } from "./object.ts";

kernelTest("the activity probe reports a started program and its system calls", {}, () => {
  using collection = loadCollection(activityObject());
  const records: ExecRecord[] = [];
  using reader = openRingReader(collection.map("starts"), {
    onRecord(memory, offset, length) {
      const record = readExecRecord(memory.copy(offset, length));
      if (record !== undefined) records.push(record);
    },
  });
  let pid = 0;
  {
    using links = new DisposableStack();
    for (const program of collection.programs.values()) {
      links.use(attachRawTracepoint(program, { tracepoint: program.attachTo }));
    }
    const child = spawnSync(process.execPath, ["--version"]);
    assert.equal(child.status, 0);
    pid = child.pid;
  }
  reader.consume();
  const record = records.find((one) => one.pid === pid);
  assert.ok(record !== undefined);
  const { timeNs, comm, ...rest } = record;
  assert.deepEqual(rest, {
    pid,
    parentPid: process.pid,
    uid: process.getuid?.(),
    filename: process.execPath,
  });
  assert.notEqual(comm, "");
  const age = Number(process.hrtime.bigint()) - timeNs;
  assert.ok(age > 0 && age < 60e9, `the record is ${age} ns old`);

  const calls = new Map<number, string>();
  for (const [key, value] of mapEntries(collection.map("calls"))) {
    const view = new DataView(key.buffer, key.byteOffset);
    if (view.getUint32(0, true) !== pid) continue;
    for (let at = CALL_VALUE.comm; at < value.length; at += CALL_VALUE.size) {
      const text = Buffer.from(value.subarray(at, at + CALL_VALUE.commBytes)).toString();
      const name = text.slice(0, text.indexOf("\0"));
      if (name !== "") calls.set(view.getUint32(4, true), name);
    }
  }
  // exit_group, the last call that any program makes.
  const last = process.arch === "arm64" ? 94 : 231;
  assert.ok(calls.has(last), `exit_group is among ${[...calls.keys()].join(", ")}`);
});
