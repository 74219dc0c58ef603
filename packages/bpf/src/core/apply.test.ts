import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";

import type { Instruction } from "../asm/instruction.ts";
import { createBtfBuilder } from "../btf/build.ts";
import { readBtf } from "../btf/read.ts";
import type { Btf, BtfEnumerator, BtfMember, BtfType } from "../btf/types.ts";
import { formatDiagnostic } from "../diagnostic.ts";
import { applyCoreRelocations } from "./apply.ts";
import type { CoreTargets } from "./candidates.ts";
import { CORE_KINDS, type CoreKind } from "./relocation.ts";

function btfOf(
  types: readonly BtfType[],
  options: { base?: Btf; littleEndian?: boolean } = {},
): Btf {
  const builder = createBtfBuilder(options);
  for (const type of types) builder.add(type);
  const read = readBtf(builder.write(), { base: options.base });
  assert.ok(read.ok);
  return read.value;
}

function int(name: string, size: number, encoding: "unsigned" | "signed" = "unsigned"): BtfType {
  return { kind: "int", name, size, bits: size * 8, offsetBits: 0, encoding };
}

function struct(name: string, ...members: [string, number, number, number?][]): BtfType {
  const list = members.map(([name, typeId, offsetBits, bitfieldBits = 0]): BtfMember => ({
    name,
    typeId,
    offsetBits,
    bitfieldBits,
  }));
  return { kind: "struct", name, size: 64, members: list };
}

function choice(name: string, ...values: BtfEnumerator[]): BtfType {
  return { kind: "enum", name, size: 4, signed: false, values };
}

// 1 u32, 2 u64, 3 int, 4 void *
const basics = [
  int("u32", 4),
  int("u64", 8),
  int("int", 4, "signed"),
  { kind: "ptr", typeId: 0 } as const,
];
const source = { file: "probe.c", line: 12, column: 5, text: "" };

const types = [
  ...basics,
  struct("task", ["pid", 1, 0], ["gone", 1, 32], ["flags", 1, 64, 3], ["link", 4, 128]), // 5
  choice("state", { name: "RUNNING", value: 1 }, { name: "DEAD", value: 2 }), // 6
  struct("nowhere", ["field", 1, 0]), // 7
  struct("", ["field", 1, 0]), // 8
];
const local = btfOf(types);
const kernel = btfOf([
  ...basics,
  struct("task", ["link", 4, 0], ["pid", 1, 96], ["flags", 1, 165, 4]), // 5
  choice("state", { name: "DEAD", value: 9 }), // 6
]);

interface Context {
  readonly typeId?: number;
  readonly targets?: CoreTargets;
  readonly from?: Btf;
}

/** Relocates one instruction and says what it became, or why not. */
function relocate(
  kind: CoreKind,
  accessor: string,
  instruction: Partial<Instruction>,
  { typeId = 5, targets = { kernel }, from = local }: Context = {},
): unknown {
  const whole = { opcode: 0xb7, dst: 1, src: 0, offset: 0, imm: 0, source, ...instruction };
  const relocation = { kind, typeId, accessor };
  const result = applyCoreRelocations([{ ...whole, relocation }], from, targets, {
    program: "main",
  });
  if (!result.ok) return result.diagnostics.map(formatDiagnostic);
  const { instructions, poisoned } = result.value;
  if (poisoned.length > 0)
    return poisoned.map(({ message, description }) => [message, description]);
  return instructions.map(({ opcode, offset, imm }) => ({ opcode, offset, imm }));
}

test("applyCoreRelocations() patches each kind with the kernel's answer", () => {
  const imm = (imm: number): unknown => [{ opcode: 0xb7, offset: 0, imm }];
  assert.deepEqual(relocate("field_byte_offset", "0:0", { opcode: 0x61 }), [
    { opcode: 0x61, offset: 12, imm: 0 },
  ]);
  assert.deepEqual(
    [
      relocate("field_byte_offset", "0:0", {}),
      relocate("field_byte_size", "0:3", { imm: 8 }),
      relocate("field_exists", "0:0", { imm: 1 }),
      relocate("field_exists", "0:1", { imm: 1 }),
      relocate("field_signed", "0:0", { imm: 0 }),
      relocate("field_byte_offset", "0:2", {}),
      relocate("field_byte_size", "0:2", {}),
      relocate("field_lshift_u64", "0:2", {}),
      relocate("field_rshift_u64", "0:2", { imm: 61 }),
      relocate("type_id_local", "0", {}),
      relocate("type_id_target", "0", {}),
      relocate("type_id_target", "0", {}, { typeId: 7 }),
      relocate("type_exists", "0", { imm: 1 }),
      relocate("type_exists", "0", { imm: 1 }, { typeId: 7 }),
      relocate("type_matches", "0", { imm: 1 }),
      relocate("type_size", "0", { imm: 64 }),
      relocate("enumval_exists", "0", { imm: 1 }, { typeId: 6 }),
      relocate("enumval_exists", "1", { imm: 1 }, { typeId: 6 }),
      relocate("enumval_value", "1", { imm: 2 }, { typeId: 6 }),
    ],
    [12, 8, 1, 0, 0, 20, 4, 55, 60, 5, 5, 0, 1, 0, 0, 64, 0, 1, 9].map(imm),
  );
});

