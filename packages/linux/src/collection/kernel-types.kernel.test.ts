import assert from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { kernelTest } from "@ocelli/testkit";

import { dropKernelTypes, kernelTypes } from "./kernel-types.ts";

setFlagsFromString("--expose-gc");
// What V8 exposes under that flag.
const collectGarbage = runInNewContext("gc") as () => void;

/** A turn of the event loop: what a WeakRef gave lives until then. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

kernelTest(
  "kernelTypes() shares the types until they were not asked for in 10 s",
  {},
  async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    dropKernelTypes();
    const weak = new WeakRef(kernelTypes());
    assert.equal(weak.deref()?.kernel.idsByName("task_struct", "struct").length, 1);
    t.mock.timers.tick(9_000);
    assert.equal(kernelTypes(), weak.deref());
    t.mock.timers.tick(9_000);
    await turn();
    collectGarbage();
    assert.equal(weak.deref() === undefined, false, "they were asked for 9 s ago");
    t.mock.timers.tick(1_000);
    await turn();
    collectGarbage();
    assert.equal(weak.deref(), undefined);
    assert.equal(kernelTypes().kernel.idsByName("task_struct", "struct").length, 1);
    dropKernelTypes();
  },
);

kernelTest("kernelTypes() gives types again that somebody still holds", {}, (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  dropKernelTypes();
  const types = kernelTypes();
  t.mock.timers.tick(20_000);
  assert.equal(kernelTypes(), types);
  dropKernelTypes();
  assert.notEqual(kernelTypes(), types);
  dropKernelTypes();
});
