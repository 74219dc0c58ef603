/** A register by its name: `r0` is the result, `r1`–`r5` arguments, `r6`–`r9` survive calls, `r10` the stack's end. */
export type Register = "r0" | "r1" | "r2" | "r3" | "r4" | "r5" | "r6" | "r7" | "r8" | "r9" | "r10";

/** The result of a function and of a call. */
export const R0: Register = "r0";
/** First argument; the context when a program begins. */
export const R1: Register = "r1";
/** Second argument. */
export const R2: Register = "r2";
/** Third argument. */
export const R3: Register = "r3";
/** Fourth argument. */
export const R4: Register = "r4";
/** Fifth argument. */
export const R5: Register = "r5";
/** Survives calls. */
export const R6: Register = "r6";
/** Survives calls. */
export const R7: Register = "r7";
/** Survives calls. */
export const R8: Register = "r8";
/** Survives calls. */
export const R9: Register = "r9";
/** The end of the stack frame, read-only; the stack is the 512 bytes below it. */
export const R10: Register = "r10";

/** The number of a register, 0–10. */
export function registerNumber(register: Register): number {
  return Number(register.slice(1));
}
