import assert from "node:assert/strict";
import { suite, test } from "node:test";

import {
  asm,
  call,
  callFunction,
  createBtfBuilder,
  exit,
  jumpIf,
  label,
  load,
  loadFunction,
  loadMap,
  loadMapValue,
  mapSpec,
  mov64,
  readBtf,
  type Instruction,
  type MapSpec,
  type ProgramType,
} from "@ocelli/bpf";

import type { VerifyEnvironment, VerifyProgram } from "./analysis.ts";
import type { RejectionCode } from "./reject.ts";
import { formatVerifyReport } from "./report.ts";
import { verify } from "./verify.ts";

const constants = mapSpec({
  name: "constants",
  type: "array",
  valueSize: 8,
  flags: 128,
  data: Uint8Array.of(5, 0, 0, 0, 0, 0, 0, 0),
  frozen: true,
});
const MAPS: readonly MapSpec[] = [
  mapSpec({ name: "counts", type: "hash", valueSize: 16, maxEntries: 8 }),
  mapSpec({ name: "list", type: "array", valueSize: 64, maxEntries: 4 }),
  mapSpec({ name: "events", type: "ringbuf", keySize: 0, valueSize: 0, maxEntries: 4096 }),
  mapSpec({ name: "jumps", type: "prog_array", maxEntries: 4 }),
  constants,
];
const maps = new Map(MAPS.map((map) => [map.name, map]));

function judge(
  instructions: readonly Instruction[],
  type: ProgramType = "xdp",
  more: Partial<VerifyProgram> = {},
  environment: Partial<VerifyEnvironment> = {},
): string {
  const program: VerifyProgram = {
    name: "main",
    type,
    attachType: undefined,
    attachTo: "",
    flags: 0,
    license: "GPL",
    ...more,
  };
  const verified = verify(program, instructions, { maps, ...environment });
  return verified.ok ? `accepted after ${verified.processed}` : formatVerifyReport(verified.report);
}

const lookup = (name: string): Instruction[] => [
  ...asm`*(u32 *)(r10 - 4) = 1; r2 = r10; r2 += -4`,
  loadMap("r1", name),
  call("map_lookup_elem"),
];
const reserve: readonly Instruction[] = [loadMap("r1", "events"), ...asm`r2 = 8; r3 = 0; call 131`];

