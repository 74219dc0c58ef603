import assert from "node:assert/strict";
import { existsSync } from "node:fs";

import { assertNoLeaks, countingProgram, kernelTest } from "@ocelli/testkit";

import { openKernel } from "../port/koffi.ts";
import { attachKprobeMulti } from "./kprobe-multi.ts";
import { attachKprobe, attachKsyscall } from "./kprobe.ts";
import { kernelFunctions } from "../kernel-symbols.ts";

const kernel = openKernel();
const GETTID = kernel.architecture === "x64" ? "__x64_sys_gettid" : "__arm64_sys_gettid";

function makeSystemCalls(): void {
  for (let i = 0; i < 10; i += 1) kernel.syscall("gettid");
}

kernelTest("attachKprobe() runs at entry and at return", { needs: ["kprobe"] }, () =>
  assertNoLeaks((track) => {
    using entry = countingProgram("kprobe");
    using exit = countingProgram("kprobe");
    using inside = countingProgram("kprobe");
    const first = track(attachKprobe(entry.program, { symbol: GETTID }));
    using _second = track(attachKprobe(exit.program, { symbol: GETTID, atReturn: true }));
    using _third = track(attachKprobe(inside.program, { symbol: `${GETTID}+0x0` }));
    makeSystemCalls();
    assert.deepEqual(
      [entry.count() >= 10, exit.count() >= 10, inside.count() >= 10],
      [true, true, true],
    );
    first[Symbol.dispose]();
    const runs = entry.count();
    makeSystemCalls();
    assert.equal(entry.count(), runs);
  }),
);

kernelTest("attachKprobe() without a link ends with its descriptor", { needs: ["kprobe"] }, () =>
  assertNoLeaks(() => {
    using counting = countingProgram("kprobe");
    const link = attachKprobe(counting.program, { symbol: GETTID, via: "ioctl" });
    makeSystemCalls();
    link[Symbol.dispose]();
    const runs = counting.count();
    makeSystemCalls();
    assert.ok(runs >= 10);
    assert.equal(counting.count(), runs);
  }),
);

kernelTest("attachKsyscall() knows the prefix of this architecture", { needs: ["kprobe"] }, () => {
  using counting = countingProgram("kprobe");
  using link = attachKsyscall(counting.program, { name: "gettid" });
  makeSystemCalls();
  assert.ok(counting.count() >= 10);
  assert.equal(link.target, `kernel function "${GETTID}"`);
});

kernelTest("attachKprobe() names functions that are near", { needs: ["kprobe"] }, () =>
  assertNoLeaks(() => {
    using counting = countingProgram("kprobe", { name: "watch" });
    assert.throws(() => attachKprobe(counting.program, { symbol: "vfs_raed" }), {
      message:
        /^Cannot attach "watch" to kernel function "vfs_raed": the kernel has no such function; .*"vfs_read".* It may be inlined, renamed by the compiler, or in a module that is not loaded \(E[A-Z]+\)$/,
    });
    assert.throws(() => attachKprobe(counting.program, { symbol: "do_int3" }), {
      message: /the function is there but cannot be probed|the kernel has no such function/,
    });
    assert.throws(() => attachKprobe(counting.program, { symbol: "vfs_read+here" }), {
      code: "invalid",
      message:
        'Cannot attach "watch" to kernel function "vfs_read+here": a place is written as a function, or a function and an offset as in "vfs_read+0x8"',
    });
  }),
);

kernelTest("attachKprobe() says what to use where the kernel has no kprobes", {}, (t) => {
  if (existsSync("/sys/bus/event_source/devices/kprobe")) {
    t.skip("this kernel has kprobes");
    return;
  }
  using counting = countingProgram("kprobe", { name: "watch" });
  assert.throws(() => attachKprobe(counting.program, { symbol: "vfs_read" }), {
    code: "unsupported",
    message:
      'Cannot attach "watch" to kernel function "vfs_read": this kernel is built without kprobes (CONFIG_KPROBE_EVENTS), or /sys is not mounted. Use fentry, a tracepoint or a raw tracepoint',
  });
});

kernelTest(
  "attachKprobeMulti() takes patterns, names and addresses",
  { needs: ["kprobe_multi"] },
  () =>
    assertNoLeaks((track) => {
      using counting = countingProgram("kprobe", { attachType: "trace_kprobe_multi" });
      for (const functions of [
        { pattern: `${GETTID.slice(0, -1)}?` },
        { names: [GETTID] },
        {
          addresses: [...kernelFunctions()]
            .filter(({ name }) => name === GETTID)
            .map(({ address }) => address),
        },
      ]) {
        const before = counting.count();
        const link = track(attachKprobeMulti(counting.program, { functions }));
        makeSystemCalls();
        const info = link.info();
        assert.deepEqual(info?.type === "kprobe_multi" ? info.count : undefined, 1);
        link[Symbol.dispose]();
        assert.ok(counting.count() >= before + 10);
      }
    }),
);

kernelTest(
  "attachKprobeMulti() runs sessions at entry and return",
  { needs: ["kprobe_session"] },
  () => {
    using counting = countingProgram("kprobe", { attachType: "trace_kprobe_session" });
    using _link = attachKprobeMulti(counting.program, { functions: { names: [GETTID] } });
    makeSystemCalls();
    assert.ok(counting.count() >= 20);
  },
);

kernelTest("attachKprobeMulti() says what is missing", { needs: ["kprobe_multi"] }, () =>
  assertNoLeaks(() => {
    using counting = countingProgram("kprobe", {
      name: "watch",
      attachType: "trace_kprobe_multi",
    });
    assert.throws(
      () => attachKprobeMulti(counting.program, { functions: { names: [GETTID, "vfs_raed"] } }),
      {
        message:
          /^Cannot attach "watch" to kernel functions "__\w+_sys_gettid" and 1 more: the kernel lacks function "vfs_raed"; .*"vfs_read".*\(ESRCH\)$/,
      },
    );
    assert.throws(() => attachKprobeMulti(counting.program, { functions: { pattern: "zzz_*" } }), {
      code: "not-found",
      message:
        /^Cannot attach "watch" to kernel functions "zzz_\*": no traceable function fits this pattern/,
    });
    assert.throws(
      () => attachKprobeMulti(counting.program, { functions: { names: [GETTID] }, cookies: [] }),
      {
        code: "invalid",
        message: /there must be one cookie for each of 1 functions: there are 0$/,
      },
    );
  }),
);
