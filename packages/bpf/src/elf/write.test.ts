import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";

import { formatDiagnostic, type Result } from "../diagnostic.ts";
import { readRelocations } from "./read-relocations.ts";
import { readSymbols } from "./read-symbols.ts";
import { readElf } from "./read.ts";
import { SECTION_TYPES } from "./types.ts";
import { writeElf, type ElfModel } from "./write.ts";

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join("\n"));
  return result.value;
}

/** The model that a file was written from, with symbols in the order of the file. */
function modelOf(bytes: Uint8Array): ElfModel {
  const file = valueOf(readElf(bytes));
  const [, ...symbols] = valueOf(readSymbols(file));
  const relocations = new Map(
    file.sections
      .filter(({ type }) => type === SECTION_TYPES.rel)
      .map((section) => [section.info, valueOf(readRelocations(file, section))]),
  );
  const own = file.sections.filter(({ type }) => type === SECTION_TYPES.progbits);
  return {
    littleEndian: file.littleEndian,
    machine: file.machine,
    sections: own.map(({ index, name, type, flags, align, entrySize, data }) => ({
      name,
      type,
      flags,
      align,
      entrySize,
      data: Uint8Array.from(data),
      relocations: (relocations.get(index) ?? []).map(({ offset, symbol, type }) => ({
        offset,
        symbol: symbol - 1,
        type,
      })),
    })),
    symbols: symbols.map(({ name, section, value, size, type, bind, visibility }) => ({
      name,
      section: section === 0 ? undefined : section - 1,
      value,
      size,
      type,
      bind,
      visibility,
    })),
  };
}

/** Records as plain objects, so that they equal what a reader makes. */
function plain<T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record(model, { noNullPrototype: true });
}

const name = fc.string({ maxLength: 12, unit: "grapheme" }).filter((text) => !text.includes("\0"));

const models = plain({
  sectionCount: fc.integer({ min: 1, max: 5 }),
  symbolCount: fc.nat(6),
}).chain(({ sectionCount, symbolCount }) =>
  plain({
    littleEndian: fc.boolean(),
    machine: fc.nat(0xffff),
    sections: fc.array(
      plain({
        name,
        type: fc.constantFrom(SECTION_TYPES.progbits),
        flags: fc.nat(7),
        align: fc.constantFrom(1, 4, 8, 16),
        entrySize: fc.nat(64),
        data: fc.uint8Array({ maxLength: 40 }),
        relocations:
          symbolCount === 0
            ? fc.constantFrom([])
            : fc.array(
                plain({ offset: fc.nat(), symbol: fc.nat(symbolCount - 1), type: fc.nat(20) }),
                {
                  maxLength: 4,
                },
              ),
      }),
      { minLength: sectionCount, maxLength: sectionCount },
    ),
    symbols: fc
      .array(
        plain({
          name,
          section: fc.constantFrom(undefined, ...Array.from({ length: sectionCount }, (_, i) => i)),
          value: fc.nat(),
          size: fc.nat(),
          type: fc.nat(4),
          bind: fc.nat(2),
          visibility: fc.nat(3),
        }),
        { minLength: symbolCount, maxLength: symbolCount },
      )
      .map((symbols) => symbols.toSorted((a, b) => Math.min(a.bind, 1) - Math.min(b.bind, 1))),
  }),
);

test("readElf() gives back what writeElf() wrote, in either byte order", () => {
  fc.assert(
    fc.property(models, (model) => {
      assert.deepEqual(modelOf(writeElf(model)), model);
    }),
  );
});

test("writeElf() refuses indexes that name nothing", () => {
  const section = { name: ".text", data: new Uint8Array(8) };
  const symbol = { name: "f", section: 3, value: 0, size: 8, type: 2, bind: 1 };
  assert.throws(
    () => writeElf({ littleEndian: true, sections: [section], symbols: [symbol] }),
    new RangeError('Cannot write ELF as symbol "f" lies in section 3: there is none'),
  );
  const relocations = [{ offset: 0, symbol: 7, type: 1 }];
  assert.throws(
    () => writeElf({ littleEndian: true, sections: [{ ...section, relocations }], symbols: [] }),
    new RangeError('Cannot write ELF as section ".text" refers to symbol 7: there is none'),
  );
  // ELF keeps section numbers from 0xff00 on for itself.
  const many = Array.from({ length: 0xff00 }, () => section);
  assert.throws(
    () => writeElf({ littleEndian: true, sections: many, symbols: [] }),
    new RangeError("Cannot write ELF as sections must be fewer than 65280: there are 65283"),
  );
});
