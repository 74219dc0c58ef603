// Accesses to memory of a known size.
import { describeKind } from "./analysis.ts";
import { MOST_OFFSET } from "./limits.ts";
import { reject } from "./reject.ts";
import { isConstant, type Scalar } from "./scalar.ts";
import type { Pointer } from "./value.ts";

/** An access to memory through a register. */
export interface Access {
  /** The register that holds the address, for messages. */
  readonly register: number;
  readonly pointer: Scalar | Pointer;
  /** What the instruction adds. */
  readonly offset: number;
  readonly size: number;
  readonly write: boolean;
  /** What is stored; `undefined` for loads, and where it may be anything. */
  readonly value: Scalar | Pointer | undefined;
  /** Whether the address has to be a multiple of the size, as for atomic operations. */
  readonly aligned: boolean;
}

/** An access at a constant place of something with so many bytes. */
export function checkFixed(access: Access, pointer: Pointer, bytes: number): void {
  const at = access.offset + pointer.offset;
  if (
    isConstant(pointer.variable) &&
    pointer.variable.value === 0n &&
    at >= 0 &&
    at + access.size <= bytes
  )
    return;
  refuseOutside(access, pointer, bytes);
}

/** Refuses an access outside of something with so many bytes. */
export function refuseOutside(
  { register, offset, size, write }: Access,
  pointer: Pointer,
  bytes: number,
): never {
  const at = offset + pointer.offset;
  return reject(
    "vm-verify-bounds",
    `${size} bytes at ${at} of ${describeKind(pointer)} are ${write ? "written" : "read"} through r${register}: ${bytes === 0 ? "there are none" : `it has ${bytes}`}`,
    "Stay inside it at constant offsets",
    [register],
  );
}

/** An access at any place of memory with so many bytes, as far as ranges tell. */
export function checkRegion(access: Access, pointer: Pointer, bytes: number): void {
  const { register, offset, size, write } = access;
  const { variable } = pointer;
  const fixed = BigInt(offset) + BigInt(pointer.offset);
  const first = fixed + variable.smin;
  const done = write ? "written" : "read";
  const where = describeKind(pointer);
  const varies = !isConstant(variable);
  if (first < 0n || variable.smin <= -BigInt(MOST_OFFSET))
    reject(
      "vm-verify-bounds",
      varies
        ? `r${register} may lie before ${where}: the number added to it may be ${variable.smin}`
        : `${size} bytes are ${done} at ${first} of ${where}`,
      varies
        ? "Make the number unsigned, mask it with & and a constant, or go on only where it is >= 0"
        : "Stay between its beginning and its end",
      [register],
    );
  if (variable.umax >= BigInt(MOST_OFFSET))
    reject(
      "vm-verify-bounds",
      `The number added to ${where} in r${register} has no upper bound`,
      `Go on only where it is small enough: ${where} has ${bytes} bytes; or mask it with & and a constant`,
      [register],
    );
  const last = fixed + variable.umax + BigInt(size);
  const needs = size === 0 && first <= BigInt(bytes) ? first : last;
  if (needs <= BigInt(bytes)) return;
  reject(
    "vm-verify-bounds",
    varies
      ? `${size} bytes are ${done} at up to ${fixed + variable.umax} of ${where} through r${register}: it has ${bytes}`
      : `${size} bytes are ${done} at ${first} of ${where} through r${register}: it has ${bytes}`,
    varies
      ? `Go on only where the number is at most ${BigInt(bytes - size) - fixed}`
      : "Stay between its beginning and its end",
    [register],
  );
}
