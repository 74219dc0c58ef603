// Matrix: the oldest and the newest kernel: the language.
import assert from "node:assert/strict";

import { readCollection, writeCollection } from "@ocelli/bpf";
import { loadCollection, run, type Collection, type Feature } from "@ocelli/linux";
import { kernelTest } from "@ocelli/testkit";

import { compile } from "./compile.ts";
import { formatSourceDiagnostic } from "./parse/format.ts";

const HEADER = `import { arrayMap, globalFunction, hashMap, loop, range, staticFunction, struct, Xdp, xdp, i32, u8, u16, u32, u64 } from "@ocelli/compiler";
import { ethhdr } from "@ocelli/compiler/vmlinux";
export const out = arrayMap({ value: u64, maxEntries: 8 });
`;

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

const CASES: readonly {
  readonly name: string;
  readonly needs?: readonly Feature[];
  readonly source: string;
  readonly out: readonly bigint[];
}[] = [
  {
    name: "calls static functions with numbers, references and the context",
    source: `const table = hashMap({ key: u32, value: u64, maxEntries: 8 });
const Pair = struct("pair", { a: u32, b: u64 });
const pairs = arrayMap({ value: Pair, maxEntries: 1 });
const square = staticFunction((n: u32): u32 => n * n);
const find = staticFunction((key: u32) => table.lookup(key));
const sum = staticFunction((pair, extra: u64) => u64(pair.a) + pair.b + extra);
const first = staticFunction((ctx) => {
  const eth = ctx.packet().read(ethhdr);
  return eth ? u32(eth.h_dest[0]) : 0;
});
export const p = xdp((ctx) => {
  table.set(7, 40n);
  out.set(0, u64(square(square(3))));
  const found = find(7);
  if (found) out.set(1, found.value);
  out.set(2, find(8) ? 1n : 2n);
  const pair = pairs.lookup(0);
  if (pair) { pair.a = 5; pair.b = 6n; out.set(3, sum(pair, 7n)); }
  out.set(4, u64(first(ctx)));
  return Xdp.PASS;
});`,
    out: [81n, 40n, 2n, 18n, 0xaan],
  },
  {
    name: "calls global functions",
    source: `const mix = globalFunction((a: u32, b: u8, c: u64): u64 => {
  const table = hashMapLike(b);
  return u64(a) + u64(table) + c;
});
function hashMapLike(n: u8): u32 { return n & 7; }
export const p = xdp((ctx) => {
  out.set(0, mix(ctx.rx_queue_index + 5, 255, 1n));
  return Xdp.PASS;
});`,
    out: [13n],
  },
  {
    name: "loops with the kernel counting, over variables of the function around",
    needs: ["bpf_loop"],
    source: `export const p = xdp((ctx) => {
  let sum = 0n;
  let last: u32 = 0;
  const most = ctx.rx_queue_index + 100;
  for (const i of loop(100_000)) {
    if (i === 3) continue;
    if (i > most) break;
    sum += u64(i);
    last = i;
    out.lookup(2)?.add(1n);
  }
  out.set(0, sum);
  out.set(1, u64(last));
  let outer = 0;
  for (const i of loop(4)) for (const j of loop(5)) outer += i * j;
  out.set(3, u64(outer));
  return Xdp.PASS;
});`,
    out: [5047n, 100n, 100n, 60n],
  },
  {
    name: "loops over maps",
    needs: ["for_each_map_elem"],
    source: `const table = hashMap({ key: u32, value: u64, maxEntries: 8 });
const Key = struct("key", { a: u16, b: u32 });
const wide = hashMap({ key: Key, value: u64, maxEntries: 8 });
export const p = xdp(() => {
  table.set(1, 10n);
  table.set(2, 20n);
  table.set(3, 30n);
  let keys = 0;
  let values = 0n;
  for (const [key, value] of table) {
    keys += key;
    values += value.value;
    value.value = 0n;
  }
  out.set(0, u64(keys));
  out.set(1, values);
  wide.set({ a: 5, b: 6 }, 7n);
  for (const [key, value] of wide) out.set(2, u64(key.b) + value.value);
  let rest = 0n;
  for (const [_key, value] of table) { rest += value.value; }
  out.set(3, rest);
  let index = 0;
  for (const [i, value] of out) { if (value.value === 60n) { index = i; break; } }
  out.set(4, u64(index));
  return Xdp.PASS;
});`,
    out: [6n, 60n, 13n, 0n, 1n],
  },
];

for (const { name, needs = [], source, out } of CASES) {
  kernelTest(`compile() ${name}`, { needs: ["xdp", ...needs] }, () => {
    using loaded = load(source);
    const data = new Uint8Array(64);
    data[0] = 0xaa;
    run(loaded.program("p"), { data });
    const found = out.map((_, index) => {
      const value = loaded.map("out").lookup(new Uint8Array(new Uint32Array([index]).buffer));
      return value && new DataView(value.buffer, value.byteOffset).getBigUint64(0, true);
    });
    assert.deepEqual(found, out);
  });
}