/** One program for each class of refusal, and everything that is said of it. */
const REFUSED: readonly (readonly [RejectionCode, readonly Instruction[], string, ProgramType?])[] =
  [
    [
      "vm-verify-structure",
      asm`r0 = 0`,
      `vm-verify-structure: Function "function 0" runs past its last instruction
  at slot 0: r0 = 0
  End every function with an exit or a jump
`,
    ],
    [
      "vm-verify-unreachable",
      asm`r0 = 0; exit; r0 = 1; exit`,
      `vm-verify-unreachable: Instruction 2 is never reached
  at slot 2: r0 = 1
  Remove it, or the jump that keeps everything from coming there
`,
    ],
    [
      "vm-verify-instruction",
      [{ opcode: 0x8d, dst: 0, src: 0, offset: 0, imm: 0 }, exit()],
      `vm-verify-instruction: Opcode 0x8d calls or jumps through a register, which programs may not
  at slot 0: .insn 0x8d, r0, 0, 0, 0
  Call helpers by number and functions by name
`,
    ],
    [
      "vm-verify-unwritten",
      asm`call 5; r0 = r1; exit`,
      `vm-verify-unwritten: r1 is read, and nothing was written to it on this path
  at slot 1: r0 = r1
  r1 is undefined
  Calls leave r1 to r5 undefined: keep what is needed after one in r6 to r9 or on the stack
`,
    ],
    [
      "vm-verify-frame-pointer",
      asm`r10 = 0; r0 = 0; exit`,
      `vm-verify-frame-pointer: r10 is written: it is the frame's address and read-only
  at slot 0: r10 = 0
  r10 is a stack address
  Copy it to another register and change that
`,
    ],
    [
      "vm-verify-arithmetic",
      asm`r0 = 1; r0 /= 0; exit`,
      `vm-verify-arithmetic: The program divides by the constant 0
  at slot 1: r0 /= 0
  r0 is 1
  r1 is the context
  Divide by a register when the divisor may be 0: that gives 0, and a remainder of the dividend
`,
    ],
    [
      "vm-verify-pointer-arithmetic",
      asm`r1 *= 2; r0 = 0; exit`,
      `vm-verify-pointer-arithmetic: r1 *= is not defined for the context
  at slot 0: r1 *= 2
  r1 is the context
  Add to pointers and subtract from them; compute offsets in a register of their own
`,
    ],
    [
      "vm-verify-null",
      [...lookup("counts"), ...asm`r0 = *(u64 *)(r0 + 0); exit`],
      `vm-verify-null: r0 is a map value or null, and memory is read through it
  at slot 6: r0 = *(u64 *)(r0 +0)
  r0 is a map value or null of map "counts"
  Compare it with 0 first, and go on only where it is not
`,
    ],
    [
      "vm-verify-not-pointer",
      asm`r0 = *(u32 *)(r1 + 12); r0 = *(u32 *)(r0 + 0); exit`,
      `vm-verify-not-pointer: r0 is a number, and memory is read through it
  at slot 1: r0 = *(u32 *)(r0 +0)
  r0 is a number from 0 to 4294967295
  Use an address that the context, a map, a helper or the stack gave; read kernel memory with probe_read_kernel()
`,
    ],
    [
      "vm-verify-pointer-type",
      [
        ...asm`r2 = r1; r3 = *(u32 *)(r1 + 12); *(u64 *)(r10 - 8) = 0; if r3 > 4 goto use; r2 = r10; r2 += -20; *(u32 *)(r10 - 8) = 1; *(u64 *)(r10 - 16) = 1`,
        label("use", load("u32", "r0", "r2", 12)),
        exit(),
      ],
      `vm-verify-pointer-type: r2 is the context on this path and a stack address on another
  at slot 8: r0 = *(u32 *)(r2 +12)
  r2 is the context
  on the way there:
    3: if r3 > 0x4 goto pc+4 is taken
  Access each through an instruction of its own: branch before the load or store
`,
    ],
    [
      "vm-verify-bounds",
      [
        ...asm`r6 = *(u32 *)(r1 + 12)`,
        ...lookup("list"),
        ...asm`if r0 == 0 goto out; if r6 > 60 goto out; r0 += r6; r0 = *(u64 *)(r0 + 0); out: r0 = 0; exit`,
      ],
      `vm-verify-bounds: 8 bytes are read at up to 60 of a map value through r0: it has 64
  at slot 10: r0 = *(u64 *)(r0 +0)
  r0 is a map value of map "list" plus a number from 0 to 60, bits 0x3f unknown
  on the way there:
    7: if r0 == 0x0 goto pc+3 is not taken
    8: if r6 > 0x3c goto pc+2 is not taken
  Go on only where the number is at most 56
`,
    ],
    [
      "vm-verify-packet",
      asm`r2 = *(u32 *)(r1 + 0); r3 = *(u32 *)(r1 + 4); r4 = r2; r4 += 14; if r4 > r3 goto out; r0 = *(u16 *)(r2 + 13); out: r0 = 0; exit`,
      `vm-verify-packet: 2 bytes of the packet are read at 13 through r2: 14 bytes are proven to be there
  at slot 5: r0 = *(u16 *)(r2 +13)
  r2 is a packet address with 14 bytes proven
  on the way there:
    4: if r4 > r3 goto pc+1 is not taken
  Compare first: if (data + 15 > data_end) return; with the same pointer, after the last change of it
`,
    ],
    [
      "vm-verify-alignment",
      asm`*(u64 *)(r10 - 12) = 0; r0 = 0; exit`,
      `vm-verify-alignment: 8 bytes are accessed at an address that is no multiple of 8: r10 is a stack address plus 0, and the instruction adds -12
  at slot 0: *(u64 *)(r10 -12) = 0
  r10 is a stack address
  Place what is accessed at a multiple of 8, or access it in smaller pieces
`,
    ],
    [
      "vm-verify-stack",
      asm`*(u64 *)(r10 - 520) = 0; r0 = 0; exit`,
      `vm-verify-stack: 8 bytes at -520 from the frame's end are accessed through r10: a frame is the bytes from -512 to -1
  at slot 0: *(u64 *)(r10 -520) = 0
  r10 is a stack address
  Keep less on the stack, or keep it in a map of one entry
`,
    ],
    [
      "vm-verify-readonly",
      [loadMapValue("r1", "constants"), ...asm`*(u32 *)(r1 + 0) = 1; r0 = 0; exit`],
      `vm-verify-readonly: Map "constants" is written through r1, and is read-only for programs
  at slot 2: *(u32 *)(r1 +0) = 1
  r1 is a map value of map "constants"
  Variables that change are not const
`,
    ],
    [
      "vm-verify-context",
      asm`r0 = *(u32 *)(r1 + 24); exit`,
      `vm-verify-context: 4 bytes at 24 of the context (struct xdp_md) are read: programs of type xdp have nothing there that may be
  at slot 0: r0 = *(u32 *)(r1 +24)
  r1 is the context
  Access whole fields, at their own offsets
`,
    ],
    [
      "vm-verify-helper",
      asm`r2 = 0; call 44; exit`,
      `vm-verify-helper: Programs of type sched_cls may not call xdp_adjust_head()
  at slot 1: call bpf_xdp_adjust_head#44
  r1 is the context
  r2 is 0
  Programs of these types may: xdp
`,
      "sched_cls",
    ],
    [
      "vm-verify-argument",
      asm`r1 = 0; r2 = 4; call 6; r0 = 0; exit`,
      `vm-verify-argument: Argument 1 of trace_printk() is null: it takes an address
  at slot 2: call bpf_trace_printk#6
  r1 is 0
  Give it what it takes
`,
    ],
    [
      "vm-verify-map",
      [loadMap("r1", "jumps"), ...asm`*(u32 *)(r10 - 4) = 1; r2 = r10; r2 += -4; call 1; exit`],
      `vm-verify-map: map_lookup_elem() does not take map "jumps" of type prog_array
  at slot 5: call bpf_map_lookup_elem#1
  r1 is a map of map "jumps"
  Maps of that type are for tail_call()
`,
    ],
    [
      "vm-verify-reference",
      [...reserve, ...asm`if r0 == 0 goto out; *(u64 *)(r0 + 0) = 1; out: r0 = 0; exit`],
      `vm-verify-reference: The reservation in ring "events" is still held at the end
  at slot 8: exit
  r0 is 0
  on the way there:
    5: if r0 == 0x0 goto pc+1 is not taken
  Give it back on every path: submit or discard reservations, release sockets
`,
    ],
    [
      "vm-verify-loop",
      asm`r6 = 0; more: if r6 == 1 goto out; if r1 == 7 goto more; r0 = 0; if r1 != 9 goto more; out: r0 = 0; exit`,
      `vm-verify-loop: A loop comes back to where it was with nothing changed: it never ends
  at slot 1: if r6 == 0x1 goto pc+3
  r0 is 0
  r1 is the context
  r6 is 0
  on the way there:
    2: if r1 == 0x7 goto pc-2 is not taken
    4: if r1 != 0x9 goto pc-4 is taken
    2: if r1 == 0x7 goto pc-2 is not taken
    4: if r1 != 0x9 goto pc-4 is taken
  Count its rounds in a variable that the condition compares
`,
    ],
    [
      "vm-verify-complexity",
      asm`r6 = 0; more: r6 += 1; if r6 != -1 goto more; r0 = 0; exit`,
      `vm-verify-complexity: More than 1000000 instructions were processed: the program has too many paths
  at slot 2: if r6 != 0xffffffff goto pc-2
  r1 is the context
  r6 is 500000
  Bound loops more tightly, split the work over tail calls, or move loops into bpf_loop()
`,
    ],
    [
      "vm-verify-call",
      [label("main", callFunction("main")), exit()],
      `vm-verify-call: Function "main" calls itself, directly or through others
  at slot 0: call pc-1
  Programs have no recursion: use a loop, and an array for what is open
`,
    ],
    [
      "vm-verify-return",
      asm`r0 = 2; exit`,
      `vm-verify-return: The program returns 2: programs of type cgroup_skb return 0 to 1
  at slot 1: exit
  r0 is 2
  Return 0 to 1 on every path
`,
      "cgroup_skb",
    ],
    [
      "vm-verify-btf",
      asm`r0 = *(u64 *)(r1 + 0); exit`,
      `vm-verify-btf: The program is given kernel pointers, and the kernel's types are not at hand
  at slot 0: r0 = *(u64 *)(r1 +0)
  r1 is the context
  Give the types of the kernel that it is for (/sys/kernel/btf/vmlinux)
`,
      "netfilter",
    ],
    [
      "vm-verify-kfunc",
      [{ opcode: 0x85, dst: 0, src: 2, offset: 0, imm: 7 }, exit()],
      `vm-verify-kfunc: Kernel function number 7 is called, which this verifier does not follow
  at slot 0: call kernel-function#7
  r1 is the context
  Verify the program with the kernel
`,
    ],
    [
      "vm-verify-unsupported",
      asm`r0 = 0; exit`,
      `vm-verify-unsupported: Programs of type struct_ops are not known to this verifier
  at slot 0: r0 = 0
  Verify the program with the kernel
`,
      "struct_ops",
    ],
  ];

