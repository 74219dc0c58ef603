// Needs a process of its own: it moves into a network namespace of its own.
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";

import { assertNoLeaks, countingProgram, kernelTest, skipReason } from "@ocelli/testkit";

import { setInterfaceUp } from "../netlink/interface.ts";
import { addClsact, deleteClsact, hasClsact, listFilters } from "../netlink/tc.ts";
import { getXdp } from "../netlink/xdp.ts";
import { openKernel } from "../port/koffi.ts";
import { attachClsact } from "./clsact.ts";
import { attachNetfilter } from "./netfilter.ts";
import { attachNetkit } from "./netkit.ts";
import { attachFlowDissector, attachSkLookup } from "./netns.ts";
import { queryPrograms } from "./query.ts";
import { attachSocketFilter } from "./socket-filter.ts";
import { attachTcx } from "./tcx.ts";
import { attachXdp } from "./xdp.ts";

// This file's process moves into a network namespace of its own, with a `lo` that nobody else uses.
const CLONE_NEWNET = 0x40000000;
const kernel = openKernel();
const isolated = process.platform === "linux" && kernel.syscall("unshare", CLONE_NEWNET) === 0;
if (isolated) setInterfaceUp(kernel, "lo", true);

const XDP_PASS = 2;
const TC_NEXT = -1;

/** Sends a datagram to a closed port of this machine. */
async function sendDatagram(): Promise<void> {
  const socket = createSocket("udp4");
  socket.send("x", 9, "127.0.0.1");
  await new Promise((resolve) => setTimeout(resolve, 20));
  socket.close();
  await once(socket, "close");
}

kernelTest("attachXdp() sees packets until the link is disposed of", { needs: ["xdp_link"] }, () =>
  assertNoLeaks(async (track) => {
    assert.ok(isolated);
    using counting = countingProgram("xdp", { returns: XDP_PASS });
    const link = track(attachXdp(counting.program, { interface: "lo", mode: "skb" }));
    await sendDatagram();
    assert.ok(counting.count() > 0);
    const info = link.info();
    assert.deepEqual(info?.type === "xdp" ? info.interfaceIndex : undefined, 1);
    using second = countingProgram("xdp", { returns: XDP_PASS });
    link.update(second.program, counting.program);
    await sendDatagram();
    assert.ok(second.count() > 0);
    assert.throws(() => {
      link.update(counting.program, counting.program);
    }, /the attached program is not the expected one/);
    link[Symbol.dispose]();
    assert.deepEqual(getXdp(kernel, "lo"), { skb: 0, drv: 0, hw: 0 });
  }),
);

kernelTest("attachXdp() over netlink sets, swaps and removes the program", {}, () =>
  assertNoLeaks(async () => {
    using counting = countingProgram("xdp", { returns: XDP_PASS });
    using second = countingProgram("xdp", { returns: XDP_PASS });
    const link = attachXdp(counting.program, { interface: "lo", mode: "skb", via: "netlink" });
    await sendDatagram();
    assert.ok(counting.count() > 0);
    link.update(second.program, counting.program);
    await sendDatagram();
    assert.ok(second.count() > 0);
    link[Symbol.dispose]();
    assert.deepEqual(getXdp(kernel, "lo"), { skb: 0, drv: 0, hw: 0 });
  }),
);

kernelTest(
  "attachXdp() says who is there and which interfaces there are",
  { needs: ["xdp_link"] },
  () => {
    using counting = countingProgram("xdp", { name: "pass", returns: XDP_PASS });
    using link = attachXdp(counting.program, { interface: "lo", mode: "skb" });
    const id = link.info()?.programId ?? 0;
    assert.throws(() => attachXdp(counting.program, { interface: "lo", mode: "skb" }), {
      code: "busy",
      message: `Cannot attach "pass" to XDP of interface "lo" in mode skb: another XDP program is there, with id ${id}; take it off first, e.g. with: ip link set dev lo xdp off (EBUSY)`,
    });
    assert.throws(() => attachXdp(counting.program, { interface: "l0" }), {
      code: "not-found",
      message:
        'Cannot find network interface "l0": this network namespace has none; did you mean "lo"?',
    });
    link.detach();
    assert.throws(() => attachXdp(counting.program, { interface: "lo", mode: "drv" }), {
      message:
        /^Cannot attach "pass" to XDP of interface "lo" in mode drv: .*mode "skb"|another mode/,
    });
  },
);

