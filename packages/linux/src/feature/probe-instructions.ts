import type { Instruction } from "@ocelli/bpf";

import { LinuxError } from "../error.ts";
import type { Kernel } from "../port/kernel.ts";
import { loadProgram } from "../program/load.ts";
import { inconclusive, no, YES, type ProbeAnswer } from "./answer.ts";
import { EXIT, probeLoad, RETURN_ZERO } from "./probe-programs.ts";

const instruction = (
  opcode: number,
  fields: Partial<Omit<Instruction, "opcode">> = {},
): Instruction => ({ opcode, dst: 0, src: 0, offset: 0, imm: 0, ...fields });
const repeat = (count: number): Instruction[] => Array.from({ length: count }, () => RETURN_ZERO);

// r1 = 0; *(u64 *)(r10 - 8) = r1; r1 = 1 — before an atomic step on the stack.
const STACK_ZERO: readonly Instruction[] = [
  instruction(0x7a, { dst: 10, offset: -8 }),
  instruction(0xb7, { dst: 1, imm: 1 }),
];

/** What the kernel's instruction set may have: levels of the ISA, and what came one at a time. */
export type InstructionFeature =
  | "v1"
  | "v2"
  | "v3"
  | "v4"
  | "atomic_fetch"
  | "load_acquire"
  | "may_goto"
  | "bounded_loops"
  | "large_programs";

const PROBES: Readonly<Record<InstructionFeature, readonly Instruction[]>> = {
  /** ISA v1: the first instructions. */
  v1: [RETURN_ZERO, EXIT],
  /** ISA v2: unsigned and signed less-than jumps. Linux 4.14. */
  v2: [RETURN_ZERO, instruction(0xa5, { imm: 1 }), EXIT],
  /** ISA v3: 32-bit jumps. Linux 5.1. */
  v3: [RETURN_ZERO, instruction(0xa6, { imm: 1 }), EXIT],
  /** ISA v4: sign-extending moves, byte swaps, signed division, long jumps. Linux 6.6. */
  v4: [RETURN_ZERO, instruction(0xbf, { offset: 8 }), EXIT],
  /** Atomic add that gives the old value. Linux 5.12. */
  atomic_fetch: [
    ...STACK_ZERO,
    instruction(0xdb, { dst: 10, src: 1, offset: -8, imm: 1 }),
    RETURN_ZERO,
    EXIT,
  ],
  /** Loads that acquire and stores that release. Linux 6.15. */
  load_acquire: [
    ...STACK_ZERO,
    instruction(0xdb, { dst: 0, src: 10, offset: -8, imm: 0x100 }),
    RETURN_ZERO,
    EXIT,
  ],
  /** A jump that ends a loop after enough rounds. Linux 6.9. */
  may_goto: [RETURN_ZERO, instruction(0xe5, { offset: 0 }), EXIT],
  /** Loops with an end. Linux 5.3. */
  bounded_loops: [
    instruction(0xb7, { imm: 10 }),
    instruction(0x07, { imm: -1 }),
    instruction(0x55, { offset: -2 }),
    EXIT,
  ],
  /** More than 4096 instructions. Linux 5.2. */
  large_programs: [...repeat(4097), EXIT],
};

/** Every feature of the instruction set that is asked for. */
export function probedInstructions(): readonly InstructionFeature[] {
  // Every key of the table is one of its own names.
  return Object.keys(PROBES) as InstructionFeature[];
}

/** Whether the kernel takes instructions of a kind, asked with a socket filter that has one. */
export function probeInstructions(
  kernel: Kernel,
  feature: InstructionFeature,
  tokenFd?: number,
): ProbeAnswer {
  try {
    using _program = loadProgram(kernel, probeLoad("socket_filter", PROBES[feature], tokenFd));
    return YES;
  } catch (error) {
    if (!(error instanceof LinuxError)) throw error;
    return error.code === "permission" ? inconclusive(error.message) : no(error.message);
  }
}
