// Objects whose relocations and definitions point to places where nothing fitting lies.
import assert from "node:assert/strict";
import { test } from "node:test";

import { createBtfBuilder, type BtfBuilder } from "../btf/build.ts";
import { formatDiagnostic } from "../diagnostic.ts";
import { writeElf, type WritableSection, type WritableSymbol } from "../elf/write.ts";
import { readCollection } from "./read.ts";

const EXECUTABLE = 6;
const WRITABLE = 3;
const FUNCTION = 2;
const OBJECT = 1;
const ADDRESS = 2; // R_BPF_64_ABS64
const LOAD = 1; // R_BPF_64_64
const CALL = 10; // R_BPF_64_32
const exit = [0x95, 0, 0, 0, 0, 0, 0, 0];
const load = [0x18, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
const call = [0x85, 0x10, 0, 0, 255, 255, 255, 255];

const symbol = (name: string, changes: Partial<WritableSymbol> = {}): WritableSymbol => ({
  name,
  section: 0,
  value: 0,
  size: 8,
  type: FUNCTION,
  bind: 1,
  ...changes,
});

const code = (
  bytes: readonly number[],
  changes: Partial<WritableSection> = {},
): WritableSection => ({
  name: "socket",
  flags: EXECUTABLE,
  data: Uint8Array.from(bytes),
  ...changes,
});

const data = (
  name: string,
  size: number,
  changes: Partial<WritableSection> = {},
): WritableSection => ({ name, flags: WRITABLE, data: new Uint8Array(size), ...changes });

/** BTF in which `describe` makes the type of a global variable, which a data section then holds. */
function typesOf(
  section: string,
  name: string,
  size: number,
  describe: (builder: BtfBuilder) => number,
  linkage: "global" | "extern" = "global",
): WritableSection {
  const builder = createBtfBuilder();
  const typeId = builder.add({ kind: "var", name, typeId: describe(builder), linkage });
  builder.add({ kind: "datasec", name: section, size, variables: [{ typeId, offset: 0, size }] });
  return { name: ".BTF", data: builder.write() };
}

const addInt = (builder: BtfBuilder, name = "int", size = 4): number =>
  builder.add({ kind: "int", name, size, encoding: "signed", bits: size * 8, offsetBits: 0 });

/** What `__uint(name, value)` declares: a pointer to an array of so many ints. */
function addNumber(builder: BtfBuilder, int: number, length: number): number {
  const array = builder.add({ kind: "array", typeId: int, indexTypeId: int, length });
  return builder.add({ kind: "ptr", typeId: array });
}

/** A definition of a map as a struct with these members, each 8 bytes. */
function addDefinition(
  builder: BtfBuilder,
  members: readonly (readonly [name: string, typeId: number])[],
): number {
  return builder.add({
    kind: "struct",
    name: "",
    size: members.length * 8,
    members: members.map(([name, typeId], index) => ({
      name,
      typeId,
      offsetBits: index * 64,
      bitfieldBits: 0,
    })),
  });
}

const definition =
  (describe: (builder: BtfBuilder, int: number) => readonly (readonly [string, number])[]) =>
  (builder: BtfBuilder): number =>
    addDefinition(builder, describe(builder, addInt(builder)));

const ARRAY_OF_MAPS = 12;
const PROG_ARRAY = 3;

/** An array of maps or programs with one value, as `__array(values, …)` and an initialiser make it. */
const holder = (type: number) =>
  definition((builder, int) => {
    const pointee =
      type === PROG_ARRAY
        ? builder.add({ kind: "func_proto", returnTypeId: int, parameters: [] })
        : addDefinition(builder, [
            ["type", addNumber(builder, int, 2)],
            ["max_entries", addNumber(builder, int, 1)],
            ["key_size", addNumber(builder, int, 4)],
            ["value_size", addNumber(builder, int, 4)],
          ]);
    const pointer = builder.add({ kind: "ptr", typeId: pointee });
    return [
      ["type", addNumber(builder, int, type)],
      ["max_entries", addNumber(builder, int, 2)],
      ["key_size", addNumber(builder, int, 4)],
      ["values", builder.add({ kind: "array", typeId: pointer, indexTypeId: int, length: 1 })],
    ];
  });

const HOLDER_BYTES = 32;
const damagedMap =
  'error[object-map-definition] at byte 64 of section ".maps": Cannot read map "m": ';
const mapHint = "Define the map with __uint(), __type(), __array() and __ulong() of bpf_helpers.h";

const CASES: readonly [
  what: string,
  sections: readonly WritableSection[],
  symbols: readonly WritableSymbol[],
  says: readonly string[],
][] = [
  [
    "pointers in data",
    [data(".data", 8, { relocations: [{ offset: 0, symbol: 0, type: ADDRESS }] }), code(exit)],
    [symbol("f", { section: 1 })],
    [
      'warning[object-data-relocation] at byte 80 of section ".rel.data": Cannot apply the relocations of section ".data": pointers in data are unknown until the program runs, so they stay as they are. Initialise pointers in the program',
    ],
  ],
  [
    "the address of a place inside a function",
    [
      code([...load, ...exit], { relocations: [{ offset: 0, symbol: 1, type: LOAD }] }),
      code([...exit, ...exit], { name: ".text" }),
    ],
    [
      symbol("f", { size: 24 }),
      symbol("middle", { section: 1, value: 8, size: 0, type: 0, bind: 0 }),
      symbol("g", { section: 1, size: 16, bind: 0 }),
    ],
    [
      'error[object-function-address] at byte 64 of section "socket": Cannot relocate slot 0 of function "f": no function starts at byte 8 of section ".text". Take addresses of whole functions only',
    ],
  ],
  [
    "a relocated call into the middle of a function",
    [
      code([...call, ...exit], { relocations: [{ offset: 0, symbol: 1, type: CALL }] }),
      code([...exit, ...exit], { name: ".text" }),
    ],
    [
      symbol("f", { size: 16 }),
      symbol("middle", { section: 1, value: 8, size: 0, type: 0, bind: 0 }),
      symbol("g", { section: 1, size: 16, bind: 0 }),
    ],
    [
      'error[object-call] at byte 64 of section "socket": Cannot relocate slot 0 of function "f": no function starts at byte 8 of section ".text". Build the object again',
    ],
  ],
  [
    "a call of a configuration value",
    [
      code([...call, ...exit], { relocations: [{ offset: 0, symbol: 1, type: CALL }] }),
      typesOf(".kconfig", "CONFIG_HZ", 4, (builder) => addInt(builder), "extern"),
    ],
    [symbol("f", { size: 16 }), symbol("CONFIG_HZ", { section: undefined, type: 0, size: 0 })],
    [
      'error[object-reference] at byte 64 of section "socket": Cannot relocate slot 0 of function "f": "CONFIG_HZ" is a configuration value. Call functions only',
    ],
  ],
  [
    "a map and a data section of one name",
    [
      data(".maps", 16),
      data(".data", 4),
      typesOf(
        ".maps",
        ".data",
        16,
        definition((builder, int) => [
          ["type", addNumber(builder, int, 2)],
          ["max_entries", addNumber(builder, int, 1)],
        ]),
      ),
    ],
    [symbol(".data", { type: OBJECT, size: 16 })],
    [
      'error[object-map-twice] at byte 0 of section ".data": Cannot read map ".data": there is another of that name. Give every map and data section a name of its own',
    ],
  ],
  [
    "a map that is no struct",
    [data(".maps", 4), typesOf(".maps", "m", 4, (builder) => addInt(builder))],
    [symbol("m", { type: OBJECT, size: 4 })],
    [`${damagedMap}its type is int, not a struct. ${mapHint}`],
  ],
  [
    "a map that says something twice",
    [
      data(".maps", 16),
      typesOf(
        ".maps",
        "m",
        16,
        definition((builder, int) => [
          ["type", addNumber(builder, int, 2)],
          ["type", addNumber(builder, int, 2)],
        ]),
      ),
    ],
    [symbol("m", { type: OBJECT, size: 16 })],
    [`${damagedMap}it says "type" twice. ${mapHint}`],
  ],
  [
    "a map whose size is no number",
    [
      data(".maps", 16),
      typesOf(
        ".maps",
        "m",
        16,
        definition((builder, int) => [
          ["type", addNumber(builder, int, 2)],
          ["max_entries", int],
        ]),
      ),
    ],
    [symbol("m", { type: OBJECT, size: 16 })],
    [`${damagedMap}"max_entries" is not a number. ${mapHint}`],
  ],
  [
    "a map whose keys are of nothing",
    [
      data(".maps", 16),
      typesOf(
        ".maps",
        "m",
        16,
        definition((builder, int) => [
          ["type", addNumber(builder, int, 2)],
          ["key", int],
        ]),
      ),
    ],
    [symbol("m", { type: OBJECT, size: 16 })],
    [`${damagedMap}"key" is not a pointer to a type. ${mapHint}`],
  ],
  [
    "a pointer beside a map's values",
    [
      data(".maps", HOLDER_BYTES + 8, {
        relocations: [{ offset: 8, symbol: 0, type: ADDRESS }],
      }),
      typesOf(".maps", "m", HOLDER_BYTES + 8, holder(PROG_ARRAY)),
    ],
    [symbol("m", { type: OBJECT, size: HOLDER_BYTES + 8 })],
    [
      'error[object-map-values] at byte 72 of section ".maps": Cannot initialise map "m": byte 8 of it is a pointer and none of its values. List programs in the values of a program array, and maps in those of a map of maps',
    ],
  ],
  [
    "a value that is no map",
    [
      data(".maps", HOLDER_BYTES + 8, {
        relocations: [{ offset: 24, symbol: 1, type: ADDRESS }],
      }),
      typesOf(".maps", "m", HOLDER_BYTES + 8, holder(ARRAY_OF_MAPS)),
      data(".data", 4),
    ],
    [
      symbol("m", { type: OBJECT, size: HOLDER_BYTES + 8 }),
      symbol("limit", { section: 2, type: OBJECT, size: 4 }),
    ],
    [
      'error[object-map-values] at byte 88 of section ".maps": Cannot initialise map "m": value 0 is "limit", which is no map. List programs in the values of a program array, and maps in those of a map of maps',
    ],
  ],
  [
    "a member of struct_ops that no program fills",
    [
      data(".struct_ops", 8, { relocations: [{ offset: 0, symbol: 1, type: ADDRESS }] }),
      typesOf(
        ".struct_ops",
        "ops",
        8,
        definition((builder, int) => [["init", builder.add({ kind: "ptr", typeId: int })]]),
      ),
      data(".data", 4),
    ],
    [
      symbol("ops", { type: OBJECT, size: 8 }),
      symbol("limit", { section: 2, type: OBJECT, size: 4 }),
    ],
    [
      'error[object-struct-ops-member] at byte 64 of section ".struct_ops": Cannot fill byte 0 of struct_ops map "ops": "limit" is no program, or no member starts there. Fill function members with programs of section "struct_ops"',
    ],
  ],
];

for (const [what, sections, symbols, says] of CASES)
  test(`a diagnostic names ${what}`, () => {
    const object = writeElf({ littleEndian: true, sections, symbols });
    assert.deepEqual(readCollection(object).diagnostics.map(formatDiagnostic), says);
  });
