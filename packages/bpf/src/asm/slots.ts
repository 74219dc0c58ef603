import type { Instruction } from "./instruction.ts";
import { isWide } from "./predicates.ts";

/** Bytes of one slot. A program's size and all distances inside it are counted in slots. */
export const SLOT_BYTES = 8;

/** How many slots an instruction fills: 2 for the 64-bit immediate load, else 1. */
export function slotCount(instruction: Instruction): 1 | 2 {
  return isWide(instruction) ? 2 : 1;
}

/** The slot at which each instruction begins, and after the last the number of slots of all: one element more than given. */
export function slotOffsets(instructions: readonly Instruction[]): Uint32Array {
  const offsets = new Uint32Array(instructions.length + 1);
  let slot = 0;
  let index = 0;
  for (const instruction of instructions) {
    offsets[index++] = slot;
    slot += slotCount(instruction);
  }
  offsets[index] = slot;
  return offsets;
}
