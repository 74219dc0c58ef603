import { errorAt, failure, success, type Diagnostic, type Result } from "../diagnostic.ts";
import { functionStarts } from "./functions.ts";
import {
  addDiagnostic,
  createDiagnosticList,
  listDiagnostics,
  type DiagnosticList,
} from "../diagnostic-list.ts";
import type { Instruction } from "./instruction.ts";
import { OPCODE } from "./opcodes.ts";
import { isFunctionAddress, isJump, isLocalCall } from "./predicates.ts";
import { SLOT_BYTES, slotCount, slotOffsets } from "./slots.ts";

/** How `resolveReferences()` treats names that the instructions do not carry. */
export interface ResolveOptions {
  /** Leave references to functions that are elsewhere as they are, e.g. for an object file that is not linked yet. */
  readonly keepForeignFunctions?: boolean;
}

/**
 * Puts numbers in the place of names: references to labels and to functions become distances in slots, from the slot
 * after the instruction's own to the target. Everything else stays, the references too. A label is sought in its own function
 * only, so that two functions may both have a `loop`.
 */
export function resolveReferences(
  instructions: readonly Instruction[],
  options: ResolveOptions = {},
): Result<Instruction[]> {
  const slots = slotOffsets(instructions);
  const starts = functionStarts(instructions);
  const problems = createDiagnosticList();
  const functions = new Map<string, number>();
  for (const start of starts) {
    const name = instructions[start]?.symbol;
    if (name === undefined) continue;
    if (functions.has(name))
      addDiagnostic(problems, duplicate("function", name, slots[start] ?? 0));
    else functions.set(name, start);
  }
  const resolved: Instruction[] = [];
  starts.forEach((start, ordinal) => {
    const end = starts[ordinal + 1] ?? instructions.length;
    const labels = collectLabels(instructions, start, end, slots, problems);
    for (let index = start; index < end; index++) {
      const instruction = instructions[index];
      if (instruction === undefined) continue;
      const { reference } = instruction;
      if (reference?.kind !== "label" && reference?.kind !== "function") {
        resolved.push(instruction);
        continue;
      }
      const target = (reference.kind === "label" ? labels : functions).get(reference.name);
      const slot = slots[index] ?? 0;
      if (target === undefined) {
        if (reference.kind === "label" || options.keepForeignFunctions !== true)
          addDiagnostic(problems, undefinedName(instruction, reference, slot));
        resolved.push(instruction);
        continue;
      }
      const distance = (slots[target] ?? 0) - slot - 1;
      const placed = placeDistance(instruction, distance, slot);
      if ("code" in placed) addDiagnostic(problems, placed);
      else resolved.push(placed);
    }
  });
  return problems.found === 0 ? success(resolved) : failure(listDiagnostics(problems));
}

function collectLabels(
  instructions: readonly Instruction[],
  start: number,
  end: number,
  slots: Uint32Array,
  problems: DiagnosticList,
): Map<string, number> {
  const labels = new Map<string, number>();
  for (let index = start; index < end; index++) {
    const name = instructions[index]?.symbol;
    if (name === undefined) continue;
    if (labels.has(name)) addDiagnostic(problems, duplicate("label", name, slots[index] ?? 0));
    else labels.set(name, index);
  }
  return labels;
}

function placeDistance(
  instruction: Instruction,
  distance: number,
  slot: number,
): Instruction | Diagnostic {
  if (isLocalCall(instruction) || isFunctionAddress(instruction))
    return { ...instruction, imm: distance };
  const name = instruction.reference?.name ?? "";
  if (!isJump(instruction)) {
    return errorAt(
      "asm-misplaced-reference",
      spanOf(instruction, slot),
      `Cannot point the instruction at slot ${slot} to "${name}": opcode 0x${instruction.opcode.toString(16)} has no target`,
      "Labels belong to jumps, functions to local calls and to 64-bit loads with source 4",
    );
  }
  if (instruction.opcode === OPCODE.gotol) return { ...instruction, imm: distance };
  if (distance >= -0x8000 && distance <= 0x7fff) return { ...instruction, offset: distance };
  return errorAt(
    "asm-jump-range",
    spanOf(instruction, slot),
    `Cannot jump to "${name}" from slot ${slot}: it is ${distance} slots away`,
    "A jump reaches -32768 to 32767 slots; jump over a gotol (ISA v4) to go farther",
  );
}

function undefinedName(
  instruction: Instruction,
  reference: { readonly kind: "label" | "function"; readonly name: string },
  slot: number,
): Diagnostic {
  return errorAt(
    `asm-undefined-${reference.kind}`,
    spanOf(instruction, slot),
    `Cannot resolve ${reference.kind} "${reference.name}" at slot ${slot}: no instruction${reference.kind === "label" ? " of its function" : ""} carries that symbol`,
    reference.kind === "label"
      ? "Give the target instruction that symbol"
      : "Link the function into the program first",
  );
}

function duplicate(kind: "label" | "function", name: string, slot: number): Diagnostic {
  return errorAt(
    `asm-duplicate-${kind}`,
    { offset: slot * SLOT_BYTES, length: SLOT_BYTES },
    `Cannot resolve ${kind} "${name}": a second one is at slot ${slot}`,
    "Give every instruction a symbol of its own",
  );
}

function spanOf(instruction: Instruction, slot: number): { offset: number; length: number } {
  return { offset: slot * SLOT_BYTES, length: slotCount(instruction) * SLOT_BYTES };
}
