import { ALU_OPERATION } from "@ocelli/bpf";

import { describeKind, freshId, type Analysis } from "./analysis.ts";
import { MOST_OFFSET } from "./limits.ts";
import { reject } from "./reject.ts";
import { constantScalar, isConstant, S64_MIN, unknownScalar, type Scalar } from "./scalar.ts";
import { scalarAlu } from "./scalar-alu.ts";
import { isPacketPointer, NOTHING_ADDED, type Pointer, type Value } from "./value.ts";

const S32_MIN = -0x8000_0000n;
const S32_MAX = 0x7fff_ffffn;

/** What a pointer and a number give. `reversed`: the number stands left of the operator. */
export function checkPointerAlu(
  analysis: Analysis,
  operation: number,
  symbol: string,
  dst: number,
  pointer: Pointer,
  number: Scalar,
  reversed: boolean,
  is64: boolean,
): Value {
  if (number.smin > number.smax || number.umin > number.umax) return unknownScalar();
  if (!is64) {
    if (operation === ALU_OPERATION.sub) return unknownScalar();
    return reject(
      "vm-verify-pointer-arithmetic",
      `r${dst} ${symbol} computes with the lower half of a pointer`,
      "Compute with pointers in 64 bits",
      [dst],
    );
  }
  if (pointer.nullable)
    reject(
      "vm-verify-null",
      `r${dst} is ${describeKind(pointer)}, and nothing may be added to it before that is known`,
      "Compare it with 0 first, and go on only where it is not",
      [dst],
    );
  checkMovable(pointer, number, operation, dst);
  checkSane(number, pointer, dst);
  checkSane(pointer.variable, pointer, dst);
  if (operation === ALU_OPERATION.add) return moved(analysis, pointer, number, dst, false);
  if (operation === ALU_OPERATION.sub) {
    if (reversed)
      reject(
        "vm-verify-pointer-arithmetic",
        `r${dst} -= subtracts a pointer from a number`,
        "Subtract numbers from pointers, or pointers from each other",
        [dst],
      );
    if (pointer.type === "stack")
      reject(
        "vm-verify-pointer-arithmetic",
        `r${dst} -= subtracts from a stack address`,
        "Add a negative number instead",
        [dst],
      );
    return moved(analysis, pointer, number, dst, true);
  }
  return reject(
    "vm-verify-pointer-arithmetic",
    `r${dst} ${symbol} is not defined for ${describeKind(pointer)}`,
    "Add to pointers and subtract from them; compute offsets in a register of their own",
    [dst],
  );
}

function checkMovable(pointer: Pointer, number: Scalar, operation: number, dst: number): void {
  switch (pointer.type) {
    case "flow-keys":
      if (isConstant(number)) return;
      break;
    case "map":
      if (isConstant(number) && number.value === 0n && operation === ALU_OPERATION.add) return;
      break;
    case "packet-end":
    case "socket":
    case "sock-common":
    case "tcp-sock":
    case "xdp-sock":
      break;
    default:
      return;
  }
  reject(
    "vm-verify-pointer-arithmetic",
    `r${dst} is ${describeKind(pointer)}, to which nothing may be added`,
    "Use its fields through constant offsets of loads",
    [dst],
  );
}

function checkSane(number: Scalar, pointer: Pointer, dst: number): void {
  const limit = BigInt(MOST_OFFSET);
  if (isConstant(number)) {
    if (number.smin > -limit && number.smin < limit) return;
    reject(
      "vm-verify-bounds",
      `${number.smin} is added to ${describeKind(pointer)}: no memory is that large`,
      `Keep offsets between -${MOST_OFFSET} and ${MOST_OFFSET}`,
      [dst],
    );
  }
  if (number.smin === S64_MIN)
    reject(
      "vm-verify-bounds",
      `A number without a lower bound is added to ${describeKind(pointer)}`,
      "Bound it before: compare it, or mask it with & and a constant",
      [dst],
    );
  if (number.smin >= limit || number.smin <= -limit)
    reject(
      "vm-verify-bounds",
      `A number that may be ${number.smin} is added to ${describeKind(pointer)}: no memory is that large`,
      "Bound it before: compare it, or mask it with & and a constant",
      [dst],
    );
}

function moved(
  analysis: Analysis,
  pointer: Pointer,
  number: Scalar,
  dst: number,
  subtract: boolean,
): Pointer {
  if (isConstant(number)) {
    const offset = BigInt(pointer.offset) + (subtract ? -number.smin : number.smin);
    if (offset >= S32_MIN && offset <= S32_MAX) {
      const result = { ...pointer, offset: Number(offset) };
      checkOffset(result, dst);
      return result;
    }
  }
  const operation = subtract ? ALU_OPERATION.sub : ALU_OPERATION.add;
  const sum = scalarAlu(operation, pointer.variable, number, true);
  const variable: Scalar =
    isConstant(sum) && sum.value === 0n
      ? NOTHING_ADDED
      : {
          ...(isConstant(sum) ? constantScalar(sum.value) : sum),
          precise: true,
          sources: undefined,
        };
  const result: Pointer = isPacketPointer(pointer)
    ? {
        ...pointer,
        variable,
        id: freshId(analysis),
        range: subtract && number.smin >= 0n ? pointer.range : 0,
      }
    : { ...pointer, variable };
  checkSane(variable, result, dst);
  return result;
}

function checkOffset(pointer: Pointer, dst: number): void {
  if (pointer.offset > -MOST_OFFSET && pointer.offset < MOST_OFFSET) return;
  reject(
    "vm-verify-bounds",
    `r${dst} is ${describeKind(pointer)} moved by ${pointer.offset}: no memory is that large`,
    `Keep offsets between -${MOST_OFFSET} and ${MOST_OFFSET}`,
    [dst],
  );
}
