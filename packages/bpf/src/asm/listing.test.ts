import assert from "node:assert/strict";
import { test } from "node:test";

import { asm } from "./asm.ts";
import type { Instruction } from "./instruction.ts";
import { formatListing } from "./listing.ts";
import { parseAssembly } from "./parse.ts";

function program(): Instruction[] {
  const text = asm`
main: r1 = map[counts]
      r2 = *(u32 *)(r1 + 4)
      if r2 == 0 goto out
      call add
      call bpf_ktime_get_ns
out:  exit
add:  r0 = 0x100000000 ll
      exit`;
  const line = (number: number, column: number, text: string): Partial<Instruction> => ({
    source: { file: "a.c", line: number, column, text },
  });
  const extra: Partial<Instruction>[] = [
    line(3, 1, "  int x = p->y;"),
    {
      ...line(3, 9, "  int x = p->y;"),
      relocation: { kind: "field_byte_offset", typeId: 7, accessor: "0:1" },
    },
    line(4, 1, "\tif (!x)"),
  ];
  return text.map((instruction, index) => Object.assign({}, instruction, extra[index]));
}

test("formatListing() lists a program as bpftool does", () => {
  assert.equal(
    formatListing(program()),
    `main:
; int x = p->y;
   0: (18) r1 = map[counts]
   2: (61) r2 = *(u32 *)(r1 +4)
      ; CO-RE <field_byte_offset> [7] (0:1)
; if (!x)
   3: (15) if r2 == 0x0 goto pc+2
   4: (85) call pc+2#add
   5: (85) call bpf_ktime_get_ns#5
out:
   6: (95) exit
add:
   7: (18) r0 = 0x100000000
   9: (95) exit
`,
  );
});

test("formatListing() lists a program as llvm-objdump does, with bytes and relocations", () => {
  assert.equal(
    formatListing(program(), {
      notation: "llvm",
      bytes: true,
      source: false,
      describeRelocation: ({ accessor }) => `CO-RE <byte_off> struct p::y (${accessor})`,
    }),
    `0000000000000000 <main>:
       0:\t18 11 00 00 00 00 00 00 00 00 00 00 00 00 00 00\tr1 = 0x0 ll
\t\t0000000000000000:  R_BPF_64_64\tcounts
       2:\t61 12 04 00 00 00 00 00\tw2 = *(u32 *)(r1 + 0x4)
\t\t0000000000000010:  CO-RE <byte_off> struct p::y (0:1)
       3:\t15 02 02 00 00 00 00 00\tif r2 == 0x0 goto +0x2 <out>
       4:\t85 10 00 00 02 00 00 00\tcall 0x2
\t\t0000000000000020:  R_BPF_64_32\tadd
       5:\t85 00 00 00 05 00 00 00\tcall 0x5
0000000000000030 <out>:
       6:\t95 00 00 00 00 00 00 00\texit
0000000000000038 <add>:
       7:\t18 00 00 00 00 00 00 00 00 00 00 00 01 00 00 00\tr0 = 0x100000000 ll
       9:\t95 00 00 00 00 00 00 00\texit
`,
  );
});

test("formatListing() keeps names that nothing defines and shows what cannot be encoded", () => {
  const broken = asm`goto nowhere; call far; exit`.map((instruction, index) =>
    index === 2 ? Object.assign({}, instruction, { imm: 2 ** 40 }) : instruction,
  );
  assert.equal(
    formatListing(broken, { bytes: true }),
    `   0: (05) goto nowhere
       05 00 00 00 00 00 00 00
   1: (85) call far
       85 10 00 00 ff ff ff ff
   2: (95) exit
       ?? ?? ?? ?? ?? ?? ?? ??
`,
  );
});

test("parseAssembly() reads both listings back", () => {
  for (const notation of ["kernel", "llvm"] as const) {
    const linked = asm`top: r1 = 7; r2 = 0x100000000 ll; if r1 > r2 goto top; call 5; exit`;
    const text = formatListing(linked, {
      notation,
      bytes: notation === "llvm",
      relocations: false,
    });
    const back = parseAssembly(text);
    assert.ok(back.ok);
    const again = formatListing(back.value, { notation, bytes: notation === "llvm" });
    assert.equal(again, text);
  }
});