suite("verify()", () => {
  for (const [code, program, expected, type] of REFUSED)
    test(`refuses ${code} with words that say where, why and what to change`, () => {
      assert.equal(judge(program, type), expected);
    });

  test("refuses helpers for the GPL to programs under another licence", () => {
    assert.equal(
      judge(asm`r1 = r10; r1 += -8; *(u64 *)(r1 + 0) = 0; r2 = 8; call 6; r0 = 0; exit`, "xdp", {
        license: "BSD",
      }),
      `vm-verify-licence: trace_printk() is for programs under a licence that is compatible with the GPL
  at slot 4: call bpf_trace_printk#6
  r1 is a stack address plus -8
  r2 is 8
  Declare the licence "GPL" or "Dual MIT/GPL" if the program is under it
`,
    );
  });

  test("refuses a program that ends with a spin lock held", () => {
    const types = createBtfBuilder();
    const int = types.add({
      kind: "int",
      name: "int",
      size: 4,
      bits: 32,
      offsetBits: 0,
      encoding: "signed",
    });
    const lock = types.add({
      kind: "struct",
      name: "bpf_spin_lock",
      size: 4,
      members: [{ name: "val", typeId: int, offsetBits: 0, bitfieldBits: 0 }],
    });
    const valueTypeId = types.add({
      kind: "struct",
      name: "value",
      size: 4,
      members: [{ name: "lock", typeId: lock, offsetBits: 0, bitfieldBits: 0 }],
    });
    const built = readBtf(types.write());
    assert.ok(built.ok);
    const locked = mapSpec({ name: "locked", type: "array", valueSize: 4, valueTypeId });
    const program = [
      ...lookup("locked"),
      jumpIf("r0", "==", 0, "out"),
      mov64("r1", "r0"),
      call("spin_lock"),
      label("out", mov64("r0", 0)),
      exit(),
    ];
    assert.equal(
      judge(program, "sched_cls", {}, { maps: new Map([["locked", locked]]), btf: built.value }),
      `vm-verify-lock: A spin lock is still held at the end
  at slot 10: exit
  r0 is 0
  on the way there:
    6: if r0 == 0x0 goto pc+2 is not taken
  Unlock it on every path
`,
    );
  });

  test("takes loops, calls, callbacks and what a comparison proves", () => {
    const verdicts = [
      asm`r6 = 0; more: r6 += 1; if r6 < 1000 goto more; r0 = r6; exit`,
      [...reserve, ...asm`if r0 == 0 goto out; r1 = r0; r2 = 0; call 132; out: r0 = 0; exit`],
      [
        ...asm`r1 = 100000`,
        loadFunction("r2", "round"),
        ...asm`r3 = 0; r4 = 0; call 181; r0 = 0; exit`,
        label("round", mov64("r0", 0)),
        exit(),
      ],
      [
        loadMapValue("r1", "constants"),
        ...asm`r0 = *(u32 *)(r1 + 0); if r0 == 5 goto out; r0 = *(u64 *)(r0 + 0); out: exit`,
      ],
    ].map((program) => judge(program));
    assert.deepEqual(verdicts, [
      "accepted after 2003",
      "accepted after 12",
      "accepted after 10",
      "accepted after 4",
    ]);
  });
});
