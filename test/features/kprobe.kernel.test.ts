import assert from "node:assert/strict";

import { attach, type AttachOptions, type Collection } from "@ocelli/linux";

import { callMarked, featureTest, numbersOf } from "../support/feature-test.ts";

const fixture = "feature-kprobe";
const load = { variables: { tester: process.pid } };
const EINVAL = -22;
const ENOSYS = -38;

/** Calls prctl twice while a program is attached, and once afterwards. */
function callWhile(collection: Collection, program: string, options: AttachOptions = {}): void {
  const link = attach(collection.program(program), options);
  callMarked(30);
  callMarked(12);
  link[Symbol.dispose]();
  callMarked(100);
}

for (const [feature, program, needs] of [
  ["kprobe", "entry", ["kprobe"]],
  ["ksyscall", "system_call", ["kprobe"]],
  ["kprobe.multi, by pattern", "many", ["kprobe_multi"]],
] as const) {
  featureTest(feature, { fixture, programs: [program], needs, load }, (collection) => {
    callWhile(collection, program);
    assert.deepEqual(numbersOf(collection, "calls", "sum"), { calls: 2, sum: 42 });
  });
}

for (const [feature, program, needs, result] of [
  ["kretprobe", "leave_one", ["kprobe"], ENOSYS],
  ["kretsyscall", "system_call_exit", ["kprobe"], EINVAL],
  ["kretprobe.multi", "many_exits", ["kprobe_multi"], ENOSYS],
] as const) {
  featureTest(feature, { fixture, programs: [program], needs, load }, (collection) => {
    callWhile(collection, program);
    assert.deepEqual(numbersOf(collection, "returns", "result"), { returns: 2, result });
  });
}

for (const [feature, program, needs] of [
  ["Cookies of kprobes", "with_cookie", ["kprobe", "cookie"]],
  ["Cookies of kprobe.multi", "many", ["kprobe_multi"]],
] as const) {
  featureTest(feature, { fixture, programs: [program], needs, load }, (collection) => {
    callWhile(collection, program, { to: "security_task_prctl", cookie: 0x1234_5678n });
    assert.deepEqual(numbersOf(collection, "calls", "cookie"), { calls: 2, cookie: 0x1234_5678 });
  });
}

featureTest(
  "kprobe.session, with a value from entry to return",
  { fixture, programs: ["session"], needs: ["kprobe_session"], load },
  (collection) => {
    callWhile(collection, "session");
    assert.deepEqual(numbersOf(collection, "returns", "sum"), { returns: 2, sum: 42 });
  },
);
