import type { Instruction } from "./instruction.ts";
import { bpftoolNames, quotedNames, referenceNames, type PrintNames } from "./names.ts";
import { isPlainName, quoteName } from "./quoted-name.ts";
import { parseStatement } from "./statement.ts";
import { printKernel } from "./print-kernel.ts";
import { printLlvm } from "./print-llvm.ts";

/** The two ways to write instructions: that of kernel and bpftool, and that of LLVM's tools. */
export type Notation = "kernel" | "llvm";

const withLoads = (names: PrintNames): PrintNames => ({
  ...names,
  wide: (instruction) => names.wide?.(instruction) ?? bpftoolNames.wide?.(instruction),
});

const candidates = [withLoads(referenceNames), withLoads(quotedNames)];

/**
 * One instruction as text that `parseAssembly()` reads back to the same bits and names, without symbol. What the
 * notation cannot tell apart is written `.insn opcode, rDST, SRC, offset, imm[, imm2]`.
 */
export function printInstruction(instruction: Instruction, notation: Notation): string {
  const print = notation === "kernel" ? printKernel : printLlvm;
  for (const names of candidates) {
    const text = print(instruction, names);
    const back = parseStatement(text);
    if (back.ok && isSame(instruction, back.instruction)) return text;
  }
  const { opcode, dst, src, offset, imm, imm2 } = instruction;
  const fields = [`0x${opcode.toString(16)}`, `r${dst}`, src, offset, imm];
  return `.insn ${(imm2 === undefined ? fields : [...fields, imm2]).join(", ")}`;
}

/** A program as text that `parseAssembly()` reads back, one instruction per line, symbols on lines of their own. */
export function printAssembly(instructions: readonly Instruction[], notation: Notation): string {
  return instructions
    .flatMap((instruction) => {
      const line = `  ${printInstruction(instruction, notation)}\n`;
      const { symbol } = instruction;
      if (symbol === undefined) return [line];
      return [`${isPlainName(symbol) ? symbol : quoteName(symbol)}:\n`, line];
    })
    .join("");
}

function isSame(left: Instruction, right: Instruction): boolean {
  const names = ["opcode", "dst", "src", "offset", "imm", "imm2"] as const;
  if (names.some((name) => left[name] !== right[name])) return false;
  return (
    left.reference?.kind === right.reference?.kind && left.reference?.name === right.reference?.name
  );
}