test("applyCoreRelocations() counts bits from the top on big-endian machines", () => {
  const from = btfOf(types, { littleEndian: false });
  const big = btfOf([...basics, struct("task", ["flags", 1, 165, 4])], { littleEndian: false });
  const targets = { kernel: big };
  assert.deepEqual(relocate("field_lshift_u64", "0:2", {}, { targets, from }), [
    { opcode: 0xb7, offset: 0, imm: 37 },
  ]);
  assert.deepEqual(relocate("field_exists", "0:0", {}, { targets }), [
    'error[core-byte-order] at byte 0: Cannot relocate "main" against types of the other byte order: the object is little-endian. Build the object for the kernel\'s byte order',
  ]);
});

test("applyCoreRelocations() poisons what the kernel lacks and names the line", () => {
  assert.deepEqual(
    [
      relocate("field_byte_offset", "0:1", { opcode: 0x61, offset: 4 }),
      relocate("field_byte_offset", "0:0", { opcode: 0x61 }, { typeId: 7 }),
      relocate("enumval_value", "0", { imm: 1 }, { typeId: 6 }),
    ],
    [
      [
        [
          'Field "gone" of "struct task" does not exist on this kernel (probe.c:12)',
          "struct task.gone (0:1 @ offset 4)",
        ],
      ],
      [
        [
          'Type "struct nowhere" does not exist on this kernel (probe.c:12)',
          "struct nowhere.field (0:0 @ offset 0)",
        ],
      ],
      [
        [
          'Enumerator "RUNNING" of "enum state" does not exist on this kernel (probe.c:12)',
          "enum state::RUNNING = 1",
        ],
      ],
    ],
  );
});

test("applyCoreRelocations() says when a field is there and cannot be read", () => {
  const other = btfOf([
    ...basics,
    { kind: "array", typeId: 1, indexTypeId: 1, length: 2 }, // 5
    struct("task", ["pid", 4, 0], ["gone", 2, 64], ["link", 5, 128]),
  ]);
  const targets = { kernel: other };
  const from = btfOf([
    ...basics,
    struct("task", ["pid", 1, 0], ["gone", 3, 32], ["link", 6, 64]), // 5
    { kind: "array", typeId: 1, indexTypeId: 1, length: 4 }, // 6
  ]);
  assert.deepEqual(
    ["0:0", "0:1", "0:2:3"].map((accessor, i) =>
      relocate(
        "field_byte_offset",
        accessor,
        { opcode: 0x61, offset: [0, 4, 20][i] ?? 0 },
        { targets, from },
      ),
    ),
    [
      [
        [
          'Field "pid" of "struct task" has another type on this kernel (probe.c:12)',
          "struct task.pid (0:0 @ offset 0)",
        ],
      ],
      [
        [
          'Field "gone" of "struct task" cannot be accessed like this: it has 8 bytes instead of 4 on this kernel (probe.c:12)',
          "struct task.gone (0:1 @ offset 4)",
        ],
      ],
      [
        [
          'Element "link[3]" of "struct task" is out of range on this kernel (probe.c:12)',
          "struct task.link[3] (0:2:3 @ offset 20)",
        ],
      ],
    ],
  );
});

test("applyCoreRelocations() counts instructions and slots where it poisons", () => {
  const relocation = { kind: "field_byte_offset", typeId: 5, accessor: "0:1" } as const;
  const plain = { opcode: 0xb7, dst: 0, src: 0, offset: 0, imm: 0 };
  const wide = { ...plain, opcode: 0x18, imm2: 0 };
  const program = [wide, { ...wide, imm: 4, relocation }, { ...plain, imm: 4, relocation }, plain];
  const result = applyCoreRelocations(program, local, { kernel });
  assert.ok(result.ok);
  assert.deepEqual(
    result.value.poisoned.map(({ index, slot }) => ({ index, slot })),
    [
      { index: 1, slot: 2 },
      { index: 3, slot: 4 },
    ],
  );
  const poison = { opcode: 0x85, dst: 0, src: 0, offset: 0, imm: 0xbad2310 };
  assert.deepEqual(result.value.instructions, [wide, poison, poison, poison, plain]);
});

