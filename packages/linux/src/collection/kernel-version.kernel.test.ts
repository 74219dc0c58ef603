import assert from "node:assert/strict";
import { release, version } from "node:os";

import { kernelTest } from "@ocelli/testkit";

import { kernelVersionCode, versionCode } from "./kernel-version.ts";

kernelTest("kernelVersionCode() knows the last number where the release leaves it out", {}, () => {
  // "#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-1 (2026-11-16)"
  const debian = /\bDebian (\d+\.\d+\.\d+)/.exec(version())?.[1];
  assert.equal(kernelVersionCode(), versionCode(debian ?? release()));
});

kernelTest("versionCode() cuts the last number to a byte", {}, () => {
  assert.deepEqual(
    ["5.10.262-amd64", "6.18.44-fc", "7.2-rc7", "7", "odd"].map(versionCode),
    [0x5_0a_ff, 0x6_12_2c, 0x7_02_00, 0x7_00_00, 0],
  );
});
