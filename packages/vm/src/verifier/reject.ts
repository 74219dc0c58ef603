import type { PathStep, State } from "./state.ts";

/** Why a program is not accepted. A code never changes its meaning. */
export type RejectionCode =
  | "vm-verify-structure"
  | "vm-verify-unreachable"
  | "vm-verify-instruction"
  | "vm-verify-unwritten"
  | "vm-verify-frame-pointer"
  | "vm-verify-arithmetic"
  | "vm-verify-pointer-arithmetic"
  | "vm-verify-null"
  | "vm-verify-not-pointer"
  | "vm-verify-pointer-type"
  | "vm-verify-bounds"
  | "vm-verify-packet"
  | "vm-verify-alignment"
  | "vm-verify-stack"
  | "vm-verify-readonly"
  | "vm-verify-context"
  | "vm-verify-helper"
  | "vm-verify-licence"
  | "vm-verify-argument"
  | "vm-verify-map"
  | "vm-verify-reference"
  | "vm-verify-lock"
  | "vm-verify-loop"
  | "vm-verify-complexity"
  | "vm-verify-call"
  | "vm-verify-return"
  | "vm-verify-btf"
  | "vm-verify-kfunc"
  | "vm-verify-unsupported";

/** Thrown inside the verifier only: the first thing that is wrong on a path. */
export class Rejection extends Error {
  readonly code: RejectionCode;
  readonly hint: string;
  /** Registers that matter. */
  readonly registers: readonly number[];
  /** Where it is, when that is not the instruction that the analysis stands at. */
  instruction: number | undefined;
  state: State | undefined;
  path: PathStep | undefined;

  constructor(
    code: RejectionCode,
    message: string,
    hint: string,
    registers: readonly number[] = [],
    instruction?: number,
  ) {
    super(message);
    this.code = code;
    this.hint = hint;
    this.registers = registers;
    this.instruction = instruction;
  }
}

/** Ends the analysis: the program is not accepted. */
export function reject(
  code: RejectionCode,
  message: string,
  hint: string,
  registers: readonly number[] = [],
): never {
  throw new Rejection(code, message, hint, registers);
}

/** The same, about a place other than the one at which the analysis stands. */
export function rejectAt(
  instruction: number,
  code: RejectionCode,
  message: string,
  hint: string,
): never {
  throw new Rejection(code, message, hint, [], instruction);
}
