import assert from "node:assert/strict";

import { kernelTest } from "@ocelli/testkit";

import { ERRNO } from "./errno.ts";
import { openKernel } from "./koffi.ts";

kernelTest("openKernel() answers with a negated errno when bpf(2) refuses a command", {}, () => {
  assert.equal(openKernel().bpf(9999, new Uint8Array(8)), -ERRNO.EINVAL);
});
