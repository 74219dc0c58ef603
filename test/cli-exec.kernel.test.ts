// Matrix: the newest kernel: what the command line prints.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";

import { kernelTest } from "@ocelli/testkit";

import { ocelliArguments } from "./support/cli.ts";

kernelTest(
  "ocelli bpf exec --engine kernel gives all 64 bits of r0, with memory and without",
  { needs: ["xdp", "mmap_array"] },
  () => {
    const cases: [args: string[], input: string, output: string][] = [
      // ldxh r0, [r1+0]; be16 r0; exit
      [["11 22"], "6910000000000000dc000000100000009500000000000000", "1122\n"],
      // r0 = -1; exit
      [[], "b7000000ffffffff9500000000000000", "ffffffffffffffff\n"],
    ];
    for (const [args, input, output] of cases) {
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        ocelliArguments(["bpf", "exec", "--engine", "kernel", ...args]),
        { encoding: "utf8", input },
      );
      assert.deepEqual([status, stdout, stderr], [0, output, ""]);
    }
  },
);
