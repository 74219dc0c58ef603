import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { readCollection, mapSpec } from "@ocelli/bpf";
import {
  assertNoLeaks,
  CLANG_PACKAGE,
  countingProgram,
  fixture,
  kernelTest,
} from "@ocelli/testkit";

import { loadCollection } from "../collection/load.ts";
import { createMap } from "../map/create.ts";
import { openKernel } from "../port/koffi.ts";
import { loadProgram } from "../program/load.ts";
import { attach } from "./attach.ts";
import { missingFeature } from "./explain.ts";
import { attachUsdt, listUsdtProbes } from "./usdt.ts";

const kernel = openKernel();
const BASE = 0x400000;
const CODE = 0x200;
const NOTES = 0x300;
const NAMES = 0x500;
const COUNTER = 0x1000;
const SECTIONS = 0x600;
const PROBE = CODE + 5;
// The note was written when .stapsdt.base lay 16 bytes lower: readers must move its addresses.
const MOVED = 0x10;

/**
 * A program of one page of code and one of data, written byte by byte so that the test needs no compiler. It passes a
 * static probe `demo:step` with 5 in %edi and exits with the probe's counter as its status: 1 while it is traced.
 */
function probedProgram(): Buffer {
  const file = Buffer.alloc(0x1008);
  const words = (at: number, values: readonly number[]): void => {
    values.forEach((value, index) => file.writeBigUInt64LE(BigInt(value), at + index * 8));
  };
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  file.writeUInt16LE(2, 16); // ET_EXEC
  file.writeUInt16LE(62, 18); // EM_X86_64
  file.writeUInt32LE(1, 20);
  words(24, [BASE + CODE, 64, SECTIONS]);
  [64, 56, 2, 64, 4, 3].forEach((value, index) => file.writeUInt16LE(value, 52 + index * 2));
  const segment = (at: number, flags: number, values: readonly number[]): void => {
    file.writeUInt32LE(1, at);
    file.writeUInt32LE(flags, at + 4);
    words(at + 8, values);
  };
  segment(64, 5, [0, BASE, BASE, 0x1000, 0x1000, 0x1000]);
  segment(120, 6, [COUNTER, BASE + 0x2000, BASE + 0x2000, 8, 8, 0x1000]);
  const code = [
    [0xbf, 5, 0, 0, 0], // mov $5, %edi
    [0x90], // the probe's nop
    [0x0f, 0xb7, 0x3c, 0x25, 0x00, 0x20, 0x40, 0x00], // movzwl counter, %edi
    [0xb8, 60, 0, 0, 0], // mov $60, %eax
    [0x0f, 0x05], // syscall: exit
  ];
  file.set(code.flat(), CODE);
  const text = Buffer.from("demo\0step\0-4@%edi 8@$-7\0");
  file.writeUInt32LE(8, NOTES);
  file.writeUInt32LE(24 + text.length, NOTES + 4);
  file.writeUInt32LE(3, NOTES + 8);
  file.write("stapsdt\0", NOTES + 12);
  words(NOTES + 20, [BASE + PROBE - MOVED, 0x500000 - MOVED, BASE + 0x2000 - MOVED]);
  file.set(text, NOTES + 44);
  const names = "\0.note.stapsdt\0.stapsdt.base\0.shstrtab\0";
  file.write(names, NAMES);
  const section = (
    index: number,
    name: string,
    type: number,
    values: readonly number[],
    align: number,
  ): void => {
    const at = SECTIONS + index * 64;
    file.writeUInt32LE(names.indexOf(`${name}\0`), at);
    file.writeUInt32LE(type, at + 4);
    words(at + 8, [0, ...values]);
    words(at + 48, [align, 0]);
  };
  section(1, ".note.stapsdt", 7, [0, NOTES, 44 + text.length], 4);
  section(2, ".stapsdt.base", 1, [0x500000, 0x2ff, 1], 1);
  section(3, ".shstrtab", 3, [0, NAMES, names.length], 1);
  return file;
}

/** Hands the program's path to `body`, and how to run it for its exit status. */
function withProgram(body: (path: string, run: () => number | null) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "ocelli-usdt-"));
  try {
    const path = join(folder, "probed");
    writeFileSync(path, probedProgram());
    chmodSync(path, 0o755);
    body(path, () => spawnSync(path).status);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

kernelTest("listUsdtProbes() reads notes and moves their addresses", {}, () => {
  withProgram((path) => {
    assert.deepEqual(listUsdtProbes(path), [
      {
        provider: "demo",
        name: "step",
        address: BASE + PROBE,
        offset: PROBE,
        counterOffset: COUNTER,
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
    withProgram((path, run) => {
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
  withProgram((path, run) => {
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
    withProgram((path, run) => {
      const options = { path, provider: "demo", name: "step", cookie: 0x77n } as const;
      const link = attachUsdt(program, options);
      assert.equal(run(), 1);
      const spec = Buffer.from(specs.lookup(new Uint8Array(4)) ?? []);
      assert.deepEqual(
        [spec.toString("hex", 0, 32), spec.readBigUInt64LE(192), spec.readInt16LE(200)],
        ["00000000000000000100000070000120f9ffffffffffffff0000000000000000", 0x77n, 2],
      );
      const address = new Uint8Array(BigUint64Array.of(BigInt(BASE + PROBE)).buffer);
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
    withProgram((path, run) => {
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
  withProgram((path) => {
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
