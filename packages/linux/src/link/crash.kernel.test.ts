// Needs a process of its own: it moves into a network namespace of its own.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmdirSync } from "node:fs";

import { countingProgram, kernelTest, kernelTypeId, makeCgroup, skipReason } from "@ocelli/testkit";

import { setInterfaceUp } from "../netlink/interface.ts";
import { hasClsact } from "../netlink/tc.ts";
import { getXdp } from "../netlink/xdp.ts";
import { openKernel } from "../port/koffi.ts";
import { attachCgroup } from "./cgroup.ts";
import type { Link } from "./link.ts";
import { attachNetfilter } from "./netfilter.ts";
import { attachFlowDissector, attachSkLookup } from "./netns.ts";
import { linkIds } from "./open.ts";
import { queryPrograms } from "./query.ts";
import { attachRawTracepoint } from "./raw-tracepoint.ts";
import { attachPerfEvent } from "./sampling.ts";
import { sweepLeftovers } from "./sweep.ts";
import { attachTcx } from "./tcx.ts";
import { attachTracepoint } from "./tracepoint.ts";
import { attachTracing } from "./tracing.ts";
import { attachUprobeMulti } from "./uprobe-multi.ts";
import { attachUprobe } from "./uprobe.ts";
import { attachXdp } from "./xdp.ts";

const kernel = openKernel();
const CHILD = "--attach-everything-and-wait";

const cgroup = process.argv[process.argv.indexOf(CHILD) + 1] ?? "";

/** Attaches in every way that this machine has; the process then waits for its end. */
function attachEverything(): Link[] {
  const links: Link[] = [];
  const tracepoint = "raw_syscalls/sys_enter";
  links.push(attachTracepoint(countingProgram("tracepoint").program, { tracepoint }));
  links.push(
    attachTracepoint(countingProgram("tracepoint").program, { tracepoint, via: "ioctl" }),
    attachRawTracepoint(countingProgram("raw_tracepoint").program, { tracepoint: "sys_enter" }),
    attachTracing(
      countingProgram("tracing", {
        attachType: "trace_raw_tp",
        attachBtfId: kernelTypeId("btf_trace_sys_enter", "typedef"),
      }).program,
    ),
    ...attachPerfEvent(countingProgram("perf_event").program, {
      event: "cpu-clock",
      every: { frequency: 99 },
    }).links,
    attachUprobe(countingProgram("kprobe").program, { path: "libc.so.6", at: "syscall" }),
    attachXdp(countingProgram("xdp", { returns: 2 }).program, {
      interface: "lo",
      mode: "skb",
      via: "netlink",
    }),
    attachTcx(countingProgram("sched_cls", { returns: -1 }).program, {
      interface: "lo",
      direction: "ingress",
      via: "clsact",
    }),
    attachFlowDissector(
      countingProgram("flow_dissector", { attachType: "flow_dissector" }).program,
    ),
    attachSkLookup(countingProgram("sk_lookup", { attachType: "sk_lookup", returns: 1 }).program),
  );
  for (const via of ["link", "attach"] as const)
    links.push(
      attachCgroup(
        countingProgram("cgroup_skb", { attachType: "cgroup_inet_egress", returns: 1 }).program,
        { cgroup, via },
      ),
    );
  if (skipReason({ needs: ["tcx"] }) === undefined)
    links.push(
      attachTcx(countingProgram("sched_cls", { returns: -1 }).program, {
        interface: "lo",
        direction: "egress",
      }),
    );
  if (skipReason({ needs: ["uprobe_multi"] }) === undefined)
    links.push(
      attachUprobeMulti(countingProgram("kprobe", { attachType: "trace_uprobe_multi" }).program, {
        path: "libc.so.6",
        functions: { names: ["syscall"] },
      }),
    );
  if (skipReason({ needs: ["netfilter"] }) === undefined)
    links.push(
      attachNetfilter(
        countingProgram("netfilter", { attachType: "netfilter", returns: 1 }).program,
        {
          family: "ipv4",
          hook: "input",
          priority: 5,
        },
      ),
    );
  return links;
}

