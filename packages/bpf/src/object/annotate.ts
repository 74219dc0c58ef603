import type { Instruction } from "../asm/instruction.ts";
import type { ObjectContext } from "./context.ts";
import type { CodeFunction } from "./read-code.ts";

/** Adds what `.BTF.ext` knows about each instruction, and the function's name to its first one. */
export function annotate(
  { ext }: ObjectContext,
  code: CodeFunction,
  instructions: readonly Instruction[],
): Instruction[] {
  const { name, section, start } = code;
  const lines = ext.lines.get(section.name);
  const relocations = ext.relocations.get(section.name);
  const functionTypeId = ext.functions.get(section.name)?.get(start);
  return instructions.map((instruction, index) => {
    const at = start + (code.offsets[index] ?? 0);
    const source = lines?.get(at);
    const relocation = relocations?.get(at);
    if (index > 0 && source === undefined && relocation === undefined) return instruction;
    return {
      ...instruction,
      ...(index === 0 && { symbol: name }),
      ...(index === 0 && functionTypeId !== undefined && { functionTypeId }),
      ...(source !== undefined && { source }),
      ...(relocation !== undefined && { relocation }),
    };
  });
}
