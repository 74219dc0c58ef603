import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { rmdirSync } from "node:fs";
import { join } from "node:path";

import { assertNoLeaks, countingProgram, kernelTest, makeCgroup } from "@ocelli/testkit";

import { openKernel } from "../port/koffi.ts";
import { attachCgroup } from "./cgroup.ts";
import { queryPrograms } from "./query.ts";

const kernel = openKernel();

// A process joins the cgroup and makes a socket there.
function makeSocketIn(group: string): void {
  const script = `
    require("node:fs").writeFileSync(${JSON.stringify(join(group, "cgroup.procs"))}, "0");
    const socket = require("node:dgram").createSocket("udp4");
    socket.bind(0, "127.0.0.1", () => socket.close());
  `;
  const { status, stderr } = spawnSync(process.execPath, ["-e", script], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
}

async function withCgroup(
  name: string,
  body: (group: string) => void | Promise<void>,
): Promise<void> {
  const group = makeCgroup(name);
  try {
    await body(group);
  } finally {
    rmdirSync(group);
  }
}

for (const via of ["link", "attach"] as const) {
  kernelTest(`attachCgroup() by ${via} runs for the cgroup's processes until it ends`, {}, () =>
    withCgroup(`run-${via}`, (cgroup) =>
      assertNoLeaks((track) => {
        const attachType = "cgroup_inet_sock_create";
        using first = countingProgram("cgroup_sock", { attachType, returns: 1 });
        using second = countingProgram("cgroup_sock", { attachType, returns: 1 });
        const link = attachCgroup(first.program, { cgroup, via });
        if (via === "link") track(link);
        makeSocketIn(cgroup);
        assert.ok(first.count() > 0);
        const state = queryPrograms(kernel, { kind: "cgroup", path: cgroup, attachType });
        assert.equal(state.programs.length, 1);
        link.update(second.program, first.program);
        makeSocketIn(cgroup);
        assert.ok(second.count() > 0);
        link[Symbol.dispose]();
        const after = queryPrograms(kernel, { kind: "cgroup", path: cgroup, attachType });
        assert.deepEqual(after.programs, []);
      }),
    ),
  );
}

kernelTest("attachCgroup() says what is wrong with the folder or the hook", {}, () =>
  withCgroup("wrong", (cgroup) =>
    assertNoLeaks(() => {
      using counting = countingProgram("cgroup_skb", { name: "watch", returns: 1 });
      const attachType = "cgroup_inet_egress";
      assert.throws(
        () => attachCgroup(counting.program, { cgroup: "/nowhere/at/all", attachType }),
        {
          code: "not-found",
          message:
            /^Cannot attach "watch" to cgroup "\/nowhere\/at\/all" as cgroup_inet_egress: there is no such folder; cgroup v2 is mounted at "\S+"$/,
        },
      );
      assert.throws(() => attachCgroup(counting.program, { cgroup: "/tmp", attachType }), {
        message:
          /^Cannot attach "watch" to cgroup "\/tmp" as cgroup_inet_egress: it is no folder of a cgroup v2; cgroup v2 is mounted at "\S+" \(EBADF\)$/,
      });
      assert.throws(() => attachCgroup(counting.program, { cgroup }), {
        code: "invalid",
        message: `Cannot attach "watch" to cgroup "${cgroup}" as cgroup_skb: say which hook with "attachType"`,
      });
      assert.throws(() => attachCgroup(counting.program, { cgroup, attachType: "sk_lookup" }), {
        code: "invalid",
        message: `Cannot attach "watch" to cgroup "${cgroup}" as sk_lookup: the program was loaded for another hook (EINVAL)`,
      });
      using exclusive = attachCgroup(counting.program, {
        cgroup,
        attachType,
        via: "attach",
        sharing: "exclusive",
      });
      assert.equal(exclusive.fd, undefined);
      assert.throws(() => attachCgroup(counting.program, { cgroup, attachType }), {
        code: "permission",
        message: `Cannot attach "watch" to cgroup "${cgroup}" as cgroup_inet_egress: a cgroup above or this one has a program that excludes others, or the rights are missing (EPERM)`,
      });
    }),
  ),
);
