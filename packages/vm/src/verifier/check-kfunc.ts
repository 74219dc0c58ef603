import type { Instruction } from "@ocelli/bpf";

import type { Analysis } from "./analysis.ts";
import { clearAfterCall } from "./check-helper.ts";
import { unknownScalar } from "./scalar.ts";
import { reject } from "./reject.ts";
import type { State } from "./state.ts";
import type { Store } from "./store.ts";

/** Follows a call of a kernel function. */
export function checkKfunc(
  analysis: Analysis,
  state: State,
  instruction: Instruction,
  _store: Store,
): void {
  const { reference } = instruction;
  const name = reference?.kind === "kfunc" ? reference.name : `number ${instruction.imm}`;
  if (analysis.environment.kfuncs?.has(name) === true)
    return clearAfterCall(state, unknownScalar());
  reject(
    "vm-verify-kfunc",
    `Kernel function ${name} is called, which this verifier does not follow`,
    "Verify the program with the kernel",
  );
}
