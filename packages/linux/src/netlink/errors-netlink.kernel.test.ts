import assert from "node:assert/strict";

import { kernelTest, refusingKernel, sentenceOf, type Refusals } from "@ocelli/testkit";

import { ERRNO } from "../port/errno.ts";
import { findInterface, listInterfaces } from "./interface.ts";

const list = (calls: Refusals["calls"]): string =>
  sentenceOf(() => listInterfaces(refusingKernel(calls === undefined ? {} : { calls })));

// What no healthy kernel does: it answers, in time and in pieces that fit.
const FAILURES: readonly [what: string, act: () => string, says: string][] = [
  [
    "a socket beyond the limit of descriptors",
    () => list({ socket: ERRNO.EMFILE }),
    "limit: Cannot open a netlink socket: EMFILE",
  ],
  [
    "a request that cannot be sent",
    () => list({ sendto: ERRNO.ENOMEM }),
    "limit: Cannot list the network interfaces: ENOMEM",
  ],
  [
    "an answer that cannot be read",
    () => list({ recvfrom: ERRNO.ENOMEM }),
    "limit: Cannot list the network interfaces: ENOMEM",
  ],
  [
    "an answer that does not come",
    () => list({ sendto: () => 32 }),
    "system: Cannot list the network interfaces: no answer came for two seconds (EAGAIN)",
  ],
  [
    "an answer that is too long",
    () => list({ recvfrom: () => 70_000 }),
    "limit: Cannot list the network interfaces: the kernel's answer has 70000 bytes, 65536 are the limit",
  ],
];

for (const [what, act, says] of FAILURES)
  kernelTest(`NetlinkSocket says what is wrong with ${what}`, {}, () => {
    assert.equal(act(), says);
  });

kernelTest("findInterface() names what is there, or what is near", {}, () => {
  assert.equal(
    sentenceOf(() => findInterface(refusingKernel({}), "l0")),
    'not-found: Cannot find network interface "l0": this network namespace has none; did you mean "lo"?',
  );
});
