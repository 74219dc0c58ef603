import assert from "node:assert/strict";
import { test } from "node:test";

import { formatListing } from "@ocelli/bpf";
import { property, string, assert as check } from "fast-check";

import { compile } from "./compile.ts";

const SOURCE = `import { hashMap, pid, syscall, u32, u64 } from "@ocelli/compiler";

export const hits = hashMap({ key: u32, value: u64, maxEntries: 64 });

function clamp(value: u32, most: u32): u32 {
  return value > most ? most : value;
}

export const probe = syscall((ctx) => {
  let sum = 0;
  for (let i = 0; i < 8; i++) sum += clamp(u32(ctx.args[0]), i);
  const hit = hits.lookup(sum);
  if (hit) hit.add(1n);
  return sum;
});
`;

const IR = `program probe {
  slot 0: 8 bytes
b0:
  jump b1
b1:
  %0 = phi b0: 0, b5: %5
  %1 = phi b0: 0, b5: %6
  if %1 < 8 then b2 else b6
b2:
  %2 = load64 context + 0
  %3 = zext32 %2
  if %3 > %1 then b3 else b4
b3:
  jump b5
b4:
  jump b5
b5:
  %4 = phi b3: %1, b4: %3
  %5 = add32 %0, %4
  %6 = add32 %1, 1
  jump b1
b6:
  store32 slot 0 + 0, %0
  %8 = call map_lookup_elem(map hits, slot 0)
  if %8 != 0 then b7 else b8
b7:
  %9 = nonnull %8
  atomic.add64 %9 + 0, 1
  jump b8
b8:
  return %0
}
`;

const LISTING = `probe:
; export const probe = syscall((ctx) => {
   0: (bf) r3 = r1
   1: (b7) r6 = 0
   2: (b7) r2 = 0
l2:
; for (let i = 0; i < 8; i++) sum += clamp(u32(ctx.args[0]), i);
   3: (35) if r2 >= 0x8 goto pc+7
   4: (79) r1 = *(u64 *)(r3 +0)
   5: (bc) w1 = w1
   6: (bd) if r1 <= r2 goto pc+1
; return value > most ? most : value;
   7: (bf) r1 = r2
l1:
   8: (0c) w6 += w1
; for (let i = 0; i < 8; i++) sum += clamp(u32(ctx.args[0]), i);
   9: (04) w2 += 1
  10: (05) goto pc-8
l0:
; const hit = hits.lookup(sum);
  11: (63) *(u32 *)(r10 -8) = r6
  12: (18) r1 = map[hits]
  14: (bf) r2 = r10
  15: (07) r2 += -8
  16: (85) call bpf_map_lookup_elem#1
  17: (15) if r0 == 0x0 goto pc+2
; if (hit) hit.add(1n);
  18: (b7) r1 = 1
  19: (db) lock *(u64 *)(r0 +0) += r1
l3:
  20: (bf) r0 = r6
  21: (95) exit
`;

test("compile() goes from source to IR to assembly", () => {
  const compiled = compile(SOURCE, { file: "probe.bpf.ts" });
  assert.deepEqual(compiled.diagnostics, []);
  assert.ok(compiled.ok);
  const { collection, programs } = compiled.value;
  assert.equal(programs[0]?.ir, IR);
  assert.equal(formatListing(collection.programs.get("probe")?.instructions ?? []), LISTING);
});

test("compile() gives diagnostics instead of throwing on any text", () => {
  const header = SOURCE.slice(0, SOURCE.indexOf("let sum"));
  check(
    property(string({ maxLength: 60 }), (text) => {
      for (const source of [text, `${header}${text}`, `${header}${text};\n  return 0;\n});\n`])
        assert.equal(typeof compile(source).ok, "boolean");
    }),
    { numRuns: 300 },
  );
});

test("compile() takes a loop in a global function that it takes in a program", () => {
  const loop = "let sum: u32 = start; for (const _ of range(48)) { sum = sum + 3; }";
  const source = `import { globalFunction, range, syscall, u32 } from "@ocelli/compiler";
const sum = globalFunction((start: u32): u32 => { ${loop} return sum; });
export const p = syscall((c) => sum(u32(c.args[0])));
`;
  assert.deepEqual(compile(source, { file: "sum.bpf.ts" }).diagnostics, []);
});
