import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";

import { formatDiagnostic } from "../diagnostic.ts";
import { printAssembly, printInstruction } from "./assembly.ts";
import { checkInstruction } from "./check.ts";
import type { Instruction } from "./instruction.ts";
import { parseAssembly } from "./parse.ts";

const int32 = fc.oneof(
  fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }),
  fc.constantFrom(0, 1, 16, 32, 64, 0x100, 0x110, 0xe1, 0xf1, 0x40, 0x41, -1),
);
const name = fc.stringMatching(/^[A-Za-z_.$][\w.$]{0,8}$/);
const anyInstruction: fc.Arbitrary<Instruction> = fc
  .record(
    {
      opcode: fc.integer({ min: 0, max: 255 }),
      dst: fc.integer({ min: 0, max: 15 }),
      src: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 15 })),
      offset: fc.oneof(
        fc.constantFrom(0, 1, -1, 8, 16, 32),
        fc.integer({ min: -0x8000, max: 0x7fff }),
      ),
      imm: int32,
      imm2: int32,
      symbol: fc.option(name, { nil: undefined }),
    },
    { noNullPrototype: true },
  )
  .map(({ imm2, symbol, ...fields }) => {
    const wide = fields.opcode === 0x18 ? { imm2 } : {};
    return Object.assign(fields, wide, symbol === undefined ? {} : { symbol });
  });

function parse(text: string): Instruction[] {
  const result = parseAssembly(text);
  assert.ok(result.ok, result.diagnostics.map(formatDiagnostic).join("\n"));
  return result.value;
}

function problems(text: string): string[] {
  return parseAssembly(text).diagnostics.map(formatDiagnostic);
}

for (const notation of ["kernel", "llvm"] as const) {
  test(`parseAssembly() reads back whatever printAssembly() prints in ${notation} notation`, () => {
    fc.assert(
      fc.property(fc.array(anyInstruction), (instructions) => {
        assert.deepEqual(parse(printAssembly(instructions, notation)), instructions);
      }),
      { numRuns: 500 },
    );
  });

  test(`printInstruction() needs .insn for no valid instruction that the ${notation} notation can tell`, () => {
    const needed = new Set<string>();
    for (const instruction of validInstructions())
      if (printInstruction(instruction, notation).startsWith(".insn"))
        needed.add(`${instruction.opcode.toString(16)}/${instruction.src}`);
    // Neither has words for both halves of BTF ids (18/3), the kernel none for map indexes (18/5), for callx and the module
    // of a kernel function (85/2), LLVM none for what is called and for the displacement of packet loads.
    const packet = ["40", "48", "50"].flatMap((opcode) =>
      [0, 1, 2, 3, 4, 5, 6].map((src) => `${opcode}/${src}`),
    );
    const expected = {
      kernel: ["18/3", "18/5", "85/2", "8d/0"],
      llvm: ["18/3", ...packet, "85/1", "85/2"],
    };
    assert.deepEqual([...needed].toSorted(), expected[notation]);
  });
}

const anyName = fc.oneof(
  name,
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    "a b",
    "core::fmt",
    "out; exit",
    "/*",
    "//",
    "5",
    "r1",
    "pc",
    "é",
    "bpf_loop",
    "",
  ),
);
const anyReference: fc.Arbitrary<Instruction> = anyName.chain((called) => {
  const flow = { dst: 0, src: 0, offset: 0, imm: 0 };
  const wide = { opcode: 0x18, dst: 1, offset: 0, imm: 0, imm2: 0 };
  return fc.constantFrom<Instruction>(
    { ...wide, src: 1, reference: { kind: "map", name: called } },
    { ...wide, src: 2, imm2: 8, reference: { kind: "map-value", name: called, offset: 8 } },
    { ...wide, src: 2, reference: { kind: "kconfig", name: called } },
    { ...wide, src: 4, reference: { kind: "function", name: called } },
    { ...flow, opcode: 0x85, src: 1, imm: -1, reference: { kind: "function", name: called } },
    { ...flow, opcode: 0x05, reference: { kind: "label", name: called } },
    { ...flow, opcode: 0x95, symbol: called },
  );
});

for (const notation of ["kernel", "llvm"] as const) {
  test(`parseAssembly() reads back symbols and references by any name in ${notation} notation`, () => {
    fc.assert(
      fc.property(anyReference, (instruction) => {
        const text = printAssembly([instruction], notation);
        assert.deepEqual(parse(text), [instruction]);
        // A long name fits no statement.
        assert.ok(!text.includes(".insn") || text.length > 1000);
      }),
      { numRuns: 1000 },
    );
  });
}

test("printAssembly() quotes names that are no C names, and only those", () => {
  const text = `"core\\u003a\\u003afmt":
  (18) r1 = kconfig[CONFIG_HZ]
  (85) call "bpf_loop"
  (05) goto "a\\u0020b"
"a\\u0020b":
  (95) exit
`;
  assert.equal(printAssembly(parse(text), "kernel"), text);
});

/** Every opcode with every variant of it, all fields used that it has. */
function validInstructions(): Instruction[] {
  const found: Instruction[] = [];
  const imms = [
    0, 5, -5, 16, 32, 64, 0, 0x40, 0x50, 0xa0, 1, 0x41, 0x51, 0xa1, 0xe1, 0xf1, 0x100, 0x110,
  ];
  for (let opcode = 0; opcode < 256; opcode++)
    for (const dst of [0, 1])
      for (const src of [0, 1, 2, 3, 4, 5, 6])
        for (const offset of [0, 1, 8, 16, 32, -3])
          for (const imm of imms) {
            const narrow = { opcode, dst, src, offset, imm };
            const instruction = opcode === 0x18 ? { ...narrow, imm2: imm } : narrow;
            if (checkInstruction(instruction) === undefined) found.push(instruction);
          }
  return found;
}

