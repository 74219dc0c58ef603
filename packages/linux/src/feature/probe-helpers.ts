import {
  CALL_SOURCE,
  HELPERS,
  helperNumber,
  OPCODE,
  type Helper,
  type Instruction,
  type ProgramType,
} from "@ocelli/bpf";

import { LinuxError } from "../error.ts";
import type { Kernel } from "../port/kernel.ts";
import { loadProgram } from "../program/load.ts";
import { VerifierError } from "../program/verifier-error.ts";
import { inconclusive, no, YES, type ProbeAnswer } from "./answer.ts";
import { EXIT, probeLoad } from "./probe-programs.ts";

const UNKNOWN =
  /invalid func unknown#|unknown func |program of this type cannot use helper|not supported for program type/;

/**
 * Whether programs of a type may call a helper: a program that does nothing else is given to the verifier. A complaint
 * about the arguments, or that it may sleep, is a yes. `tracing` is asked as `tp_btf`.
 */
export function probeHelper(
  kernel: Kernel,
  type: ProgramType,
  helper: Helper,
  tokenFd?: number,
): ProbeAnswer {
  const call: Instruction = {
    opcode: OPCODE.call,
    dst: 0,
    src: CALL_SOURCE.helper,
    offset: 0,
    imm: helperNumber(helper),
  };
  try {
    using _program = loadProgram(kernel, probeLoad(type, [call, EXIT], tokenFd));
    return YES;
  } catch (error) {
    if (!(error instanceof LinuxError)) throw error;
    if (!(error instanceof VerifierError)) return inconclusive(error.message);
    const refusal = error.log.find((line) => UNKNOWN.test(line));
    if (refusal !== undefined) return no(refusal);
    // The verifier did not get as far as the call.
    return error.instruction === undefined ? inconclusive(error.summary) : YES;
  }
}

/** All helpers that programs of a type may call, in the order of their numbers. Some 200 loads, 50 µs each. */
export function probeHelpers(
  kernel: Kernel,
  type: ProgramType,
  tokenFd?: number,
): readonly Helper[] {
  // Every key of the table is one of its own names.
  return (Object.keys(HELPERS) as Helper[]).filter(
    (helper) =>
      helperNumber(helper) > 0 && probeHelper(kernel, type, helper, tokenFd).answer === "yes",
  );
}
