import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";

import { fixture } from "@ocelli/testkit";

import { encodeInstructions } from "../asm/encode.ts";
import { createBtfBuilder } from "../btf/build.ts";
import { formatDiagnostic } from "../diagnostic.ts";
import { writeElf } from "../elf/write.ts";
import { linkProgram } from "./link.ts";
import { readCollection } from "./read.ts";

const NAMES = ["object-calls", "object-maps", "object-externs", "object-data", "object-struct-ops"];

const damages = fc.record({
  name: fc.constantFrom(...NAMES),
  bigEndian: fc.boolean(),
  edits: fc.array(fc.tuple(fc.double({ min: 0, max: 0.999, noNaN: true }), fc.nat(255)), {
    minLength: 1,
    maxLength: 6,
  }),
  keep: fc.oneof(
    { weight: 5, arbitrary: fc.constant(1) },
    fc.double({ min: 0, max: 1, noNaN: true }),
  ),
});

test("readCollection() gives a collection that links, or reasons, for damaged objects", () => {
  fc.assert(
    fc.property(damages, ({ name, bigEndian, edits, keep }) => {
      const whole = Uint8Array.from(fixture(name, { bigEndian }));
      for (const [place, value] of edits) whole[Math.floor(place * whole.length)] = value;
      const result = readCollection(whole.subarray(0, Math.floor(keep * whole.length)));
      if (!result.ok) {
        assert.ok(result.diagnostics.some(({ severity }) => severity === "error"));
        return;
      }
      for (const program of result.value.programs.values()) {
        const linked = linkProgram(result.value, program);
        if (linked.ok) encodeInstructions(linked.value);
      }
    }),
    { numRuns: 300 },
  );
});

test("readCollection() ends on any bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (tail) => {
      const header = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 247, 0];
      const result = readCollection(Uint8Array.of(...header, ...tail));
      assert.ok(result.ok || result.diagnostics.length > 0);
    }),
  );
});

test("readCollection() refuses a small object whose names would take gigabytes", () => {
  const builder = createBtfBuilder();
  const long = "x".repeat(100_000);
  builder.addString(long);
  for (let count = 0; count < 20_000; count += 1)
    builder.add({ kind: "fwd", name: "", target: "struct" });
  const types = builder.write();
  const view = new DataView(types.buffer);
  // Each type takes another tail of the one long string.
  for (let index = 0; index < 20_000; index += 1) view.setUint32(24 + index * 12, 1 + index, true);
  const object = writeElf({
    littleEndian: true,
    sections: [{ name: ".BTF", data: types }],
    symbols: [],
  });
  assert.ok(object.length < 400_000);
  assert.deepEqual(readCollection(object).diagnostics.map(formatDiagnostic), [
    `error[object-names] at byte 64 of section ".BTF": Cannot read the object's types: their names are out of proportion to their number. Build or copy the file again: it is damaged, or made to use up memory`,
  ]);
});

test("readCollection() refuses sections that share bytes", () => {
  const object = writeElf({
    littleEndian: true,
    sections: [
      { name: ".data", flags: 3, data: new Uint8Array(64) },
      { name: ".data.x", flags: 3, data: new Uint8Array(64) },
    ],
    symbols: [],
  });
  const headers = Number(new DataView(object.buffer).getBigUint64(40, true));
  const first = object.slice(headers + 64 + 24, headers + 64 + 32);
  object.set(first, headers + 128 + 24);
  assert.deepEqual(readCollection(object).diagnostics.map(formatDiagnostic), [
    'error[object-overlap] at byte 64 of section ".data.x": Cannot read section 2: it shares bytes with another section. Build or copy the file again: it is damaged',
  ]);
});

test("readCollection() refuses more zeroed variables than memory is set aside for", () => {
  const object = writeElf({
    littleEndian: true,
    sections: [{ name: ".bss", type: 8, flags: 3, data: new Uint8Array(8) }],
    symbols: [],
  });
  const headers = Number(new DataView(object.buffer).getBigUint64(40, true));
  new DataView(object.buffer).setBigUint64(headers + 64 + 32, 1n << 40n, true);
  assert.deepEqual(readCollection(object).diagnostics.map(formatDiagnostic), [
    'error[object-bss-size] at byte 64 of section ".bss": Cannot hold section ".bss": with it there are 1099511627776 bytes of zeroed variables, and 268435456 are the limit. Put large tables into maps of their own',
  ]);
});

test("readCollection() refuses files of other machines", () => {
  assert.deepEqual(
    readCollection(
      writeElf({ littleEndian: true, machine: 62, sections: [], symbols: [] }),
    ).diagnostics.map(formatDiagnostic),
    [
      "error[object-not-bpf] at byte 16: Cannot read the file as a BPF object: its machine is 62, not 247 (BPF). Give an object file, e.g. one that clang made with --target=bpf -c",
    ],
  );
});
