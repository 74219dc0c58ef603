// Matrix: the oldest and the newest kernel: the language.
import assert from "node:assert/strict";

import { readCollection, writeCollection } from "@ocelli/bpf";
import { loadCollection, openRingReader, run, type Collection, type Feature } from "@ocelli/linux";
import { kernelTest } from "@ocelli/testkit";

import { compile } from "./compile.ts";
import { formatSourceDiagnostic } from "./parse/format.ts";

const HEADER = `import { arrayMap, arrayOfMaps, be32, bloomFilter, cgroupArray, count, cpuMap, devMap, hashMap, hashOfMaps, log2Hist, lpmTrie, perfEvents, programArray, queue, ringBuf, scratch, skStorage, stack, struct, syscall, taskStorage, array, rawTracepoint, tpBtf, u8, u32, u64, xdp, Xdp, xskMap } from "@ocelli/compiler";
export const out = arrayMap({ value: u64, maxEntries: 8 });
`;

/** Compiles, writes the object, reads it back and loads it. */
function load(source: string): Collection {
  const text = HEADER + source;
  const compiled = compile(text);
  assert.deepEqual(
    compiled.diagnostics.map((one) => formatSourceDiagnostic("p.ts", text, one)),
    [],
  );
  assert.ok(compiled.ok);
  const written = writeCollection(compiled.value.collection);
  assert.ok(written.ok);
  const read = readCollection(written.value);
  assert.ok(read.ok);
  return loadCollection(read.value);
}

function outputs(loaded: Collection, length: number): bigint[] {
  return Array.from({ length }, (_, index) => {
    const value = loaded.map("out").lookup(new Uint8Array(new Uint32Array([index]).buffer));
    return value === undefined
      ? -1n
      : new DataView(value.buffer, value.byteOffset).getBigUint64(0, true);
  });
}

/** Programs that write what they find to `out`; each runs once. */
const CASES: readonly {
  readonly name: string;
  readonly needs?: readonly Feature[];
  readonly source: string;
  readonly out: readonly bigint[];
}[] = [
  {
    name: "values of hash tables, of the least used kind and per CPU",
    source: `const a = hashMap({ key: u32, value: u64, maxEntries: 8 });
const b = hashMap({ key: u32, value: u64, maxEntries: 8, lru: true, perCpu: true });
const c = hashMap({ key: u32, value: u64, maxEntries: 8, preallocated: false });
const d = arrayMap({ value: u64, maxEntries: 2, perCpu: true });
export const p = xdp(() => {
  a.set(1, 7n);
  out.set(0, u64(a.set(1, 8n, "noexist")));
  out.set(1, u64(a.set(2, 8n, "exist")));
  const v = a.lookup(1);
  if (v) out.set(2, v.value);
  b.lookupOrInit(5, 40n)?.add(2n);
  const w = b.lookup(5);
  if (w) out.set(3, w.value);
  out.set(4, u64(a.delete(1)));
  out.set(5, u64(a.delete(1)));
  c.set(1, 3n);
  d.lookup(1)?.add(11n);
  const x = c.lookup(1);
  const y = d.lookup(1);
  if (x && y) out.set(6, x.value + y.value);
  return Xdp.PASS;
});`,
    out: [0n, 0n, 7n, 42n, 1n, 0n, 14n],
  },
  {
    name: "values of queues and stacks",
    source: `const Point = struct("point", { x: u32, y: u64 });
const q = queue({ value: u64, maxEntries: 2 });
const s = stack({ value: Point, maxEntries: 4 });
export const p = xdp(() => {
  q.push(1n);
  q.push(2n);
  out.set(0, u64(q.push(3n)));
  out.set(1, u64(q.push(4n, "drop")));
  const first = q.pop();
  if (first) out.set(2, first.value);
  s.push({ x: 5, y: 6n });
  s.push({ x: 7, y: 8n });
  const top = s.peek();
  if (top) out.set(3, u64(top.x) + top.y);
  s.pop();
  const next = s.pop();
  if (next) out.set(4, u64(next.x) + next.y);
  const none = s.pop();
  out.set(5, none ? 1n : 2n);
  return Xdp.PASS;
});`,
    out: [0n, 1n, 2n, 15n, 11n, 2n],
  },
  {
    name: "the longest prefix",
    source: `const Prefix = struct("prefix", { prefixlen: u32, bytes: array(u8, 4) });
const t = lpmTrie({ key: Prefix, value: u64, maxEntries: 8 });
export const p = xdp(() => {
  t.set({ prefixlen: 8, bytes: [10, 0, 0, 0] }, 1n);
  t.set({ prefixlen: 16, bytes: [10, 1, 0, 0] }, 2n);
  const a = t.lookup({ prefixlen: 32, bytes: [10, 1, 2, 3] });
  if (a) out.set(0, a.value);
  const b = t.lookup({ prefixlen: 32, bytes: [10, 2, 2, 3] });
  if (b) out.set(1, b.value);
  out.set(2, t.lookup({ prefixlen: 32, bytes: [11, 2, 2, 3] }) ? 1n : 2n);
  return Xdp.PASS;
});`,
    out: [2n, 1n, 2n],
  },
  {
    name: "what a Bloom filter has seen",
    needs: ["bloom_filter"],
    source: `const f = bloomFilter({ value: u64, maxEntries: 1000 });
export const p = xdp(() => {
  out.set(0, u64(f.add(5n)));
  out.set(1, u64(f.has(5n)));
  out.set(2, u64(f.has(6n)));
  return Xdp.PASS;
});`,
    out: [1n, 1n, 0n],
  },
  {
    name: "another program by a tail call",
    source: `export const next = xdp(() => { out.set(0, 9n); return Xdp.DROP; });
export const jumps = programArray({ maxEntries: 4, programs: ["next"] });
export const p = xdp(() => {
  jumps.tailCall(3);
  out.set(1, 5n);
  jumps.tailCall(0);
  out.set(2, 7n);
  return Xdp.PASS;
});`,
    out: [9n, 5n, 0n],
  },
  {
    name: "histograms, whole and by key, and counts",
    source: `const whole = log2Hist();
const byKey = log2Hist({ key: u32 });
const hits = count({ key: u32 });
export const p = xdp(() => {
  whole.record(1000n);
  byKey.record(3, 0n);
  byKey.record(3, 0xffff_ffff_ffff_ffffn);
  byKey.record(4, 5n);
  hits.hit(1);
  hits.hit(1);
  out.set(0, 1n);
  return Xdp.PASS;
});`,
    out: [1n],
  },
];

