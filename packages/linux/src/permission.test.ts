import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { describePermission, permissionFacts, type PermissionFacts } from "./permission.ts";
import { openKernel } from "./port/koffi.ts";

const none: PermissionFacts = {
  capabilities: 0n,
  inUserNamespace: false,
  unprivilegedDisabled: 2,
  lockdown: "none",
  memlockBytes: undefined,
};
const limited: PermissionFacts = {
  capabilities: 1n << 21n,
  inUserNamespace: false,
  unprivilegedDisabled: 2,
  lockdown: "integrity",
  memlockBytes: 65536,
};
const BPF = 1n << 39n;
const ADMIN = 1n << 21n;

suite("describePermission()", () => {
  test("names the capabilities that are missing", () => {
    assert.equal(
      describePermission(none, ["CAP_PERFMON"]),
      "CAP_BPF and CAP_PERFMON are missing: run as root or grant CAP_BPF, CAP_PERFMON; unprivileged BPF is off (kernel.unprivileged_bpf_disabled is 2)",
    );
    assert.equal(
      describePermission({ ...none, capabilities: BPF }, ["CAP_NET_ADMIN"]),
      "CAP_NET_ADMIN is missing: run as root or grant CAP_NET_ADMIN",
    );
    assert.equal(
      describePermission({ ...none, capabilities: BPF }),
      "CAP_SYS_ADMIN is missing, which this action may need beyond CAP_BPF",
    );
  });

  test("names the limits and the lockdown", () => {
    assert.equal(
      describePermission(limited, [], { lockdown: true }),
      'RLIMIT_MEMLOCK is 65536 bytes and this kernel charges BPF memory against it: raise it with "ulimit -l unlimited"; kernel lockdown is "integrity", which refuses programs that could change or read kernel memory: boot with lockdown=none, or without Secure Boot',
    );
  });

  test("names neither where it does not count", () => {
    assert.equal(
      describePermission(limited),
      'RLIMIT_MEMLOCK is 65536 bytes and this kernel charges BPF memory against it: raise it with "ulimit -l unlimited"',
    );
    assert.equal(
      describePermission({ ...limited, capabilities: BPF }, ["CAP_SYS_ADMIN"]),
      "CAP_SYS_ADMIN is missing: run as root or grant CAP_SYS_ADMIN",
    );
    assert.equal(
      describePermission({ ...limited, inUserNamespace: true }, ["CAP_SYS_ADMIN"]),
      "this process is in a user namespace, from which the machine's BPF objects cannot be listed or opened by id: run outside of it",
    );
  });

  test("says so when nothing is missing or nothing can be read", () => {
    assert.equal(
      describePermission({ ...none, capabilities: ADMIN, memlockBytes: Infinity }),
      "all capabilities are there: a security module may refuse it",
    );
    assert.equal(
      describePermission({ ...none, capabilities: undefined }),
      "the process's capabilities cannot be read from /proc/self/status",
    );
    assert.equal(
      describePermission({ ...none, capabilities: ADMIN, inUserNamespace: true }),
      "this process is in a user namespace, where BPF needs a token of a bpffs that was mounted for it (Linux 6.9)",
    );
  });

  test(
    "permissionFacts() reads this process's capabilities",
    { skip: process.platform === "linux" ? false : "needs Linux" },
    () => {
      const facts = permissionFacts(openKernel());
      const isRoot = process.getuid?.() === 0;
      assert.ok(facts.capabilities !== undefined);
      if (!isRoot) assert.equal(facts.capabilities & ADMIN, 0n);
    },
  );
});
