import assert from "node:assert/strict";

import { attach, type AttachOptions, type Collection } from "@ocelli/linux";
import koffi from "koffi";

import { featureTest, numberOf, numbersOf } from "../support/feature-test.ts";

const libc = koffi.load("libc.so.6");
const labs = libc.func("long labs(long)");
const atol = libc.func("long atol(const char *)");
const fixture = "feature-uprobe";
const load = { variables: { tester: process.pid } };

/** Calls labs(3) twice while a program is attached, and once afterwards. */
function callWhile(collection: Collection, program: string, options: AttachOptions = {}): void {
  const link = attach(collection.program(program), options);
  labs(-30);
  labs(-12);
  link[Symbol.dispose]();
  labs(-100);
}

featureTest("uprobe", { fixture, programs: ["entry"], load }, (collection) => {
  callWhile(collection, "entry");
  assert.deepEqual(numbersOf(collection, "calls", "sum"), { calls: 2, sum: -42 });
});

featureTest("uretprobe", { fixture, programs: ["leave_one"], load }, (collection) => {
  callWhile(collection, "leave_one");
  assert.deepEqual(numbersOf(collection, "returns", "result"), { returns: 2, result: 12 });
});

featureTest(
  "Cookies of uprobes",
  { fixture, programs: ["with_cookie"], needs: ["cookie"], load },
  (collection) => {
    callWhile(collection, "with_cookie", { to: "libc.so.6:labs", cookie: 0x99n, pid: process.pid });
    assert.deepEqual(numbersOf(collection, "sum", "cookie"), { sum: -42, cookie: 0x99 });
  },
);

featureTest(
  "Sleepable uprobes",
  { fixture, programs: ["sleepable"], needs: ["uprobe_sleepable"], load },
  (collection) => {
    using _link = attach(collection.program("sleepable"));
    assert.equal(atol("1234567"), 1_234_567);
    assert.equal(numberOf(collection, "text"), Number(Buffer.from("1234567\0").readBigInt64LE()));
  },
);

featureTest(
  "uprobe.multi, by pattern and with a cookie",
  { fixture, programs: ["many"], needs: ["uprobe_multi"], load },
  (collection) => {
    callWhile(collection, "many", { cookie: 0x98n });
    assert.deepEqual(numbersOf(collection, "calls", "sum", "cookie"), {
      calls: 2,
      sum: -42,
      cookie: 0x98,
    });
  },
);

featureTest(
  "uretprobe.multi",
  { fixture, programs: ["many_exits"], needs: ["uprobe_multi"], load },
  (collection) => {
    callWhile(collection, "many_exits");
    assert.deepEqual(numbersOf(collection, "returns", "result"), { returns: 2, result: 12 });
  },
);

featureTest(
  "uprobe.session",
  { fixture, programs: ["session"], needs: ["uprobe_session"], load },
  (collection) => {
    callWhile(collection, "session");
    assert.deepEqual(numbersOf(collection, "calls", "sum", "returns", "result"), {
      calls: 2,
      sum: -42,
      returns: 2,
      result: 12,
    });
  },
);