test("parseAssembly() reads labels, functions, maps, comments and several statements per line", () => {
  const program = parse(`
; r1 is the context
main:  r6 = r1; r1 = map[counts]   // the map
start: again: r2 = r10 # the key
  r2 += -4; call bpf_map_lookup_elem
  if r0 == 0 goto out; call add; goto again
  /* two
     lines */ r1 = map[.bss][0]+8; r2 = subprog[add]
out: exit
add: w0 = 0xffffffff; exit
`);
  assert.equal(
    printAssembly(program, "kernel"),
    `main:
  (bf) r6 = r1
  (18) r1 = map[counts]
start:
  (bf) r2 = r10
  (07) r2 += -4
  (85) call bpf_map_lookup_elem#1
  (15) if r0 == 0x0 goto out
  (85) call add
  (05) goto start
  (18) r1 = map[.bss][0]+8
  (18) r2 = subprog[add]
out:
  (95) exit
add:
  (b4) w0 = -1
  (95) exit
`,
  );
});

test("parseAssembly() reads the listing of llvm-objdump", () => {
  const listing = `
0000000000000000 <f>:
       0:\tb7 00 00 00 01 00 00 00\tr0 = 0x1
       1:\t18 01 00 00 fe ff ff ff 00 00 00 00 01 00 00 00\tr1 = 0x1fffffffe ll
       3:\t15 01 01 00 00 00 00 00\tif r1 == 0x0 goto +0x1 <f+0x28>
       4:\t05 00 fb ff 00 00 00 00\tgoto -0x5 <f>
       5:\t95 00 00 00 00 00 00 00\texit
`;
  assert.equal(
    printAssembly(parse(listing), "llvm"),
    "f:\n  r0 = 0x1\n  r1 = 0x1fffffffe ll\n  if r1 == 0x0 goto +0x1\n  goto -0x5\n  exit\n",
  );
});

test("parseAssembly() names every statement that it cannot read, and says how to mend it", () => {
  assert.deepEqual(
    problems(
      "r0 = 1; r1 == 2\n  r16 = 0; w1 = r2\nr1 += 0xffffffff; r1 = -r2; (b7) exit; r1 ! 3; end:",
    ),
    [
      'error[asm-syntax] at byte 8: Cannot parse "r1 == 2": no instruction is written like that. Examples: r1 = 5; r2 = *(u32 *)(r1 + 4); if r1 > 5 goto done; call bpf_ktime_get_ns; exit',
      'error[asm-syntax] at byte 18: Cannot parse "r16 = 0": the register is 16. It must be from 0 to 15',
      'error[asm-syntax] at byte 27: Cannot parse "w1 = r2": it mixes r and w registers. Name both r (64 bits) or both w (32 bits)',
      'error[asm-syntax] at byte 35: Cannot parse "r1 += 0xffffffff": the immediate is 4294967295. It must be from -2147483648 to 2147483647',
      'error[asm-syntax] at byte 53: Cannot parse "r1 = -r2": it names registers 1 and 2. The instruction has one register for both: name the same twice',
      'error[asm-syntax] at byte 63: Cannot parse "(b7) exit": it is opcode 95 and stands after (b7). Correct one of the two or leave out the opcode',
      'error[asm-syntax] at byte 74: Cannot parse "r1 ! 3": "!" belongs to no instruction. Write one statement per line or put ";" between them',
      'error[asm-label-at-end] at byte 82: Cannot place label "end": no instruction follows it. Put it before an instruction',
    ],
  );
});

test("parseAssembly() refuses numbers beyond 64 bits, far jumps and extended operands", () => {
  const text = "r1 = 0x10000000000000000 ll\ngoto +40000\nif r1 == w2 goto +1\nr1 += (s8)r2";
  assert.deepEqual(problems(text), [
    'error[asm-syntax] at byte 0: Cannot parse "r1 = 0x10000000000000000 ll": the constant is 18446744073709551616. It must fit 64 bits',
    'error[asm-syntax] at byte 28: Cannot parse "goto +40000": the offset is 40000. It must be from -32768 to 32767',
    'error[asm-syntax] at byte 40: Cannot parse "if r1 == w2 goto +1": it mixes r and w registers. Name both r (64 bits) or both w (32 bits)',
    'error[asm-syntax] at byte 60: Cannot parse "r1 += (s8)r2": it extends the sign of an operand. Only a plain assignment does that',
  ]);
});

test("parseAssembly() answers within bounds of time to text that is made to take long", () => {
  const long = 100_000;
  const texts = [
    "/* ".repeat(long),
    "goto".repeat(long),
    "a:".repeat(long),
    "r1 = 1 + ".repeat(long),
    ";".repeat(long),
  ];
  const started = performance.now();
  const counts = texts.map((text) => parseAssembly(text).diagnostics.length);
  // The thousand that an input gets at most, and one that says so.
  assert.deepEqual(counts, [0, 1, 1001, 1, 0]);
  assert.equal(performance.now() - started < 10_000, true);
});

test("parseAssembly() quotes no more of a statement than a person reads", () => {
  assert.deepEqual(problems("x".repeat(1001)), [
    `error[asm-syntax] at byte 0: Cannot parse "${"x".repeat(79)}…": it has 1001 characters. A statement has at most 1000`,
  ]);
});