kernelTest(
  "attachTcx() orders programs by anchors and guards by revision",
  { needs: ["tcx"] },
  () =>
    assertNoLeaks(async (track) => {
      const where = { interface: "lo", direction: "ingress" } as const;
      const hook = { kind: "tcx", ...where } as const;
      using a = countingProgram("sched_cls", { name: "a", returns: TC_NEXT });
      using b = countingProgram("sched_cls", { name: "b", returns: TC_NEXT });
      using c = countingProgram("sched_cls", { name: "c", returns: TC_NEXT });
      const linkB = track(attachTcx(b.program, where));
      const linkA = track(attachTcx(a.program, { ...where, anchor: { before: linkB } }));
      const { revision } = queryPrograms(kernel, hook);
      const linkC = track(
        attachTcx(c.program, { ...where, anchor: "last", expectedRevision: revision }),
      );
      assert.deepEqual(
        queryPrograms(kernel, hook).programs.map(({ linkId }) => linkId),
        [linkA, linkB, linkC].map((link) => link.info()?.id),
      );
      await sendDatagram();
      assert.deepEqual(
        [a, b, c].map((program) => program.count() > 0),
        [true, true, true],
      );
      using d = countingProgram("sched_cls", { name: "d", returns: TC_NEXT });
      assert.throws(() => attachTcx(d.program, { ...where, expectedRevision: revision }), {
        message:
          'Cannot attach "d" to ingress of interface "lo": the hook\'s programs have changed since the expected revision; query it again (ESTALE)',
      });
      assert.throws(() => attachTcx(d.program, { ...where, anchor: { after: d.program } }), {
        code: "not-found",
        message:
          'Cannot attach "d" to ingress of interface "lo": the anchor is not attached there (ENOENT)',
      });
      for (const link of [linkA, linkB, linkC]) link[Symbol.dispose]();
      assert.deepEqual(queryPrograms(kernel, hook).programs, []);
    }),
);

kernelTest("attachTcx() falls back to clsact and takes away what it made", {}, () =>
  assertNoLeaks(async () => {
    using counting = countingProgram("sched_cls", { name: "count", returns: TC_NEXT });
    using second = countingProgram("sched_cls", { name: "second", returns: TC_NEXT });
    const where = { interface: "lo", direction: "egress", via: "clsact" } as const;
    const link = attachTcx(counting.program, where);
    assert.deepEqual([link.kind, link.fd, link.info()], ["clsact", undefined, undefined]);
    await sendDatagram();
    assert.ok(counting.count() > 0);
    link.update(second.program, counting.program);
    assert.throws(
      () => {
        link.update(counting.program, counting.program);
      },
      {
        code: "invalid",
        message:
          'Cannot attach "count" to egress of interface "lo" by clsact: the attached program is not the expected one',
      },
    );
    await sendDatagram();
    assert.ok(second.count() > 0);
    assert.throws(
      () => {
        link.pin("/sys/fs/bpf/x");
      },
      {
        message:
          'Cannot pin egress of interface "lo" by clsact as "/sys/fs/bpf/x": it is a clsact filter; tcx links, which can be pinned, need Linux 6.6',
      },
    );
    link[Symbol.dispose]();
    assert.equal(hasClsact(kernel, 1), false);
    assert.throws(
      () => attachTcx(counting.program, { ...where, anchor: { before: { programId: 1 } } }),
      {
        message:
          'Cannot attach "count" to egress of interface "lo": anchors and revisions need tcx, from Linux 6.6; with clsact give a priority to attachClsact()',
      },
    );
  }),
);

kernelTest("attachTcx() chooses clsact by itself where the kernel has no tcx", {}, () =>
  assertNoLeaks(async (track) => {
    using counting = countingProgram("sched_cls", { returns: TC_NEXT });
    const link = track(attachTcx(counting.program, { interface: "lo", direction: "egress" }));
    await sendDatagram();
    assert.ok(counting.count() > 0);
    const tooOld = skipReason({ needs: ["tcx"] }) !== undefined;
    assert.deepEqual([link.kind, hasClsact(kernel, 1)], tooOld ? ["clsact", true] : ["tcx", false]);
    link[Symbol.dispose]();
    assert.equal(hasClsact(kernel, 1), false);
  }),
);

kernelTest("attachClsact() leaves a qdisc alone that was there before", {}, () =>
  assertNoLeaks(() => {
    addClsact(kernel, "Cannot add clsact", 1);
    using counting = countingProgram("sched_cls", { returns: TC_NEXT });
    const where = { interface: 1, direction: "ingress" } as const;
    const later = attachClsact(counting.program, { ...where, priority: 20 });
    const first = attachClsact(counting.program, { ...where, priority: 10 });
    assert.deepEqual(
      listFilters(kernel, 1, "ingress").map(({ priority }) => priority),
      [10, 20],
    );
    first[Symbol.dispose]();
    later[Symbol.dispose]();
    assert.deepEqual(listFilters(kernel, 1, "ingress"), []);
    assert.equal(hasClsact(kernel, 1), true);
    deleteClsact(kernel, "Cannot delete clsact", 1);
  }),
);

