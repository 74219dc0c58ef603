import assert from "node:assert/strict";

import { countingProgram, kernelTest, refusingKernel, sentenceOf } from "@ocelli/testkit";

import { ERRNO } from "../port/errno.ts";
import type { Kernel } from "../port/kernel.ts";
import { Program } from "../program/program.ts";
import { attachClsact } from "./clsact.ts";

const NEW_QDISC = 36;
const DELETE_QDISC = 37;
const NEW_FILTER = 44;
const DELETE_FILTER = 45;

/** The running kernel, which takes changes of traffic control without doing them, and answers one kind with an errno. */
function answering(errno: number, refused = NEW_FILTER): Kernel {
  let pending: { readonly sequence: number; readonly result: number } | undefined;
  return refusingKernel({
    calls: {
      sendto(_, bytes) {
        if (!(bytes instanceof Uint8Array)) return undefined;
        const view = new DataView(bytes.buffer, bytes.byteOffset);
        const type = view.getUint16(4, true);
        if (![NEW_QDISC, DELETE_QDISC, NEW_FILTER, DELETE_FILTER].includes(type)) return undefined;
        const result = type === refused ? -errno : 0;
        pending = { sequence: view.getUint32(8, true), result };
        return bytes.length;
      },
      // NLMSG_ERROR: header of 16 bytes, error, header of the request
      recvfrom(_, buffer) {
        if (pending === undefined || !(buffer instanceof Uint8Array)) return undefined;
        const view = new DataView(buffer.buffer, buffer.byteOffset);
        view.setUint32(0, 36, true);
        view.setUint16(4, 2, true);
        view.setUint32(8, pending.sequence, true);
        view.setInt32(16, pending.result, true);
        pending = undefined;
        return 36;
      },
    },
  });
}

const HINTS: readonly [errno: number, says: string][] = [
  [
    ERRNO.ENOENT,
    'not-found: Cannot attach "p" to egress of interface "lo" by clsact: ENOENT: the kernel lacks the clsact qdisc or BPF filters; load them with: modprobe -a sch_ingress cls_bpf',
  ],
  [
    ERRNO.EEXIST,
    'exists: Cannot attach "p" to egress of interface "lo" by clsact: EEXIST: an ingress qdisc or a filter with this priority is in its place; remove it first',
  ],
  [ERRNO.ENOMEM, 'limit: Cannot attach "p" to egress of interface "lo" by clsact: ENOMEM'],
  // Taken, but not there when it is looked for: as if somebody else had removed it.
  [
    0,
    'not-found: Cannot attach "p" to egress of interface "lo" by clsact: somebody removed the filter at once',
  ],
];

kernelTest("attachClsact() says why a filter cannot be added", {}, () => {
  using counting = countingProgram("sched_cls");
  assert.deepEqual(
    HINTS.map(([errno]) => {
      const program = new Program(answering(errno), counting.program.fd, {
        name: "p",
        type: "sched_cls",
      });
      return sentenceOf(() => attachClsact(program, { interface: "lo", direction: "egress" }));
    }),
    HINTS.map(([, says]) => says),
  );
});

kernelTest("attachClsact() says why the qdisc cannot be added", {}, () => {
  using counting = countingProgram("sched_cls");
  const program = new Program(answering(ERRNO.ENOENT, NEW_QDISC), counting.program.fd, {
    name: "p",
    type: "sched_cls",
  });
  assert.equal(
    sentenceOf(() => attachClsact(program, { interface: "lo", direction: "egress" })),
    'not-found: Cannot attach "p" to egress of interface "lo" by clsact: ENOENT: the kernel lacks the clsact qdisc or BPF filters; load them with: modprobe -a sch_ingress cls_bpf',
  );
});