test("applyCoreRelocations() takes several types of one name when they agree", () => {
  const one = struct("task___one", ["pid", 1, 32], ["gone", 1, 64]);
  const two = struct("task___two", ["pid", 1, 32], ["gone", 1, 96]);
  const targets = { kernel: btfOf([...basics, one, two]) };
  assert.deepEqual(relocate("field_byte_offset", "0:0", {}, { targets }), [
    { opcode: 0xb7, offset: 0, imm: 4 },
  ]);
  assert.deepEqual(relocate("field_byte_offset", "0:1", { imm: 4 }, { targets }), [
    'error[core-ambiguous] at byte 0: Cannot relocate instruction 0 of "main" (probe.c:12), field_byte_offset of struct task.gone (0:1 @ offset 4): the kernel\'s types disagree, [5] struct task___one.gone (0:1 @ offset 8) and [6] struct task___two.gone (0:1 @ offset 12). Name a type that the kernel has once, or access a field on which they agree',
  ]);
});

test("applyCoreRelocations() looks through modules only when the kernel lacks the type", () => {
  let asked = 0;
  const module = btfOf([struct("nowhere", ["field", 1, 256]), struct("task", ["gone", 1, 0])], {
    base: kernel,
  });
  const targets = {
    kernel,
    modules: () => {
      asked += 1;
      return [module];
    },
  };
  assert.deepEqual(relocate("field_exists", "0:1", { imm: 1 }, { targets }), [
    { opcode: 0xb7, offset: 0, imm: 0 },
  ]);
  assert.equal(asked, 0);
  for (let again = 0; again < 2; again += 1) {
    assert.deepEqual(relocate("field_byte_offset", "0:0", {}, { typeId: 7, targets }), [
      { opcode: 0xb7, offset: 0, imm: 32 },
    ]);
  }
  assert.deepEqual(relocate("type_id_target", "0", {}, { typeId: 7, targets }), [
    { opcode: 0xb7, offset: 0, imm: kernel.endId },
  ]);
  assert.equal(asked, 1);
});

test("applyCoreRelocations() reports every relocation that cannot be, with place and remedy", () => {
  const again = "Build the object again: its BTF and its relocations do not belong together";
  assert.deepEqual(
    [
      relocate("field_exists", "0:9", {}),
      relocate("field_exists", "0:0", {}, { typeId: 8 }),
      relocate("field_byte_offset", "0:0", { imm: 3 }),
      relocate("field_signed", "1", {}),
    ].flat(),
    [
      `error[core-malformed] at byte 0: Cannot relocate instruction 0 of "main" (probe.c:12), field_exists of struct task: index 9 at level 1 is out of range: "struct task" has 4 members. ${again}`,
      `error[core-malformed] at byte 0: Cannot relocate instruction 0 of "main" (probe.c:12), field_exists of struct <anonymous>.field (0:0 @ offset 0): an anonymous type cannot be looked for. ${again}`,
      'error[core-mismatch] at byte 0: Cannot patch instruction 0 of "main" (probe.c:12), field_byte_offset of struct task.pid (0:0 @ offset 0): its value must be 0: it is 3. Build the object again: its instructions and its relocations do not belong together',
      'error[core-incomparable] at byte 0: Cannot relocate instruction 0 of "main" (probe.c:12), field_signed of struct task[1] (1 @ offset 64): field_signed cannot be asked of an array element. Access a smaller part of the type',
    ],
  );
  const plain = { opcode: 0xb7, dst: 0, src: 0, offset: 0, imm: 0 };
  const relocation = { kind: "field_exists", typeId: 5, accessor: "x" } as const;
  const result = applyCoreRelocations(
    [plain, { ...plain, relocation }, { ...plain, relocation }],
    local,
    { kernel },
  );
  assert.deepEqual(
    result.diagnostics.map(({ span }) => span.offset),
    [8, 16],
  );
});