/** What one child attached, as it says itself. */
interface Report {
  readonly links: readonly number[];
  readonly cgroupPrograms: readonly number[];
}

function cgroupPrograms(path: string): number[] {
  return queryPrograms(kernel, {
    kind: "cgroup",
    path,
    attachType: "cgroup_inet_egress",
  }).programs.map(({ programId }) => programId);
}

async function endChildBy(signal: NodeJS.Signals, group: string): Promise<Report> {
  // The child inherits a network namespace with a `lo` that nobody else uses.
  const child = spawn(
    process.execPath,
    [
      "--conditions=development",
      "--disable-warning=ExperimentalWarning",
      import.meta.filename,
      CHILD,
      group,
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const ended = once(child, "exit");
  try {
    let text = "";
    for await (const chunk of child.stdout) {
      text += String(chunk);
      if (text.includes("\n")) break;
    }
    // The child is this file, and this is what it writes.
    const report = JSON.parse(text) as Report;
    const alive = new Set(linkIds(kernel));
    assert.ok(report.links.length >= linksExpected());
    assert.ok(report.links.every((id) => alive.has(id)));
    assert.ok(getXdp(kernel, "lo").skb > 0 && hasClsact(kernel, 1));
    child.kill(signal);
    assert.deepEqual(await ended, [null, signal]);
    const after = new Set(linkIds(kernel));
    assert.deepEqual(
      report.links.filter((id) => after.has(id)),
      [],
    );
    return report;
  } finally {
    child.kill("SIGKILL");
  }
}

/** Raw and typed tracepoint, flow dissector, sk_lookup, cgroup; tracepoint, perf event and uprobe where these have links. */
function linksExpected(): number {
  return skipReason({ needs: ["perf_event_link"] }) === undefined ? 8 : 5;
}

if (process.argv.includes(CHILD)) {
  const links = attachEverything();
  const report: Report = {
    links: links.flatMap((link) => link.info()?.id ?? []),
    cgroupPrograms: cgroupPrograms(cgroup),
  };
  process.stdout.write(`${JSON.stringify(report)}\n`);
  setInterval(() => links.length, 1000);
} else {
  kernelTest("nothing stays attached when a process is terminated", {}, () =>
    inOwnPlace(async (group) => {
      const report = await endChildBy("SIGTERM", group);
      assert.equal(report.cgroupPrograms.length, 2);
      assert.deepEqual(
        [getXdp(kernel, "lo").skb, hasClsact(kernel, 1), cgroupPrograms(group)],
        [0, false, []],
      );
    }),
  );

  kernelTest("what outlives a killed process is cleared by the next one", {}, () =>
    inOwnPlace(async (group) => {
      await endChildBy("SIGKILL", group);
      // Without links of the kernel: XDP over netlink, clsact, and one of the two on the cgroup.
      assert.deepEqual(
        [getXdp(kernel, "lo").skb > 0, hasClsact(kernel, 1), cgroupPrograms(group).length],
        [true, true, 1],
      );
      assert.equal(sweepLeftovers(kernel), 3);
      assert.deepEqual(
        [getXdp(kernel, "lo").skb, hasClsact(kernel, 1), cgroupPrograms(group)],
        [0, false, []],
      );
    }),
  );
}

/** Moves into a network namespace with a `lo` that nobody else uses, and makes a cgroup. */
async function inOwnPlace(body: (group: string) => Promise<void>): Promise<void> {
  const CLONE_NEWNET = 0x40000000;
  assert.equal(kernel.syscall("unshare", CLONE_NEWNET), 0);
  setInterfaceUp(kernel, "lo", true);
  const group = makeCgroup("crash");
  try {
    await body(group);
  } finally {
    rmdirSync(group);
  }
}