for (const { name, needs = [], source, out } of CASES) {
  kernelTest(`compile() finds ${name}`, { needs: ["xdp", ...needs] }, () => {
    using loaded = load(source);
    run(loaded.program("p"), { data: new Uint8Array(64) });
    assert.deepEqual(outputs(loaded, out.length), out);
  });
}

kernelTest("compile() keeps a histogram for each key", { needs: ["xdp"] }, () => {
  using loaded = load(CASES.at(-1)?.source ?? "");
  run(loaded.program("p"), { data: new Uint8Array(64) });
  const slots = (key: number): [number, bigint][] => {
    const value = loaded.map("byKey").lookup(new Uint8Array(new Uint32Array([key]).buffer));
    assert.ok(value !== undefined);
    const view = new DataView(value.buffer, value.byteOffset);
    return Array.from(
      { length: 65 },
      (_, slot) => [slot, view.getBigUint64(slot * 8, true)] as [number, bigint],
    ).filter(([, counted]) => counted > 0n);
  };
  assert.deepEqual(
    [slots(3), slots(4)],
    [
      [
        [0, 1n],
        [64, 1n],
      ],
      [[3, 1n]],
    ],
  );
});

kernelTest("compile() finds maps in maps", { needs: ["xdp"] }, () => {
  using loaded = load(`const inner = hashMap({ key: u32, value: u64, maxEntries: 4 });
export const maps = arrayOfMaps({ inner, maxEntries: 2 });
export const named = hashOfMaps({ key: u64, inner: arrayMap({ value: u64, maxEntries: 2 }), maxEntries: 2 });
export const p = xdp(() => {
  const map = maps.lookup(1);
  if (map) {
    map.set(5, 6n);
    const v = map.lookup(5);
    if (v) out.set(0, v.value);
  }
  out.set(1, maps.lookup(0) ? 1n : 2n);
  named.lookup(7n)?.lookup(0);
  return Xdp.PASS;
});`);
  const key = new Uint8Array(new Uint32Array([1]).buffer);
  const program = loaded.program("p");
  loaded
    .map("maps")
    .update(key, new Uint8Array(new Uint32Array([loaded.map("inner").fd.value]).buffer));
  run(program, { data: new Uint8Array(64) });
  assert.deepEqual(outputs(loaded, 2), [6n, 2n]);
});

kernelTest(
  "compile() throws records away where the function returns false",
  { needs: ["ringbuf", "xdp"] },
  () => {
    using loaded = load(`const Event = struct("event", { n: u64 });
export const ring = ringBuf(Event);
const last = scratch(Event);
export const p = xdp(() => {
  ring.emit((e) => { e.n = 1n; return false; });
  ring.emit((e) => { e.n = 2n; return true; });
  const e = last.get();
  if (!e) return Xdp.PASS;
  e.n = 3n;
  out.set(0, u64(ring.output(e)));
  return Xdp.PASS;
});`);
    run(loaded.program("p"), { data: new Uint8Array(64) });
    const found: bigint[] = [];
    using reader = openRingReader(loaded.map("ring"), {
      onRecord(memory, offset, length) {
        const bytes = memory.copy(offset, length);
        found.push(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
      },
    });
    reader.consume();
    assert.deepEqual([found, outputs(loaded, 1)], [[2n, 3n], [1n]]);
  },
);

kernelTest("compile() sends large and small records through perf buffers", { needs: [] }, () => {
  using loaded = load(`const Small = struct("small", { n: u64 });
const Large = struct("large", { n: u64, rest: array(u64, 40) });
export const small = perfEvents(Small);
export const large = perfEvents(Large);
export const p = rawTracepoint("sys_enter", () => {
  small.emit((e) => { e.n = 5n; });
  large.emit((e) => { e.n = 6n; e.rest[39] = 7n; });
});`);
  assert.deepEqual([...loaded.programs.keys()], ["p"]);
});

kernelTest(
  "compile() redirects through maps of devices, CPUs and sockets",
  { needs: ["xdp"] },
  () => {
    using loaded = load(`export const devices = devMap({ maxEntries: 4 });
export const byIndex = devMap({ maxEntries: 4, hash: true });
export const cpus = cpuMap({ maxEntries: 4 });
export const sockets = xskMap({ maxEntries: 4 });
export const p = xdp((ctx) => {
  if (ctx.rx_queue_index === 1) return devices.redirect(0);
  if (ctx.rx_queue_index === 2) return byIndex.redirect(0);
  if (ctx.rx_queue_index === 3) return sockets.redirect(ctx.rx_queue_index, Xdp.PASS);
  return cpus.redirect(0, Xdp.TX);
});`);
    assert.equal(run(loaded.program("p"), { data: new Uint8Array(64) }).returnValue, 3);
  },
);