test("applyCoreRelocations() tells negative enumerators from large ones", () => {
  const enumOf = (signed: boolean, value: number): Btf =>
    btfOf([{ kind: "enum", name: "e", size: 4, signed, values: [{ name: "A", value }] }]);
  const low32 = 2 ** 32;
  // The object's enum, the value in its instruction, the kernel's enum, the value that it gets.
  const cases: [string, Btf, bigint, Btf, bigint][] = [
    ["signed in both", enumOf(true, -5), -5n, enumOf(true, -50), -50n],
    ["signed in the object", enumOf(true, -5), -5n, enumOf(false, low32 - 50), -50n],
    ["signed in the kernel", enumOf(false, 5), 5n, enumOf(true, -50), -50n],
    [
      "unsigned in both",
      enumOf(false, low32 - 5),
      0xffff_fffbn,
      enumOf(false, low32 - 50),
      0xffff_ffcen,
    ],
    ["negative and not marked", enumOf(false, low32 - 5), -5n, enumOf(false, low32 - 50), -50n],
    ["negative in an old kernel", enumOf(false, 5), 5n, enumOf(false, low32 - 50), -50n],
  ];
  for (const [what, from, found, kernel, expected] of cases) {
    const [imm, imm2] = [BigInt.asIntN(32, found), BigInt.asIntN(32, found >> 32n)].map(Number);
    const relocation = { kind: "enumval_value", typeId: 1, accessor: "0" } as const;
    const load = {
      opcode: 0x18,
      dst: 0,
      src: 0,
      offset: 0,
      imm: imm ?? 0,
      imm2: imm2 ?? 0,
      relocation,
    };
    const result = applyCoreRelocations([load], from, { kernel });
    assert.ok(result.ok, what);
    const [patched] = result.value.instructions;
    assert.ok(patched?.imm2 !== undefined);
    const value = (BigInt(patched.imm2) << 32n) | BigInt.asUintN(32, BigInt(patched.imm));
    assert.equal(value, expected, what);
  }
});

test("applyCoreRelocations() never throws, whatever the types say", () => {
  const id = fc.integer({ min: 0, max: 9 });
  const name = fc.constantFrom("", "s", "s___x", "a", "b");
  const size = fc.constantFrom(0, 1, 3, 4, 8, 16, 0xffff_ffff);
  const flag = fc.boolean();
  const type = fc.oneof(
    fc.record({
      kind: fc.constantFrom("struct" as const, "union" as const),
      name,
      size,
      members: fc.array(
        fc.record({
          name,
          typeId: id,
          offsetBits: fc.nat(70),
          bitfieldBits: fc.constantFrom(0, 1, 40, 255),
        }),
        { maxLength: 3 },
      ),
    }),
    fc.record({
      kind: fc.constantFrom("enum" as const, "enum64" as const),
      name,
      size,
      signed: fc.constant(false),
      values: fc.array(fc.record({ name, value: fc.nat() }), { maxLength: 3 }),
    }),
    fc.record({ kind: fc.constant("array" as const), typeId: id, indexTypeId: id, length: size }),
    fc.record({ kind: fc.constant("ptr" as const), typeId: id }),
    fc.record({ kind: fc.constant("typedef" as const), name, typeId: id }),
    fc.record({ kind: fc.constant("fwd" as const), name, target: fc.constant("union" as const) }),
    fc.record({
      kind: fc.constant("func_proto" as const),
      returnTypeId: id,
      parameters: fc.array(fc.record({ name, typeId: id }), { maxLength: 3 }),
    }),
    fc.constantFrom(0, 1, 3, 4, 8, 16).map((bytes) => int("s", bytes, "signed")),
  );
  const list = fc.array(type, { minLength: 1, maxLength: 9 });
  const accessor = fc.array(fc.nat(3), { minLength: 1, maxLength: 4 }).map((at) => at.join(":"));
  const relocation = fc.record({ kind: fc.constantFrom(...CORE_KINDS), typeId: id, accessor });
  const instruction = fc.record({
    opcode: fc.constantFrom(0xb7, 0x61, 0x63, 0x91, 0x18, 0x85),
    dst: fc.constant(0),
    src: fc.constant(0),
    offset: fc.nat(8),
    imm: fc.nat(8),
    relocation,
  });
  fc.assert(
    fc.property(
      list,
      list,
      fc.array(instruction, { maxLength: 5 }),
      flag,
      (ours, theirs, program, order) => {
        const littleEndian = order;
        const instructions = program.map((one) =>
          one.opcode === 0x18 ? Object.assign(one, { imm2: 0 }) : one,
        );
        const kernel = btfOf(theirs, { littleEndian });
        const result = applyCoreRelocations(instructions, btfOf(ours, { littleEndian }), {
          kernel,
        });
        const slots = (all: readonly Instruction[]): number =>
          all.reduce((sum, { imm2 }) => sum + (imm2 === undefined ? 1 : 2), 0);
        if (result.ok) assert.equal(slots(result.value.instructions), slots(instructions));
        else assert.ok(result.diagnostics.length > 0);
      },
    ),
    { numRuns: 500 },
  );
});
