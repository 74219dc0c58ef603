import assert from "node:assert/strict";
import { test } from "node:test";

import type { PermissionFacts } from "../permission.ts";
import { describeRefusal } from "./load-error.ts";

const root: PermissionFacts = {
  capabilities: (1n << 41n) - 1n,
  inUserNamespace: false,
  unprivilegedDisabled: 2,
  lockdown: undefined,
  memlockBytes: undefined,
};
const fentry = { type: "tracing", attachType: "trace_fentry" } as const;
const INSTEAD = "use a typed tracepoint (tp_btf), a tracepoint or a raw tracepoint instead";

test("describeRefusal() names lockdown and the remedy for programs on kernel functions", () => {
  assert.equal(
    describeRefusal({ ...root, lockdown: "integrity" }, fentry),
    `kernel lockdown is "integrity", which refuses programs that could change or read kernel memory: boot with lockdown=none, or without Secure Boot; among them are those on kernel functions (fentry, fexit, LSM): ${INSTEAD}`,
  );
});

test("describeRefusal() blames the kernel when nothing is missing, for programs on kernel functions alone", () => {
  assert.equal(
    describeRefusal(root, { type: "lsm" }),
    `all capabilities are there: this kernel refuses programs on kernel functions (fentry, fexit, LSM), as one that was built without BPF trampolines or is locked down does; ${INSTEAD}`,
  );
  assert.equal(
    describeRefusal(root, { type: "tracing", attachType: "trace_raw_tp" }),
    "all capabilities are there: a security module may refuse it",
  );
  assert.equal(
    describeRefusal({ ...root, capabilities: 1n << 39n }, fentry),
    "CAP_PERFMON is missing: run as root or grant CAP_PERFMON",
  );
});
