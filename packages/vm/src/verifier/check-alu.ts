import { ALU_OPERATION, INSTRUCTION_CLASS as CLASS, type Instruction } from "@ocelli/bpf";

import { describeKind, linked, readRegister, writeRegister, type Analysis } from "./analysis.ts";
import { checkPointerAlu } from "./pointer-alu.ts";
import { reject } from "./reject.ts";
import {
  constantScalar,
  fromDraft,
  isConstant,
  markPrecise,
  unknownScalar,
  U32_MAX,
  type Scalar,
} from "./scalar.ts";
import { scalarAlu, scalarLow, scalarNegate, scalarSignExtend, sourcesOf } from "./scalar-alu.ts";
import { immediateScalar } from "./scalar-compare.ts";
import { currentFrame, type State } from "./state.ts";
import { pointerTo, type Pointer, type Value } from "./value.ts";

/** Names of operations as the kernel prints them. */
const SYMBOLS: ReadonlyMap<number, string> = new Map<number, string>([
  [ALU_OPERATION.mul, "*="],
  [ALU_OPERATION.div, "/="],
  [ALU_OPERATION.or, "|="],
  [ALU_OPERATION.and, "&="],
  [ALU_OPERATION.lsh, "<<="],
  [ALU_OPERATION.rsh, ">>="],
  [ALU_OPERATION.mod, "%="],
  [ALU_OPERATION.xor, "^="],
  [ALU_OPERATION.arsh, "s>>="],
  [ALU_OPERATION.add, "+="],
  [ALU_OPERATION.sub, "-="],
]);

/** Follows an instruction of the classes alu and alu64. */
export function checkAlu(analysis: Analysis, state: State, instruction: Instruction): void {
  const { opcode, dst, src, imm } = instruction;
  const is64 = (opcode & 7) === CLASS.alu64;
  const operation = opcode & 0xf0;
  if (operation === ALU_OPERATION.mov) return checkMove(analysis, state, instruction, is64);
  const left = readRegister(state, dst);
  if (operation === ALU_OPERATION.neg) {
    const result = left.kind === "scalar" ? scalarNegate(left, is64) : unknownScalar();
    return writeRegister(state, dst, result);
  }
  if (operation === ALU_OPERATION.end)
    return writeRegister(
      state,
      dst,
      unknownScalar(left.kind === "scalar" ? sourcesOf(left) : undefined),
    );
  const fromRegister = (opcode & 8) !== 0;
  if (!fromRegister) checkConstant(operation, imm, is64);
  const right = fromRegister ? readRegister(state, src) : immediateScalar(imm, is64);
  writeRegister(state, dst, compute(analysis, instruction, operation, left, right, is64));
}

function checkConstant(operation: number, imm: number, is64: boolean): void {
  const isDivision = operation === ALU_OPERATION.div || operation === ALU_OPERATION.mod;
  if (isDivision && imm === 0)
    reject(
      "vm-verify-arithmetic",
      "The program divides by the constant 0",
      "Divide by a register when the divisor may be 0: that gives 0, and a remainder of the dividend",
    );
  const isShift =
    operation === ALU_OPERATION.lsh ||
    operation === ALU_OPERATION.rsh ||
    operation === ALU_OPERATION.arsh;
  const bits = is64 ? 64 : 32;
  if (isShift && (imm < 0 || imm >= bits))
    reject(
      "vm-verify-arithmetic",
      `The program shifts ${bits} bits by the constant ${imm}`,
      `Shift by 0 to ${bits - 1}`,
    );
}

function compute(
  analysis: Analysis,
  instruction: Instruction,
  operation: number,
  left: Scalar | Pointer,
  right: Scalar | Pointer,
  is64: boolean,
): Value {
  const { dst, src } = instruction;
  if (left.kind === "scalar" && right.kind === "scalar")
    return addLink(operation, left, right, is64, scalarAlu(operation, left, right, is64));
  const symbol = SYMBOLS.get(operation) ?? "?";
  if (left.kind === "pointer" && right.kind === "pointer") {
    if (operation === ALU_OPERATION.sub) return unknownScalar();
    return reject(
      "vm-verify-pointer-arithmetic",
      `r${dst} ${symbol} r${src} combines two pointers: ${describeKind(left)} and ${describeKind(right)}`,
      "Of two pointers only the difference means something",
      [dst, src],
    );
  }
  if (left.kind === "pointer" && right.kind === "scalar") {
    markPrecise(right);
    return checkPointerAlu(analysis, operation, symbol, dst, left, right, false, is64);
  }
  if (left.kind === "scalar" && right.kind === "pointer") {
    markPrecise(left);
    return checkPointerAlu(analysis, operation, symbol, dst, right, left, true, is64);
  }
  return unknownScalar();
}

/** A sum of a linked number and a constant stays linked to the number. */
function addLink(
  operation: number,
  left: Scalar,
  right: Scalar,
  is64: boolean,
  sum: Scalar,
): Scalar {
  if (operation !== ALU_OPERATION.add || !is64 || left.id === 0 || !isConstant(right)) return sum;
  if (left.delta !== 0 || right.value > 0x7fff_ffffn || isConstant(sum)) return sum;
  return fromDraft(sum, sum.sources, left.id, Number(right.value));
}

function checkMove(
  analysis: Analysis,
  state: State,
  instruction: Instruction,
  is64: boolean,
): void {
  const { opcode, dst, src, offset, imm } = instruction;
  if ((opcode & 8) === 0)
    return writeRegister(state, dst, constantScalar(is64 ? BigInt(imm) : BigInt(imm >>> 0)));
  const value = readRegister(state, src);
  if (is64 && offset === 1) return checkAddressSpace(state, dst, imm);
  if (offset !== 0) {
    if (value.kind === "pointer")
      return writeRegister(state, dst, is64 ? unknownScalar() : scalarLow(unknownScalar()));
    return writeRegister(state, dst, scalarSignExtend(value, offset / 8, is64));
  }
  if (value.kind === "pointer") {
    // Half a pointer is a number of which nothing is known.
    return writeRegister(state, dst, is64 ? value : scalarLow(unknownScalar()));
  }
  if (!is64 && value.umax > BigInt(U32_MAX)) return writeRegister(state, dst, scalarLow(value));
  writeRegister(state, dst, linked(analysis, currentFrame(state), src, value));
}

function checkAddressSpace(state: State, dst: number, imm: number): void {
  if (imm !== 1 && imm !== 0x1_0000)
    reject(
      "vm-verify-instruction",
      "The cast names address spaces other than 0 and 1",
      "Cast between the kernel's addresses and those of an arena",
    );
  writeRegister(state, dst, imm === 1 ? pointerTo("arena") : unknownScalar());
}
