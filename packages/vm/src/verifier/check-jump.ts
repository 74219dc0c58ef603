// Branches: which of the two sides exist, and what each of them knows.
import { INSTRUCTION_CLASS as CLASS, JUMP_OPERATION, type Instruction } from "@ocelli/bpf";

import { readRegister } from "./analysis.ts";
import { MOST_PACKET_OFFSET } from "./limits.ts";
import { notNull, settleNull } from "./references.ts";
import { fromDraft, isConstant, markPrecise, type Scalar } from "./scalar.ts";
import { scalarAlu, sourcesOf } from "./scalar-alu.ts";
import { decideComparison, immediateScalar, refineComparison } from "./scalar-compare.ts";
import { constantScalar } from "./scalar.ts";
import { currentFrame, mapValues, type State } from "./state.ts";
import type { Pointer, Value } from "./value.ts";

/** The operands of a branch. */
export interface Branch {
  readonly operation: number;
  readonly is64: boolean;
  readonly left: Scalar | Pointer;
  readonly right: Scalar | Pointer;
  readonly leftRegister: number;
  /** -1 for a constant. */
  readonly rightRegister: number;
}

/** Reads the operands of a conditional jump. */
export function readBranch(state: State, instruction: Instruction): Branch {
  const { opcode, dst, src, imm } = instruction;
  const is64 = (opcode & 7) === CLASS.jmp;
  const fromRegister = (opcode & 8) !== 0;
  const left = readRegister(state, dst);
  const right = fromRegister ? readRegister(state, src) : immediateScalar(imm, is64);
  return {
    operation: opcode & 0xf0,
    is64,
    left,
    right,
    leftRegister: dst,
    rightRegister: fromRegister ? src : -1,
  };
}

/** Whether the jump is taken, when ranges tell. What told is precise then. */
export function decideBranch({ operation, is64, left, right }: Branch): boolean | undefined {
  if (left.kind === "scalar" && right.kind === "scalar") {
    const decision = decideComparison(operation, left, right, is64);
    if (decision !== undefined) {
      markPrecise(left);
      markPrecise(right);
    }
    return decision;
  }
  // A pointer that cannot be null is not 0.
  const [pointer, number] = left.kind === "pointer" ? [left, right] : [right, left];
  if (pointer.kind !== "pointer" || number.kind !== "scalar" || pointer.nullable) return undefined;
  if (!isConstant(number) || number.value !== 0n || !is64 || !isNeverNull(pointer))
    return undefined;
  markPrecise(number);
  if (operation === JUMP_OPERATION.jeq) return false;
  return operation === JUMP_OPERATION.jne ? true : undefined;
}

function isNeverNull(pointer: Pointer): boolean {
  switch (pointer.type) {
    case "socket":
    case "tcp-sock":
    case "map-value":
    case "map-key":
    case "sock-common":
    case "mem":
    case "map":
      return (pointer.flags & 4) === 0;
    case "btf":
      return (pointer.flags & 2) !== 0;
    default:
      return false;
  }
}

/** Narrows what a state knows, on the side on which the comparison holds or on the other. */
export function refineBranch(state: State, branch: Branch, holds: boolean): void {
  const { operation, is64, left, right, leftRegister, rightRegister } = branch;
  if (left.kind === "scalar" && right.kind === "scalar") {
    const same = leftRegister === rightRegister || left === right;
    if (same) return;
    const [a, b] = refineComparison(operation, holds, left, right, is64);
    apply(state, leftRegister, left, a);
    if (rightRegister >= 0) apply(state, rightRegister, right, b);
    return;
  }
  if (!is64) return;
  const isEquality = operation === JUMP_OPERATION.jeq || operation === JUMP_OPERATION.jne;
  const equal = isEquality && holds === (operation === JUMP_OPERATION.jeq);
  if (left.kind === "pointer" && right.kind === "scalar") {
    if (isEquality && left.nullable && rightRegister < 0 && right.value === 0n)
      settleNull(state, left.id, equal);
    return;
  }
  if (left.kind !== "pointer" || right.kind !== "pointer") return;
  if (isEquality) {
    if (equal) settleEqual(state, left, right);
    return;
  }
  comparePackets(state, operation, holds, left, right);
}

