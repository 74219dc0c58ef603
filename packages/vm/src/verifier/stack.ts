// Frames of the program: what is stored there and what loads of it give. Offsets count from r10, so they are negative.
//
//      slot 63   …   slot 1         slot 0
//   | -512 -505 |  | -16 … -9 | | -8 … -1 |  r10
import { isConstant, markPrecise, unknownScalar, constantScalar, type Scalar } from "./scalar.ts";
import { scalarTruncate } from "./scalar-alu.ts";
import { createSlot, markRead, type Frame, type Slot } from "./state.ts";
import { isNull, type Pointer, type Value } from "./value.ts";

const ALL = 0xff;

/** The slot in which a byte lies. */
export function slotOf(offset: number): number {
  return (-offset - 1) >> 3;
}

/** The place of a byte in its slot, from the lowest address. */
function byteOf(offset: number): number {
  return ((offset % 8) + 8) % 8;
}

function spillMask(slot: Slot): number {
  return (1 << slot.spillBytes) - 1;
}

function written(slot: Slot | undefined): number {
  return slot === undefined ? 0 : slot.zero | slot.misc | spillMask(slot) | (slot.object ? ALL : 0);
}

/** The slot after bytes of it were overwritten: a register that lost some of its bytes is lost. */
function overwrite(slot: Slot | undefined, bytes: number, kind: "zero" | "misc"): Slot {
  const before = slot === undefined ? 0 : slot.misc | spillMask(slot) | (slot.object ? ALL : 0);
  const zero = slot?.zero ?? 0;
  return createSlot(
    {
      spill: undefined,
      spillBytes: 0,
      zero: (zero & ~bytes) | (kind === "zero" ? bytes : 0),
      misc: (before & ~bytes) | (kind === "misc" ? bytes : 0),
      object: undefined,
    },
    isPartial(slot, bytes) ? slot : undefined,
  );
}

function isPartial(slot: Slot | undefined, bytes: number): boolean {
  return slot !== undefined && bytes !== ALL;
}

/** Stores a register, or a part of one, at a known place. */
export function storeStack(
  frame: Frame,
  offset: number,
  size: number,
  value: Scalar | Pointer,
): void {
  const { stack } = frame;
  const index = slotOf(offset);
  const before = stack[index];
  if (byteOf(offset) === 0 && (value.kind === "scalar" || size === 8)) {
    const bytes = (1 << size) - 1;
    const rest = before === undefined ? 0 : before.misc | spillMask(before);
    stack[index] = createSlot(
      {
        spill: value.kind === "scalar" ? scalarTruncate(value, size) : value,
        spillBytes: size,
        zero: (before?.zero ?? 0) & ~bytes,
        misc: rest & ~bytes,
        object: undefined,
      },
      isPartial(before, bytes) ? before : undefined,
    );
    return;
  }
  if (isNull(value) && value.kind === "scalar") {
    markPrecise(value);
    return fillStack(frame, offset, size, "zero");
  }
  fillStack(frame, offset, size, "misc");
}

/** Sets bytes at a known place to zero or to anything. */
export function fillStack(frame: Frame, offset: number, size: number, kind: "zero" | "misc"): void {
  let at = offset;
  while (at < offset + size) {
    const index = slotOf(at);
    const first = byteOf(at);
    const count = Math.min(8 - first, offset + size - at);
    const bytes = ((1 << count) - 1) << first;
    frame.stack[index] = overwrite(frame.stack[index], bytes, kind);
    at += count;
  }
}

/** Stores at a place that is one of several: what was there before may still be, unless it was 0 and stays 0. */
export function storeStackSomewhere(
  frame: Frame,
  min: number,
  max: number,
  value: Scalar | Pointer | undefined,
): void {
  const zero = value?.kind === "scalar" && isNull(value);
  for (let at = min; at < max; at++) {
    const slot = frame.stack[slotOf(at)];
    const bit = 1 << byteOf(at);
    if (slot === undefined || (written(slot) & bit) === 0) {
      frame.stack[slotOf(at)] = overwriteByte(slot, bit, "misc");
      continue;
    }
    if (zero && (slot.zero & bit) !== 0) {
      markPrecise(value);
      continue;
    }
    // A spilled 0 stays one.
    if (
      zero &&
      slot.spill?.kind === "scalar" &&
      isNull(slot.spill) &&
      (spillMask(slot) & bit) !== 0
    ) {
      markPrecise(value);
      continue;
    }
    frame.stack[slotOf(at)] = overwriteByte(slot, bit, "misc");
  }
}

function overwriteByte(slot: Slot | undefined, bit: number, kind: "zero" | "misc"): Slot {
  return overwrite(slot, bit, kind);
}

/** What a load from a known place gives, or why it cannot be: a part of a pointer, an object of the kernel's. */
export function loadStack(
  frame: Frame,
  offset: number,
  size: number,
): Value | "part-of-pointer" | "object" {
  const index = slotOf(offset);
  const slot = frame.stack[index];
  // Memory that was never written holds whatever was there: privileged programs may read it.
  if (slot === undefined) return unknownScalar();
  markRead(slot);
  if (slot.object !== undefined) return "object";
  const first = byteOf(offset);
  const bytes = ((1 << size) - 1) << first;
  if (slot.spill !== undefined && (bytes & spillMask(slot)) !== 0) {
    if (slot.spill.kind === "pointer") return size === 8 ? slot.spill : "part-of-pointer";
    if (first === 0 && size <= slot.spillBytes) return scalarTruncate(slot.spill, size);
  }
  let zero = slot.zero;
  if (slot.spill?.kind === "scalar" && isNull(slot.spill) && (bytes & spillMask(slot)) !== 0) {
    if ((bytes & (zero | spillMask(slot))) === bytes) markPrecise(slot.spill);
    zero |= spillMask(slot);
  }
  return (bytes & zero) === bytes ? constantScalar(0n) : narrow(size);
}

function narrow(size: number): Scalar {
  return scalarTruncate(unknownScalar(), size);
}

/** Remembers a read of bytes by a helper or at an unknown place, and says whether all that was read is 0. */
export function readStackBytes(
  frame: Frame,
  min: number,
  max: number,
): { zero: boolean; object: boolean } {
  let zero = true;
  let object = false;
  for (let at = min; at < max; at++) {
    const slot = frame.stack[slotOf(at)];
    if (slot === undefined) {
      zero = false;
      continue;
    }
    markRead(slot);
    if (slot.object !== undefined) object = true;
    if ((slot.zero & (1 << byteOf(at))) === 0) zero = false;
  }
  return { zero, object };
}

/** Scalars in a range of the stack decide something, e.g. as a map's key. */
export function markStackPrecise(frame: Frame, offset: number, size: number): void {
  for (let at = offset; at < offset + size; at++) {
    const spill = frame.stack[slotOf(at)]?.spill;
    if (spill?.kind === "scalar") markPrecise(spill);
  }
}

/** The number in a range of the stack when it is known, e.g. an array's index: zeros, or a register stored in so many bytes. */
export function constantOnStack(frame: Frame, offset: number, size: number): bigint | undefined {
  const slot = frame.stack[slotOf(offset)];
  const first = byteOf(offset);
  if (slot === undefined || first + size > 8) return undefined;
  const bytes = ((1 << size) - 1) << first;
  if ((slot.zero & bytes) === bytes) return 0n;
  const { spill, spillBytes } = slot;
  return spill?.kind === "scalar" && isConstant(spill) && first === 0 && spillBytes === size
    ? spill.value
    : undefined;
}
