import type { Instruction } from "./instruction.ts";

/** The 64-bit immediate of a wide load, unsigned; of any other instruction the immediate, sign-extended to 64 bits. */
export function constant64(instruction: Instruction): bigint {
  const { imm, imm2 } = instruction;
  if (imm2 === undefined) return BigInt.asUintN(64, BigInt(imm));
  return (BigInt(imm2 >>> 0) << 32n) | BigInt(imm >>> 0);
}

/** A wide load with another constant, given signed or unsigned; bits over 64 are dropped. */
export function withConstant64(instruction: Instruction, value: bigint): Instruction {
  return { ...instruction, ...splitConstant64(value) };
}

/** The two signed halves of a 64-bit constant, as the wide load keeps them. */
export function splitConstant64(value: bigint): { readonly imm: number; readonly imm2: number } {
  return {
    imm: Number(BigInt.asIntN(32, value)),
    imm2: Number(BigInt.asIntN(32, value >> 32n)),
  };
}