/** A pointer that may be null and equals one that is not, is not. */
function settleEqual(state: State, left: Pointer, right: Pointer): void {
  const [open, known] = left.nullable ? [left, right] : [right, left];
  if (!open.nullable || known.nullable || open.type === "btf" || known.type === "btf") return;
  mapValues(state, (value): Value =>
    value.kind === "pointer" && value.nullable && value.id === open.id ? notNull(value) : value,
  );
}

/** Puts what a branch learnt into a register and into everything that is linked to it. */
function apply(state: State, register: number, before: Scalar, after: Scalar): void {
  if (after === before) return;
  currentFrame(state).registers[register] = after;
  if (after.id === 0) return;
  mapValues(state, (value): Value => {
    if (value.kind !== "scalar" || value.id !== after.id || value === after) return value;
    return follow(value, after);
  });
}

function follow(value: Scalar, known: Scalar): Scalar {
  const sources = sourcesOf(value, known);
  if (value.delta === known.delta) return fromDraft(known, sources, value.id, value.delta);
  const moved = scalarAlu(0, known, constantScalar(BigInt(value.delta - known.delta)), true);
  return fromDraft(moved, sources, value.id, value.delta);
}

/** A comparison of a packet pointer with the packet's end, or of one before the packet with its beginning. */
function comparePackets(
  state: State,
  operation: number,
  holds: boolean,
  left: Pointer,
  right: Pointer,
): void {
  const leftInside = isInside(left, right);
  if (!leftInside && !isInside(right, left)) return;
  const pointer = leftInside ? left : right;
  // As "end OP pointer" turned round to "pointer OP end".
  const turned = leftInside ? operation : (REVERSED.get(operation) ?? operation);
  const proven = holds ? turned : (NEGATED.get(turned) ?? turned);
  if (proven === JUMP_OPERATION.jle) prove(state, pointer, 0);
  if (proven === JUMP_OPERATION.jlt) prove(state, pointer, 1);
}

function isInside(pointer: Pointer, end: Pointer): boolean {
  if (pointer.type === "packet") return end.type === "packet-end";
  return (
    pointer.type === "packet-meta" &&
    end.type === "packet" &&
    end.offset === 0 &&
    isConstant(end.variable) &&
    end.variable.value === 0n
  );
}

const REVERSED: ReadonlyMap<number, number> = new Map<number, number>([
  [JUMP_OPERATION.jgt, JUMP_OPERATION.jlt],
  [JUMP_OPERATION.jge, JUMP_OPERATION.jle],
  [JUMP_OPERATION.jlt, JUMP_OPERATION.jgt],
  [JUMP_OPERATION.jle, JUMP_OPERATION.jge],
]);

const NEGATED: ReadonlyMap<number, number> = new Map<number, number>([
  [JUMP_OPERATION.jgt, JUMP_OPERATION.jle],
  [JUMP_OPERATION.jge, JUMP_OPERATION.jlt],
  [JUMP_OPERATION.jlt, JUMP_OPERATION.jge],
  [JUMP_OPERATION.jle, JUMP_OPERATION.jgt],
]);

/** Everything before the pointer is there, and `more` bytes from it on: for all pointers that differ by constants. */
function prove(state: State, pointer: Pointer, more: 0 | 1): void {
  if (pointer.offset < 0 || (pointer.offset === 0 && more === 1)) return;
  if (pointer.variable.umax + BigInt(pointer.offset) > BigInt(MOST_PACKET_OFFSET)) return;
  const range = pointer.offset + more;
  mapValues(state, (value): Value => {
    if (value.kind !== "pointer" || value.type !== pointer.type || value.id !== pointer.id)
      return value;
    return value.range >= range ? value : { ...value, range };
  });
}
