import assert from "node:assert/strict";
import { readFileSync, realpathSync } from "node:fs";

import { assertNoLeaks, countingProgram, kernelTest } from "@ocelli/testkit";

import { openKernel } from "../port/koffi.ts";
import { attachUprobeMulti } from "./uprobe-multi.ts";
import { attachUprobe } from "./uprobe.ts";

const kernel = openKernel();

// The port calls libc's `syscall`: here is a function that this process surely calls, and that is in no table but
// the dynamic one.
const libc =
  /\s(\/\S*libc\.so\.6)$/m.exec(
    process.platform === "linux" ? readFileSync("/proc/self/maps", "utf8") : "",
  )?.[1] ?? "libc.so.6";

function makeSystemCalls(): void {
  for (let i = 0; i < 10; i += 1) kernel.syscall("gettid");
}

kernelTest("attachUprobe() runs at entry and return of a library's function", {}, () =>
  assertNoLeaks((track) => {
    using entry = countingProgram("kprobe");
    using exit = countingProgram("kprobe");
    const place = { path: libc, at: "syscall", pid: process.pid };
    const first = track(attachUprobe(entry.program, place));
    using _second = track(attachUprobe(exit.program, { ...place, atReturn: true }));
    const info = first.info();
    if (info?.type === "perf_event" && info.event !== undefined)
      assert.deepEqual([info.event, info.name], ["uprobe", realpathSync(libc)]);
    makeSystemCalls();
    assert.ok(entry.count() >= 10 && exit.count() >= 10);
    first[Symbol.dispose]();
    const runs = entry.count();
    makeSystemCalls();
    assert.equal(entry.count(), runs);
  }),
);

kernelTest("attachUprobe() takes offsets and bare names, and all processes", {}, () =>
  assertNoLeaks(() => {
    using counting = countingProgram("kprobe");
    using link = attachUprobe(counting.program, {
      path: "libc.so.6",
      at: "syscall+0",
      via: "ioctl",
    });
    assert.equal(link.target, '"libc.so.6:syscall+0"');
    makeSystemCalls();
    assert.ok(counting.count() >= 10);
  }),
);

kernelTest("attachUprobe() names what it cannot find, and what is near", {}, () =>
  assertNoLeaks(() => {
    using counting = countingProgram("kprobe", { name: "watch" });
    const attempt = (path: string, at: string | number) => () =>
      attachUprobe(counting.program, { path, at });
    assert.throws(attempt("/nowhere/at/all", "main"), {
      code: "not-found",
      message:
        'Cannot attach "watch" to "/nowhere/at/all:main": there is no file "/nowhere/at/all"',
    });
    assert.throws(attempt("libnowhere.so.1", "main"), {
      code: "not-found",
      message:
        /^Cannot attach "watch" to "libnowhere\.so\.1:main": there is no "libnowhere\.so\.1" in \/.*; give the whole path$/,
    });
    assert.throws(attempt(libc, "gethostbynam"), {
      code: "not-found",
      message: /: "\/\S*libc\.so\.6": it defines no function "gethostbynam"; .*"gethostbyname"/,
    });
    assert.throws(attempt("/proc/self/status", "main"), {
      code: "invalid",
      message:
        /^Cannot attach "watch" to "\/proc\/self\/status:main": "\/proc\/self\/status" is no ELF file: /,
    });
    assert.throws(attempt(libc, "syscall+x"), {
      code: "invalid",
      message:
        /: a place is written as a function, or a function and an offset as in "main\+0x10"$/,
    });
    assert.throws(attempt(libc, 1 << 30), {
      code: "invalid",
      message:
        /: offset 1073741824 of "\S+" is beyond the file, or it is not a regular file \(EINVAL\)$/,
    });
  }),
);

kernelTest(
  "attachUprobeMulti() takes patterns, names and offsets",
  { needs: ["uprobe_multi"] },
  () =>
    assertNoLeaks((track) => {
      using counting = countingProgram("kprobe", { attachType: "trace_uprobe_multi" });
      const pid = process.pid;
      const link = track(
        attachUprobeMulti(counting.program, { path: libc, functions: { names: ["syscall"] }, pid }),
      );
      makeSystemCalls();
      assert.ok(counting.count() >= 10);
      link[Symbol.dispose]();
      using many = track(
        attachUprobeMulti(counting.program, {
          path: libc,
          functions: { pattern: "sysc*" },
          pid,
          cookies: [5n],
        }),
      );
      const info = many.info();
      assert.ok(info?.type === "uprobe_multi" && info.count >= 1);
      makeSystemCalls();
      assert.ok(counting.count() >= 20);
    }),
);

kernelTest(
  "attachUprobeMulti() runs sessions at entry and return",
  { needs: ["uprobe_session"] },
  () => {
    using counting = countingProgram("kprobe", { attachType: "trace_uprobe_session" });
    using _link = attachUprobeMulti(counting.program, {
      path: libc,
      functions: { names: ["syscall"] },
      pid: process.pid,
    });
    makeSystemCalls();
    assert.ok(counting.count() >= 20);
  },
);

kernelTest("attachUprobeMulti() says what is wrong", { needs: ["uprobe_multi"] }, () =>
  assertNoLeaks(() => {
    using counting = countingProgram("kprobe", { name: "watch", attachType: "trace_uprobe_multi" });
    assert.throws(
      () => attachUprobeMulti(counting.program, { path: libc, functions: { pattern: "zzz_*" } }),
      { code: "not-found", message: /: "\S+" has no function that fits/ },
    );
    assert.throws(
      () =>
        attachUprobeMulti(counting.program, {
          path: libc,
          functions: { names: ["syscall"] },
          cookies: [1n, 2n],
        }),
      { message: /: there must be one cookie for each of 1 places: there are 2$/ },
    );
    using plain = countingProgram("kprobe", { name: "plain" });
    assert.throws(
      () => attachUprobeMulti(plain.program, { path: libc, functions: { names: ["syscall"] } }),
      {
        message: /the program was not loaded for it \(sections uprobe\.multi and uprobe\.session\)/,
      },
    );
  }),
);
