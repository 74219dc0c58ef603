import assert from "node:assert/strict";
import { test } from "node:test";

import type { Instruction } from "@ocelli/bpf";

import { VerifierError } from "./verifier-error.ts";

const nop: Instruction = { opcode: 0xb7, dst: 0, src: 0, offset: 0, imm: 0 };
const lines = (text: string): string[] => text.trim().split("\n");

// As Linux 6.12 writes it for a map lookup whose result is used unchecked.
const classic = lines(`
0: R1=ctx() R10=fp0
; long *value = bpf_map_lookup_elem(&counts, &key); @ count.bpf.c:19
0: (85) call bpf_map_lookup_elem#1    ; R0_w=map_value_or_null(id=1,map=counts,ks=4,vs=8)
; *value += 1; @ count.bpf.c:20
1: (79) r1 = *(u64 *)(r0 +0)
R0 invalid mem access 'map_value_or_null'
processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
`);

// The same from Linux 7.3 on.
const structured = lines(`
0: R1=ctx() R10=fp0
0: (85) call bpf_map_lookup_elem#1    ; R0_w=map_value_or_null(id=1,map=counts,ks=4,vs=8)
1: (79) r1 = *(u64 *)(r0 +0)
R0 invalid mem access 'map_value_or_null'

Verification failed: Register Type Safety: Invalid dereference

Reason:
  R0 may be NULL at this point, so the program
  cannot read through it.

At:
  insn 1
       | ^-- error: invalid dereference of R0 (a nullable map value pointer)
  Instruction context:
      0 | (85) call bpf_map_lookup_elem#1
  >>> 1 | (79) r1 = *(u64 *)(r0 +0)

Causal path:
  insn 0
       | ^-- update: R0 changed from uninitialized value to nullable map value at offset 0
  Instruction context:
      0 | (85) call bpf_map_lookup_elem#1

Suggestion:
  Check the pointer for NULL first.

processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
`);

test("VerifierError shows instruction, source, reason, hint and the end of a log", () => {
  const error = new VerifierError({ name: "count", section: "xdp" }, 13, classic);
  assert.equal(
    error.format({ tail: 2 }),
    lines(`
Cannot load program "count" (xdp): R0 may be null here: it is a map value that was not compared with 0 (at count.bpf.c:20: *value += 1;)
  at instruction 1 (79) r1 = *(u64 *)(r0 +0)
  source: *value += 1;
  kernel: R0 invalid mem access 'map_value_or_null' (EACCES)
  hint: Compare it with 0, in 64 bits, and leave when it is null
  log, last 2 of 7 lines:
    R0 invalid mem access 'map_value_or_null'
    processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0`).join(
      "\n",
    ),
  );
  assert.deepEqual(error.log, classic);
});

test("VerifierError shows the explanation of Linux 7.3", () => {
  const error = new VerifierError({ name: "count" }, 13, structured);
  assert.equal(
    error.format({ tail: 0 }),
    lines(`
Cannot load program "count": R0 may be null here: it is a map value that was not compared with 0
  at instruction 1 (79) r1 = *(u64 *)(r0 +0)
  kernel: R0 invalid mem access 'map_value_or_null' (EACCES)
  kernel: Register Type Safety: Invalid dereference. R0 may be NULL at this point, so the program cannot read through it.
    instruction 0: update: R0 changed from uninitialized value to nullable map value at offset 0
  hint: Compare it with 0, in 64 bits, and leave when it is null`).join("\n"),
  );
  assert.deepEqual(error.block, {
    category: "Register Type Safety",
    title: "Invalid dereference",
    reason: "R0 may be NULL at this point, so the program cannot read through it.",
    suggestion: "Check the pointer for NULL first.",
    error: "invalid dereference of R0 (a nullable map value pointer)",
    instruction: { index: 1, text: "(79) r1 = *(u64 *)(r0 +0)" },
    path: [
      {
        kind: "update",
        instruction: 0,
        text: "R0 changed from uninitialized value to nullable map value at offset 0",
      },
    ],
  });
});

test("VerifierError prefers the program's own line records, which know the column", () => {
  const instructions: Instruction[] = [
    {
      ...nop,
      functionTypeId: 3,
      source: { file: "count.bpf.ts", line: 3, column: 5, text: "const value = counts.get(key)" },
    },
    { ...nop, source: { file: "count.bpf.ts", line: 4, column: 9, text: "  value.add(1)" } },
  ];
  const error = new VerifierError({ name: "count", instructions }, 13, classic);
  assert.equal(
    error.message,
    'Cannot load program "count": R0 may be null here: it is a map value that was not compared with 0 (at count.bpf.ts:4:9: value.add(1))',
  );
});

test("VerifierError tells what a poisoned instruction stands for", () => {
  const log = lines(`
0: (85) call unknown#195896080
invalid func unknown#195896080
`);
  const poisoned = new Map([[0, 'struct task_struct has no field "gone" on this kernel']]);
  assert.deepEqual(
    [
      new VerifierError({ name: "p", poisoned }, 22, log).message,
      new VerifierError({ name: "p" }, 22, log).message,
    ],
    [
      'Cannot load program "p": struct task_struct has no field "gone" on this kernel',
      'Cannot load program "p": A CO-RE relocation found nothing on this kernel, and the program reaches the instruction that needs it',
    ],
  );
});

test("VerifierError finds a verdict that the kernel writes behind a jump", () => {
  const error = new VerifierError(
    { name: "loop" },
    22,
    lines(`
1: (61) r1 = *(u32 *)(r10 -4)         ; R1=scalar(umax=0xffffffff) R10=fp0 fp-8=mmmm????
4: (a5) if r1 < 0x64 goto pc-4 infinite loop detected at insn 1
cur state: R1=scalar(umax=99) R10=fp0 fp-8=mmmm????
old state: R1=scalar(umax=99) R10=fp0 fp-8=mmmm????
processed 18 insns (limit 1000000) max_states_per_insn 0 total_states 1 peak_states 1 mark_read 0
`),
  );
  assert.deepEqual(
    [error.summary, error.instruction],
    ["infinite loop detected at insn 1", { index: 1, text: "(61) r1 = *(u32 *)(r10 -4)" }],
  );
});

test("VerifierError repeats a message that it does not know, and an errno without any", () => {
  assert.deepEqual(
    [
      new VerifierError({ name: "p" }, 22, ["something quite new"]).message,
      new VerifierError({ name: "p" }, 22, ["processed 0 insns (limit 1000000) …"]).format(),
    ],
    [
      'Cannot load program "p": something quite new',
      `Cannot load program "p": the kernel gives no reason
  kernel: EINVAL (EINVAL)
  log:
    processed 0 insns (limit 1000000) …`,
    ],
  );
});
