import type { Analysis } from "./analysis.ts";
import type { Access } from "./region.ts";
import { MOST_OFFSET } from "./limits.ts";
import { reject } from "./reject.ts";
import { constantScalar, isConstant, markPrecise, unsignedScalar } from "./scalar.ts";
import {
  fillStack,
  loadStack,
  readStackBytes,
  slotOf,
  storeStack,
  storeStackSomewhere,
} from "./stack.ts";
import { FRAME_BYTES, type Frame, type State } from "./state.ts";
import type { Pointer, Value } from "./value.ts";

/** The bytes of a frame that an access may touch, from r10. */
export interface StackRange {
  readonly frame: Frame;
  readonly min: number;
  readonly max: number;
  /** Whether the place is known: then it is `min`. */
  readonly exact: boolean;
}

/** Finds the bytes that `size` bytes at a stack address are, and counts them as used. Refuses what leaves the frame. */
export function stackRange(
  analysis: Analysis,
  state: State,
  pointer: Pointer,
  offset: number,
  size: number,
  register: number,
): StackRange {
  const { variable } = pointer;
  const fixed = BigInt(pointer.offset + offset);
  const limit = BigInt(MOST_OFFSET);
  if (!isConstant(variable) && (variable.smax >= limit || variable.smin <= -limit))
    reject(
      "vm-verify-stack",
      `The number added to the stack address in r${register} has no bounds`,
      "Bound it: compare it, or mask it with & and a constant",
      [register],
    );
  const min = Number(fixed + variable.smin);
  const max = Number(fixed + variable.smax) + size;
  if (min < -FRAME_BYTES || max > 0 || (size === 0 && min >= 0))
    reject(
      "vm-verify-stack",
      `${size} bytes at ${min}${isConstant(variable) ? "" : ` to ${max - size}`} from the frame's end are accessed through r${register}: a frame is the bytes from -${FRAME_BYTES} to -1`,
      "Keep less on the stack, or keep it in a map of one entry",
      [register],
    );
  const frame = state.frames[pointer.frame];
  if (frame === undefined)
    return reject(
      "vm-verify-stack",
      `r${register} is an address in the frame of a function that has returned`,
      "Use it before",
      [register],
    );
  const depth = analysis.stackDepths[frame.function] ?? 0;
  if (-min > depth) analysis.stackDepths[frame.function] = -min;
  return { frame, min, max, exact: isConstant(variable) };
}

/** A load from the stack, or a store to it. */
export function accessStack(
  analysis: Analysis,
  state: State,
  access: Access,
  pointer: Pointer,
): Value {
  const { offset, size, write, value, register } = access;
  const { frame, min, max, exact } = stackRange(analysis, state, pointer, offset, size, register);
  if (write) {
    refuseObjects(frame, min, max, register, "overwritten");
    if (value?.kind === "pointer" && (size !== 8 || (exact && min % 8 !== 0)))
      reject(
        "vm-verify-stack",
        `A pointer is stored in ${size} bytes at ${min} of the stack`,
        "Pointers are stored whole, in 8 bytes at a multiple of 8",
        [register],
      );
    if (!exact) storeStackSomewhere(frame, min, max, value);
    else if (value === undefined) fillStack(frame, min, size, "misc");
    else storeStack(frame, min, size, value);
    return constantScalar(0n);
  }
  if (!exact) {
    const { zero, object } = readStackBytes(frame, min, max);
    if (object) refuseObjects(frame, min, max, register, "read");
    markVariablePrecise(frame, min, max);
    return zero ? constantScalar(0n) : unsignedScalar(size);
  }
  const loaded = loadStack(frame, min, size);
  if (loaded === "object") return refuseObjects(frame, min, max, register, "read");
  if (loaded !== "part-of-pointer") return loaded;
  return reject(
    "vm-verify-stack",
    `${size} bytes of a pointer that was stored at ${min & ~7} are read`,
    "Read pointers whole",
    [register],
  );
}

/** Numbers that may be read at an unknown place stay what they are. */
function markVariablePrecise(frame: Frame, min: number, max: number): void {
  for (let at = min; at < max; at++) {
    const spill = frame.stack[slotOf(at)]?.spill;
    if (spill?.kind === "scalar" && spill.mask === 0n && spill.value === 0n) markPrecise(spill);
  }
}

/** Objects of the kernel's on the stack are only used through their functions. */
export function refuseObjects(
  frame: Frame,
  min: number,
  max: number,
  register: number,
  done: string,
): never | Value {
  for (let at = min; at < max; at++) {
    const object = frame.stack[slotOf(at)]?.object;
    if (object !== undefined)
      reject(
        "vm-verify-stack",
        `Bytes of ${object.kind === "dynptr" ? "a dynptr" : "an iterator"} at ${at} of the stack are ${done}`,
        "Use it through the functions that take it",
        [register],
      );
  }
  return constantScalar(0n);
}
