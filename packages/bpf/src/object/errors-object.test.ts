import assert from "node:assert/strict";
import { test } from "node:test";

import { createBtfBuilder } from "../btf/build.ts";
import type { BtfBuilder } from "../btf/build.ts";
import { formatDiagnostic } from "../diagnostic.ts";
import { readElf } from "../elf/read.ts";
import { SECTION_TYPES } from "../elf/types.ts";
import { writeElf, type WritableSection, type WritableSymbol } from "../elf/write.ts";
import { readCollection } from "./read.ts";

const EXECUTABLE = 6;
const WRITABLE = 3;
const FUNCTION = 2;
const OBJECT = 1;
const exit = [0x95, 0, 0, 0, 0, 0, 0, 0];
const load = [0x18, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

function symbol(name: string, changes: Partial<WritableSymbol> = {}): WritableSymbol {
  return { name, section: 0, value: 0, size: 8, type: FUNCTION, bind: 1, ...changes };
}

function types(describe: (builder: BtfBuilder) => void): WritableSection {
  const builder = createBtfBuilder();
  describe(builder);
  return { name: ".BTF", data: builder.write() };
}

/** Types that place one global variable of `size` bytes, an int, in a section. */
function typesOf(
  section: string,
  name: string,
  size: number,
  linkage: "global" | "extern" = "global",
): WritableSection {
  return types((builder) => {
    const int = builder.add({
      kind: "int",
      name: "int",
      size: 4,
      encoding: "signed",
      bits: 32,
      offsetBits: 0,
    });
    const variable = builder.add({ kind: "var", name, typeId: int, linkage });
    builder.add({
      kind: "datasec",
      name: section,
      size,
      variables: [{ typeId: variable, offset: 0, size }],
    });
  });
}

const code = (...bytes: number[]): WritableSection => ({
  name: "socket",
  flags: EXECUTABLE,
  data: Uint8Array.from(bytes),
});
const data = (name: string, size: number): WritableSection => ({
  name,
  flags: WRITABLE,
  data: new Uint8Array(size),
});

const FAILURES: readonly [
  what: string,
  sections: readonly WritableSection[],
  symbols: readonly WritableSymbol[],
  says: string,
][] = [
  [
    "arena variables without an arena",
    [data(".addr_space.1", 8)],
    [],
    'error[object-arena] at byte 64 of section ".addr_space.1": Cannot place the arena\'s variables: the object defines no map of type arena. Define one in section .maps',
  ],
  [
    "a function that is cut off",
    [code(...exit)],
    [symbol("f", { size: 16 })],
    'error[object-function-range] at byte 64 of section "socket": Cannot read function "f": it ends at byte 16 of 8. Build or copy the file again: it is damaged',
  ],
  [
    "functions that overlap",
    [code(...exit, ...exit)],
    [symbol("f", { size: 16 }), symbol("g", { value: 8 })],
    'error[object-function-range] at byte 64 of section "socket": Cannot read function "g": it overlaps the function before it. Build or copy the file again: it is damaged',
  ],
  [
    "a function inside an instruction",
    [code(...exit, ...exit)],
    [symbol("f", { value: 4 })],
    'error[object-function-range] at byte 64 of section "socket": Cannot read function "f": it starts at byte 4 and has 8 bytes. Build or copy the file again: it is damaged',
  ],
  [
    "maps without types",
    [data(".maps", 8)],
    [symbol("counts", { type: OBJECT })],
    'error[object-maps-without-btf] at byte 64 of section ".maps": Cannot read the maps of section ".maps": the object\'s BTF does not describe them. Compile with -g',
  ],
  [
    "a map beyond its section",
    [data(".maps", 8), typesOf(".maps", "counts", 16)],
    [symbol("counts", { type: OBJECT })],
    'error[object-map-range] at byte 64 of section ".maps": Cannot read map "counts": it takes bytes 0 to 16 of 8, and another map ends at 0. Build or copy the file again: its types do not belong to its data',
  ],
  [
    "old maps without symbols",
    [data("maps", 20)],
    [],
    'error[object-legacy-maps] at byte 64 of section "maps": Cannot read section "maps": 20 bytes and 0 symbols do not make definitions of one size. Give every map a symbol: remove the word static',
  ],
  [
    "a variable beyond its section",
    [data(".data", 4), typesOf(".data", "limit", 8)],
    [symbol("limit", { type: OBJECT })],
    'error[object-variable-range] at byte 64 of section ".data": Cannot place variable "limit": it ends at byte 8 of 4. Build or copy the file again: its types do not belong to its data',
  ],
  [
    "a struct_ops map that is no struct",
    [data(".struct_ops", 4), typesOf(".struct_ops", "still", 4)],
    [symbol("still", { type: OBJECT, size: 4 })],
    'error[object-struct-ops] at byte 64 of section ".struct_ops": Cannot read struct_ops map "still": its type is no struct. Initialise a struct of the kernel, e.g. struct tcp_congestion_ops',
  ],
  [
    "a relocation of an unknown kind",
    [
      { ...code(...load, ...exit), relocations: [{ offset: 0, symbol: 1, type: 99 }] },
      data(".data", 4),
    ],
    [symbol("f", { size: 24 }), symbol("limit", { section: 1, type: OBJECT, size: 4 })],
    'error[object-relocation] at byte 64 of section "socket": Cannot relocate slot 0 of function "f": relocation type 99 on opcode 0x18 is none of BPF\'s. Relocations belong to 64-bit loads and to calls',
  ],
  [
    "a variable that nobody defines",
    [{ ...code(...load, ...exit), relocations: [{ offset: 0, symbol: 1, type: 1 }] }],
    [symbol("f", { size: 24 }), symbol("gone", { section: undefined, type: 0, size: 0 })],
    'error[object-undefined-variable] at byte 64 of section "socket": Cannot relocate slot 0 of function "f": variable "gone" is declared and not defined. Define it, or declare it with __ksym or __kconfig if the kernel provides it',
  ],
  [
    "a call of a function that nobody defines",
    [
      {
        ...code(0x85, 0x10, 0, 0, 255, 255, 255, 255, ...exit),
        relocations: [{ offset: 0, symbol: 1, type: 10 }],
      },
    ],
    [symbol("f", { size: 16 }), symbol("gone", { section: undefined, type: 0, size: 0 })],
    'error[object-undefined-function] at byte 64 of section "socket": Cannot relocate slot 0 of function "f": function "gone" is declared and not defined. Define it, link the object that does, or declare it with __ksym if it is a kernel function',
  ],
  [
    "a call into nowhere",
    [code(0x85, 0x10, 0, 0, 9, 0, 0, 0, ...exit)],
    [symbol("f", { size: 16 })],
    'error[object-call] at byte 64 of section "socket": Cannot relocate slot 0 of function "f": no function starts at byte 80 of section "socket". Build the object again',
  ],
  [
    "a kernel configuration value of an odd type",
    [
      { ...code(...load, ...exit), relocations: [{ offset: 0, symbol: 1, type: 1 }] },
      types((builder) => {
        const struct = builder.add({ kind: "struct", name: "odd", size: 0, members: [] });
        const variable = builder.add({
          kind: "var",
          name: "CONFIG_ODD",
          typeId: struct,
          linkage: "extern",
        });
        builder.add({
          kind: "datasec",
          name: ".kconfig",
          size: 0,
          variables: [{ typeId: variable, offset: 0, size: 0 }],
        });
      }),
    ],
    [symbol("f", { size: 24 }), symbol("CONFIG_ODD", { section: undefined, type: 0, size: 0 })],
    'error[object-kconfig-type] at byte 0 of section ".kconfig": Cannot read the kernel configuration into "CONFIG_ODD": its type is none that a configuration value has. Declare it as bool, char, an integer, enum libbpf_tristate or an array of char',
  ],
];

for (const [what, sections, symbols, says] of FAILURES)
  test(`a diagnostic says what is wrong with ${what}`, () => {
    const object = writeElf({ littleEndian: true, sections, symbols });
    assert.deepEqual(readCollection(object).diagnostics.map(formatDiagnostic), [says]);
  });

test("a diagnostic says what is wrong with a relocation of a symbol that is not there", () => {
  const relocations = [{ offset: 0, symbol: 0, type: 1 }];
  const sections = [{ ...code(...load, ...exit), relocations }];
  const symbols = [symbol("f", { size: 24 })];
  const object = writeElf({ littleEndian: true, sections, symbols });
  const read = readElf(object);
  assert.ok(read.ok);
  const offset = read.value.sections.find(({ type }) => type === SECTION_TYPES.rel)?.offset ?? 0;
  // u64 place, u32 type, u32 symbol.
  new DataView(object.buffer).setUint32(offset + 12, 77, true);
  assert.deepEqual(readCollection(object).diagnostics.map(formatDiagnostic), [
    'error[object-relocation-symbol] at byte 88 of section ".relsocket": Cannot relocate byte 0 of section "socket": there is no symbol 77. Build or copy the file again: it is damaged',
  ]);
});