kernelTest("attachNetkit() refuses what is no netkit device", { needs: ["netkit"] }, () => {
  using counting = countingProgram("sched_cls", { name: "count", attachType: "netkit_primary" });
  assert.throws(() => attachNetkit(counting.program, { interface: "lo", end: "primary" }), {
    message: /^Cannot attach "count" to primary of netkit device "lo": "lo" is no netkit device/,
  });
});

kernelTest("attachNetfilter() runs in a chain", { needs: ["netfilter"] }, () =>
  assertNoLeaks(async (track) => {
    using counting = countingProgram("netfilter", {
      name: "filter",
      attachType: "netfilter",
      returns: 1,
    });
    const where = { family: "ipv4", hook: "output", priority: -7 } as const;
    using link = track(attachNetfilter(counting.program, where));
    await sendDatagram();
    assert.ok(counting.count() > 0);
    const { id: _, programId: _program, ...info } = link.info() ?? { id: 0, programId: 0 };
    assert.deepEqual(info, { type: "netfilter", family: 2, hook: 3, priority: -7 });
    assert.throws(() => attachNetfilter(counting.program, where), {
      message:
        'Cannot attach "filter" to netfilter ipv4 output with priority -7: a program is attached with this priority already; choose another one (EBUSY)',
    });
    assert.throws(() => attachNetfilter(counting.program, { ...where, priority: 2147483647 }), {
      message: /the least and the greatest priority are reserved; choose one between \(ERANGE\)$/,
    });
  }),
);

kernelTest("attachSkLookup() sees lookups of its namespace", { needs: ["sk_lookup"] }, () =>
  assertNoLeaks(async (track) => {
    using counting = countingProgram("sk_lookup", {
      name: "choose",
      attachType: "sk_lookup",
      returns: 1,
    });
    using link = track(attachSkLookup(counting.program));
    await sendDatagram();
    assert.ok(counting.count() > 0);
    assert.equal(link.info()?.type, "netns");
    assert.deepEqual(
      queryPrograms(kernel, { kind: "netns", attachType: "sk_lookup" }).programs.map(
        ({ programId }) => programId,
      ),
      [link.info()?.programId],
    );
    assert.throws(() => attachSkLookup(counting.program, { netns: "/run/netns/nowhere" }), {
      code: "not-found",
      message:
        'Cannot attach "choose" to socket lookup of network namespace "/run/netns/nowhere": there is no such file; use /proc/PID/ns/net or a name below /run/netns',
    });
    assert.throws(() => attachSkLookup(counting.program, { netns: "/proc/self/status" }), {
      code: "invalid",
      message:
        'Cannot attach "choose" to socket lookup of network namespace "/proc/self/status": the file stands for no network namespace (EINVAL)',
    });
  }),
);

kernelTest("attachFlowDissector() takes the one place there is", { needs: ["netns_link"] }, () =>
  assertNoLeaks((track) => {
    using counting = countingProgram("flow_dissector", {
      name: "dissect",
      attachType: "flow_dissector",
    });
    using link = track(attachFlowDissector(counting.program));
    const info = link.info();
    assert.deepEqual(info?.type === "netns" ? info.attachType : undefined, "flow_dissector");
    assert.throws(() => attachFlowDissector(counting.program), {
      message:
        /^Cannot attach "dissect" to flow dissector of this network namespace: a program is attached there already/,
    });
  }),
);

kernelTest("attachSocketFilter() cuts what one socket receives", {}, () =>
  assertNoLeaks(async () => {
    const socket = createSocket("udp4");
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    // dgram does not tell its descriptor; the newest socket of this process is the one just bound.
    const fd = newestSocket();
    using counting = countingProgram("socket_filter", { name: "filter", returns: 0 });
    const link = attachSocketFilter(counting.program, { socketFd: fd });
    let received = 0;
    socket.on("message", () => {
      received += 1;
    });
    const { port } = socket.address();
    const sender = createSocket("udp4");
    sender.send("x", port, "127.0.0.1");
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual([counting.count(), received], [1, 0]);
    link[Symbol.dispose]();
    sender.send("x", port, "127.0.0.1");
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual([counting.count(), received], [1, 1]);
    assert.throws(() => attachSocketFilter(counting.program, { socketFd: 0x7fff }), {
      message: 'Cannot attach "filter" to socket 32767: this is no open file descriptor (EBADF)',
    });
    sender.close();
    socket.close();
    await Promise.all([once(sender, "close"), once(socket, "close")]);
  }),
);

function newestSocket(): number {
  const { readdirSync, readlinkSync } = process.getBuiltinModule("node:fs");
  const sockets = readdirSync("/proc/self/fd")
    .map(Number)
    .filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`).startsWith("socket:");
      } catch {
        return false;
      }
    });
  return Math.max(...sockets);
}
