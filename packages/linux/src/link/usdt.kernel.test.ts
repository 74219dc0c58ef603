import assert from "node:assert/strict";

import { readCollection, mapSpec } from "@ocelli/bpf";
import {
  assertNoLeaks,
  PROBED_BASE,
  CLANG_PACKAGE,
  PROBED_COUNTER,
  countingProgram,
  fixture,
  kernelTest,
  PROBED_PLACE,
  withProbedProgram,
} from "@ocelli/testkit";

import { loadCollection } from "../collection/load.ts";
import { createMap } from "../map/create.ts";
import { openKernel } from "../port/koffi.ts";
import { loadProgram } from "../program/load.ts";
import { attach } from "./attach.ts";
import { missingFeature } from "./explain.ts";
import { attachUsdt, listUsdtProbes } from "./usdt.ts";

const kernel = openKernel();

kernelTest("listUsdtProbes() reads notes and moves their addresses", {}, () => {
  withProbedProgram((path) => {
    assert.deepEqual(listUsdtProbes(path), [
      {
        provider: "demo",
        name: "step",
        address: PROBED_BASE + PROBED_PLACE,
        offset: PROBED_PLACE,
        counterOffset: PROBED_COUNTER,
        argumentText: "-4@%edi 8@$-7",
        arguments: [
          { size: 4, signed: true, kind: "register", register: "edi" },
          { size: 8, signed: false, kind: "constant", value: -7n },
        ],
      },
    ]);
  });
});

kernelTest("attachUsdt() runs at the probe and switches its counter on", {}, (t) => {
  if (process.arch !== "x64") {
    t.skip("the probed program is written in x86-64 machine code");
    return undefined;
  }
  return assertNoLeaks(() => {
    withProbedProgram((path, run) => {
      assert.equal(run(), 0);
      using counting = countingProgram("kprobe");
      const link = attachUsdt(counting.program, { path, provider: "demo", name: "step" });
      assert.equal(link.target, `static probe "demo:step" of "${path}"`);
      assert.deepEqual([run(), run(), counting.count()], [1, 1, 2]);
      link[Symbol.dispose]();
      assert.deepEqual([run(), counting.count()], [0, 2]);
    });
  });
});

kernelTest("attachUsdt() attaches by one link where it can", { needs: ["uprobe_multi"] }, (t) => {
  if (process.arch !== "x64") {
    t.skip("the probed program is written in x86-64 machine code");
    return;
  }
  withProbedProgram((path, run) => {
    using counting = countingProgram("kprobe", { attachType: "trace_uprobe_multi" });
    using link = attachUsdt(counting.program, { path, provider: "demo", name: "step" });
    assert.deepEqual([link.info()?.type, run(), counting.count()], ["uprobe_multi", 1, 1]);
  });
});

kernelTest("attachUsdt() tells programs with libbpf's header where arguments are", {}, (t) => {
  if (process.arch !== "x64") {
    t.skip("the probed program is written in x86-64 machine code");
    return undefined;
  }
  return assertNoLeaks(() => {
    using specs = createMap(
      kernel,
      mapSpec({ name: "__bpf_usdt_specs", type: "array", valueSize: 208, maxEntries: 1 }),
    );
    using places = createMap(
      kernel,
      mapSpec({ name: "__bpf_usdt_ip_to_spec_id", type: "hash", keySize: 8, maxEntries: 4 }),
    );
    // r1 = specs; r1 = places; r0 = 0; exit: enough for the kernel to note down that it uses both maps.
    const code = Buffer.from(
      "1811".padEnd(32, "0").repeat(2) + "b7000000000000009500000000000000",
      "hex",
    );
    code.writeInt32LE(specs.fd.value, 4);
    code.writeInt32LE(places.fd.value, 20);
    using program = loadProgram(kernel, {
      type: "kprobe",
      bytes: code,
      name: "args",
      license: "GPL",
    });
    withProbedProgram((path, run) => {
      const options = { path, provider: "demo", name: "step", cookie: 0x77n } as const;
      const link = attachUsdt(program, options);
      assert.equal(run(), 1);
      const spec = Buffer.from(specs.lookup(new Uint8Array(4)) ?? []);
      assert.deepEqual(
        [spec.toString("hex", 0, 32), spec.readBigUInt64LE(192), spec.readInt16LE(200)],
        ["00000000000000000100000070000120f9ffffffffffffff0000000000000000", 0x77n, 2],
      );
      const address = new Uint8Array(BigUint64Array.of(BigInt(PROBED_BASE + PROBED_PLACE)).buffer);
      const expected =
        missingFeature(kernel, "cookie") === undefined ? undefined : new Uint8Array(4);
      assert.deepEqual(places.lookup(address), expected);
      assert.throws(() => attachUsdt(program, { ...options, cookie: 1n }), {
        code: "limit",
        message: `Cannot attach "args" to static probe "demo:step" of "${path}": all 1 places for argument descriptions are taken; build the program with a larger BPF_USDT_MAX_SPEC_CNT`,
      });
      link[Symbol.dispose]();
      assert.equal(places.lookup(address), undefined);
      using again = attachUsdt(program, options);
      assert.equal(again.closed, false);
    });
  });
});

kernelTest(
  "attachUsdt() serves objects that clang built with libbpf's header",
  { tools: [CLANG_PACKAGE] },
  (t) => {
    if (process.arch !== "x64") {
      t.skip("the probed program is written in x86-64 machine code");
      return;
    }
    const read = readCollection(fixture("link-usdt", { args: ["-D__TARGET_ARCH_x86"] }));
    assert.ok(read.ok);
    using collection = loadCollection(read.value, { name: "usdt" });
    withProbedProgram((path, run) => {
      using _link = attach(collection.program("on_step"), {
        to: `${path}:demo:step`,
        cookie: 0x77n,
      });
      assert.equal(run(), 1);
      const seen = collection.variables.get("seen")?.read() ?? new Uint8Array();
      assert.deepEqual([...new BigInt64Array(seen.slice().buffer)], [2n, 5n, -7n, 0x77n]);
    });
  },
);

kernelTest("attachUsdt() names probes that are near", {}, () => {
  withProbedProgram((path) => {
    using counting = countingProgram("kprobe", { name: "watch" });
    assert.throws(() => attachUsdt(counting.program, { path, provider: "demo", name: "stop" }), {
      code: "not-found",
      message: `Cannot attach "watch" to static probe "demo:stop" of "${path}": "${path}": it has no such probe; did you mean "demo:step"?`,
    });
    assert.throws(
      () => attachUsdt(counting.program, { path: "libc.so.6", provider: "no", name: "such" }),
      { code: "not-found", message: /: it has no (static probes|such probe)/ },
    );
  });
});
