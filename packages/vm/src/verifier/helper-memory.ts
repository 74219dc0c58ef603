// Memory that helpers read or write on a program's behalf.
import { describeKind, type Analysis } from "./analysis.ts";
import { loadBtf } from "./btf-access.ts";
import { checkPacket, mayAccessPacket } from "./check-memory.ts";
import { checkRegion, type Access } from "./region.ts";
import { MOST_SIZE } from "./limits.ts";
import { checkMapRights, specialFields } from "./map-access.ts";
import { reject } from "./reject.ts";
import { markPrecise, type Scalar } from "./scalar.ts";
import { fillStack, readStackBytes, storeStackSomewhere } from "./stack.ts";
import { refuseObjects, stackRange } from "./stack-access.ts";
import type { State } from "./state.ts";
import { hasFlag, isNull, POINTER_FLAG, type Pointer } from "./value.ts";

/** How a helper uses memory. */
export interface MemoryUse {
  /** The argument's register, and the helper in words. */
  readonly register: number;
  readonly helper: string;
  readonly write: boolean;
  readonly packetMemory: boolean;
}

/** Checks that `size` bytes at a pointer are there; what is written may be anything afterwards. */
export function checkHelperMemory(
  analysis: Analysis,
  state: State,
  value: Scalar | Pointer,
  size: number,
  use: MemoryUse,
): void {
  const { register, helper, write } = use;
  if (value.kind === "scalar") {
    if (size === 0 && isNull(value)) return;
    return reject(
      "vm-verify-argument",
      `Argument ${register} of ${helper}() is ${isNull(value) ? "null" : "a number"}: it takes an address of ${size} bytes`,
      "Give it an address on the stack, in a map value or in a packet",
      [register],
    );
  }
  if (value.nullable)
    reject(
      "vm-verify-null",
      `Argument ${register} of ${helper}() is ${describeKind(value)}`,
      "Compare it with 0 first, and call only where it is not",
      [register],
    );
  const access: Access = {
    register,
    pointer: value,
    offset: 0,
    size,
    write,
    value: undefined,
    aligned: false,
  };
  switch (value.type) {
    case "stack":
      return useStack(analysis, state, value, size, use);
    case "packet":
    case "packet-meta":
      if (!use.packetMemory || !mayAccessPacket(analysis, write))
        reject(
          "vm-verify-argument",
          `Argument ${register} of ${helper}() is ${describeKind(value)}, which it does not take`,
          "Copy the bytes to the stack first",
          [register],
        );
      return checkPacket(analysis, access, value);
    case "map-value": {
      if (value.map === undefined) return;
      checkMapRights(value.map, write, register);
      checkRegion(access, value, value.map.valueSize);
      const min = value.offset + Number(value.variable.smin);
      const max = value.offset + Number(value.variable.umax) + size;
      const special = specialFields(analysis, value.map).find(
        (field) => min < field.offset + field.size && max > field.offset,
      );
      if (special === undefined || size === 0) return;
      return reject(
        "vm-verify-map",
        `Argument ${register} of ${helper}() has bytes of ${special.name} at ${special.offset} of map "${value.map.name}"`,
        "Give it the memory before or after",
        [register],
      );
    }
    case "map-key":
      if (write) break;
      return checkRegion(access, value, value.map?.keySize ?? 0);
    case "mem":
    case "buf":
      if (write && hasFlag(value, POINTER_FLAG.readonly)) break;
      if (hasFlag(value, POINTER_FLAG.untrusted)) break;
      return checkRegion(access, value, value.range);
    case "btf":
      if (!hasFlag(value, POINTER_FLAG.trusted) || write) break;
      loadBtf(analysis, access, value);
      return;
    default:
      break;
  }
  reject(
    "vm-verify-argument",
    `Argument ${register} of ${helper}() is ${describeKind(value)}: ${write ? "it takes memory that may be written" : "it takes memory"}`,
    "Give it an address on the stack, in a map value or in a packet",
    [register],
  );
}

function useStack(
  analysis: Analysis,
  state: State,
  value: Pointer,
  size: number,
  use: MemoryUse,
): void {
  const { register, write } = use;
  const { frame, min, max, exact } = stackRange(analysis, state, value, 0, size, register);
  refuseObjects(frame, min, max, register, write ? "overwritten" : "read");
  if (!write) {
    readStackBytes(frame, min, max);
    return;
  }
  if (exact) fillStack(frame, min, max - min, "misc");
  else storeStackSomewhere(frame, min, max, undefined);
}

/** Checks an address together with the number of bytes in the register after it. */
export function checkSizedMemory(
  analysis: Analysis,
  state: State,
  memory: Scalar | Pointer,
  size: Scalar | Pointer,
  mayBeZero: boolean,
  use: MemoryUse,
): void {
  const register = use.register + 1;
  if (size.kind === "pointer")
    return reject(
      "vm-verify-argument",
      `Argument ${register} of ${use.helper}() is ${describeKind(size)}: it takes a number of bytes`,
      "Give it a number",
      [register],
    );
  if (size.smin < 0n)
    reject(
      "vm-verify-argument",
      `Argument ${register} of ${use.helper}() is a number of bytes and may be negative: ${size.smin}`,
      "Make it unsigned, mask it with & and a constant, or call only where it is >= 0",
      [register],
    );
  if (size.umin === 0n && !mayBeZero)
    reject(
      "vm-verify-argument",
      `Argument ${register} of ${use.helper}() is a number of bytes and may be 0`,
      "Call only where it is not 0",
      [register],
    );
  if (size.umax >= BigInt(MOST_SIZE))
    reject(
      "vm-verify-argument",
      `Argument ${register} of ${use.helper}() is a number of bytes without an upper bound`,
      "Mask it with & and a constant, or call only where it is small enough",
      [register],
    );
  markPrecise(size);
  checkHelperMemory(analysis, state, memory, Number(size.umax), use);
}
