import { OcelliError, type SourceLine } from "@ocelli/bpf";

/**
 * Why a program could not be prepared or had to be stopped.
 *
 * - `program`: it cannot be run at all: a jump to nowhere, no instructions, a name that nothing resolves
 * - `instruction`: it came to an instruction that means nothing here
 * - `memory`: a load or store outside the memory it was given
 * - `fuel`: it took more backward jumps and calls than it was allowed
 * - `depth`: more calls inside calls than there are frames
 * - `helper`: it called a helper that is not there, or in a way that the helper does not know
 * - `rejected`: the verifier does not take it
 * - `argument`: the caller's memory or options do not make sense
 */
export type VmErrorCode =
  | "program"
  | "instruction"
  | "memory"
  | "fuel"
  | "depth"
  | "helper"
  | "rejected"
  | "argument";

/** Where a program was when it was stopped. */
export interface ProgramPlace {
  /** Slot of the instruction, counted from the program's first. */
  readonly slot: number;
  /** The instruction as the kernel prints it. */
  readonly text: string;
  /** Its line of the source, when the object says. */
  readonly source: SourceLine | undefined;
}

/** What is known about a failure beyond its words. */
export interface VmErrorDetails extends ErrorOptions {
  readonly place?: ProgramPlace | undefined;
  /** The first byte that was to be read or written, unsigned, 64 bits; for code `memory`. */
  readonly address?: bigint | undefined;
}

/** An error of `@ocelli/vm`. */
export class VmError extends OcelliError<VmErrorCode> {
  /** Absent for what is wrong before the first instruction. */
  readonly place: ProgramPlace | undefined;
  readonly address: bigint | undefined;

  constructor(code: VmErrorCode, message: string, details: VmErrorDetails = {}) {
    super(code, message, details);
    this.place = details.place;
    this.address = details.address;
  }
}
