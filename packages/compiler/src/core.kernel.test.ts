import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

import { readBtf, readCollection, writeCollection, type Btf } from "@ocelli/bpf";
import { attach, loadCollection, type Collection } from "@ocelli/linux";
import { kernelTest } from "@ocelli/testkit";

import { compile } from "./compile.ts";
import { formatSourceDiagnostic } from "./parse/format.ts";

function kernelBtf(): Btf {
  const read = readBtf(new Uint8Array(readFileSync("/sys/kernel/btf/vmlinux")));
  assert.ok(read.ok);
  return read.value;
}

function load(source: string, kernel: Btf): Collection {
  const compiled = compile(source, { kernel });
  assert.deepEqual(
    compiled.diagnostics.map((one) => formatSourceDiagnostic("p.ts", source, one)),
    [],
  );
  assert.ok(compiled.ok);
  const written = writeCollection(compiled.value.collection);
  assert.ok(written.ok);
  const read = readCollection(written.value);
  assert.ok(read.ok);
  return loadCollection(read.value);
}

kernelTest(
  "compile() asks the kernel that loads the program for members, types and enumerators",
  { needs: ["tp_btf"] },
  () => {
    const kernel = kernelBtf();
    const [task] = kernel.idsByName("task_struct", "struct");
    const type = kernel.type(task ?? 0);
    assert.ok(type?.kind === "struct");
    using loaded = load(
      `import { arrayMap, enumExists, enumValue, exists, tpBtf, typeExists, typeSize, u64 } from "@ocelli/compiler";
export const out = arrayMap({ value: u64, maxEntries: 9 });
export const p = tpBtf("sys_enter", (_regs, id) => {
  out.set(0, u64(typeSize("task_struct")));
  out.set(1, u64(typeExists("task_struct")));
  out.set(2, u64(typeExists("no_such_struct_here")));
  out.set(3, u64(enumExists("bpf_map_type", "BPF_MAP_TYPE_HASH")));
  out.set(4, u64(enumExists("bpf_map_type", "BPF_MAP_TYPE_NO_SUCH")));
  out.set(5, u64(enumValue("bpf_map_type", "BPF_MAP_TYPE_LRU_HASH")));
  out.set(8, u64(id));
});
export const q = tpBtf("sched_switch", (_preempt, prev) => {
  out.set(6, u64(exists(prev.pid)));
  out.set(7, exists(prev.no_such_member_here) ? 1n : 2n);
});
`,
      kernel,
    );
    using _first = attach(loaded.program("p"));
    using _second = attach(loaded.program("q"));
    readFileSync("/proc/self/stat");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    const out = Array.from({ length: 8 }, (_, index) => {
      const value = loaded.map("out").lookup(new Uint8Array(new Uint32Array([index]).buffer));
      return value && new DataView(value.buffer, value.byteOffset).getBigUint64(0, true);
    });
    assert.deepEqual(out, [BigInt(type.size), 1n, 0n, 1n, 0n, 9n, 1n, 2n]);
  },
);

kernelTest("compile() compares texts, unions and enums", { needs: ["tp_btf"] }, () => {
  using loaded = load(
    `import { arrayMap, array, char, currentTask, enumOf, rawTracepoint, scratch, struct, tpBtf, u8, u16, u32, u64, union } from "@ocelli/compiler";
export const out = arrayMap({ value: u64, maxEntries: 8 });
const State = enumOf("state", u8, { IDLE: 0, BUSY: 3 });
const Word = union("word", { whole: u32, halves: array(u16, 2), bytes: array(array(u8, 2), 2) });
const Room = struct("room", { name: char(16), word: Word, state: State });
const room = scratch(Room);
export const p = tpBtf("sched_switch", (_preempt, prev) => {
  const r = room.get();
  if (!r) return;
  r.word.whole = 0x04030201;
  out.set(0, u64(r.word.halves[1]));
  out.set(1, u64(r.word.bytes[1][0]));
  r.state = State.BUSY;
  out.set(2, u64(r.state === State.BUSY));
  r.name = prev.comm;
  out.set(3, u64(r.name.equals("no such name")));
  if (prev.comm.startsWith("tru")) out.set(4, u64(r.name.startsWith("true")));
  if (r.name.startsWith("true")) out.set(5, u64(r.name.equals("true")) + 1n);
});
`,
    kernelBtf(),
  );
  using _link = attach(loaded.program("p"));
  spawnSync("true");
  const out = Array.from({ length: 6 }, (_, index) => {
    const value = loaded.map("out").lookup(new Uint8Array(new Uint32Array([index]).buffer));
    return value && new DataView(value.buffer, value.byteOffset).getBigUint64(0, true);
  });
  assert.deepEqual(out, [0x0403n, 3n, 1n, 0n, 1n, 2n]);
});
