import assert from "node:assert/strict";

import { attach, openKernel, run, type Link } from "@ocelli/linux";

import { callMarked, featureTest, MARKER, numberOf, numbersOf } from "../support/feature-test.ts";

const kernel = openKernel();
const fixture = "feature-tracing";
const load = {
  variables: { tester: process.pid, prctl_number: kernel.architecture === "x64" ? 157 : 167 },
};
const EINVAL = -22;
const ENOSYS = -38;

/** Calls prctl twice while attached and once afterwards, and gives the results. */
function callWhile(attached: () => Link): number[] {
  const link = attached();
  const results = [callMarked(30), callMarked(12)];
  link[Symbol.dispose]();
  return [...results, callMarked(100)];
}

for (const [feature, program, needs] of [
  ["Tracepoints", "on_tp", []],
  ["Raw tracepoints", "on_raw_tp", []],
  ["Typed raw tracepoints", "on_tp_btf", ["tp_btf"]],
  ["fentry", "on_entry", ["fentry"]],
] as const) {
  featureTest(feature, { fixture, programs: [program], needs, load }, (collection) => {
    const results = callWhile(() => attach(collection.program(program)));
    assert.deepEqual(results, [EINVAL, EINVAL, EINVAL]);
    assert.deepEqual(numbersOf(collection, "calls", "sum"), { calls: 2, sum: 42 });
  });
}

featureTest("fexit", { fixture, programs: ["on_exit"], needs: ["fentry"], load }, (collection) => {
  callWhile(() => attach(collection.program("on_exit")));
  assert.deepEqual(numbersOf(collection, "calls", "sum", "result"), {
    calls: 2,
    sum: 42,
    result: ENOSYS,
  });
});

featureTest(
  "fmod_ret",
  { fixture, programs: ["modify"], needs: ["fmod_ret"], load },
  (collection) => {
    const results = callWhile(() => attach(collection.program("modify")));
    assert.deepEqual(results, [-77, -77, EINVAL]);
    assert.deepEqual(numbersOf(collection, "calls", "sum"), { calls: 2, sum: 42 });
  },
);

featureTest("LSM", { fixture, programs: ["on_hook"], needs: ["lsm"], load }, (collection) => {
  const results = callWhile(() => attach(collection.program("on_hook")));
  assert.deepEqual(results, [-78, -78, EINVAL]);
  assert.deepEqual(numbersOf(collection, "calls", "sum"), { calls: 2, sum: 42 });
});

featureTest(
  "Sleepable LSM",
  { fixture, programs: ["on_sleepable_hook"], needs: ["lsm_sleepable"], load },
  (collection) => {
    using _link = attach(collection.program("on_sleepable_hook"));
    const text = new Uint8Array(BigUint64Array.of(4242n).buffer);
    assert.equal(kernel.syscall("prctl", MARKER, text, 0, 0, 0), -80);
    assert.equal(kernel.syscall("prctl", MARKER, 8, 0, 0, 0), -79);
    assert.deepEqual(numbersOf(collection, "calls", "sum"), { calls: 1, sum: 4242 });
  },
);

featureTest(
  "Writable raw tracepoints",
  { fixture, programs: ["on_writable", "nothing"], load },
  (collection) => {
    const nothing = collection.program("nothing");
    const once = (): unknown => run(nothing, { data: new Uint8Array(64) }).returnValue;
    {
      using _link = attach(collection.program("on_writable"));
      assert.throws(once, { errno: 77 });
    }
    assert.equal(once(), 2);
  },
);

featureTest("Perf events", { fixture, programs: ["on_sample"], load }, (collection) => {
  const period = 3_000_000;
  const sampling = { event: "cpu-clock", every: { period }, pid: process.pid } as const;
  const link = attach(collection.program("on_sample"), { sampling });
  // It counts this thread's time on a processor, of which there may be little on a busy machine.
  const end = performance.now() + 5000;
  while (numberOf(collection, "calls") < 5 && performance.now() < end) kernel.syscall("gettid");
  link[Symbol.dispose]();
  const { calls = 0, sum } = numbersOf(collection, "calls", "sum");
  assert.ok(calls >= 5, `${calls} samples`);
  assert.equal(sum, period);
});
