import { errorAt, failure, success, type Diagnostic, type Result } from "../diagnostic.ts";
import type { ByteOrder } from "./decode.ts";
import { addDiagnostic, createDiagnosticList, listDiagnostics } from "../diagnostic-list.ts";
import type { Instruction } from "./instruction.ts";
import { isWide } from "./predicates.ts";
import { resolveReferences, type ResolveOptions } from "./resolve.ts";
import { SLOT_BYTES, slotOffsets } from "./slots.ts";

/** How instructions are encoded. */
export interface EncodeOptions extends ByteOrder, ResolveOptions {}

/**
 * Encodes instructions, eight bytes per slot, after putting the distances of labels and functions in place. Fails with a
 * diagnostic for each name that is not there or too far away and for each field that does not fit its bits; spans count
 * bytes of the result.
 */
export function encodeInstructions(
  instructions: readonly Instruction[],
  options: EncodeOptions = {},
): Result<Uint8Array> {
  const { littleEndian = true } = options;
  const resolved = resolveReferences(instructions, options);
  if (!resolved.ok) return resolved;
  const slots = slotOffsets(instructions);
  const bytes = new Uint8Array((slots[instructions.length] ?? 0) * SLOT_BYTES);
  const view = new DataView(bytes.buffer);
  const problems = createDiagnosticList();
  let at = 0;
  for (const instruction of resolved.value) {
    const { opcode, dst, src, offset, imm, imm2 } = instruction;
    const problem = checkFields(instruction, at);
    if (problem !== undefined) addDiagnostic(problems, problem);
    view.setUint8(at, opcode);
    view.setUint8(at + 1, littleEndian ? (src << 4) | dst : (dst << 4) | src);
    view.setInt16(at + 2, offset, littleEndian);
    view.setInt32(at + 4, imm, littleEndian);
    at += SLOT_BYTES;
    if (!isWide(instruction)) continue;
    view.setInt32(at + 4, imm2 ?? 0, littleEndian);
    at += SLOT_BYTES;
  }
  return problems.found === 0 ? success(bytes) : failure(listDiagnostics(problems));
}

const FIELDS = [
  ["opcode", 0, 0xff],
  ["dst", 0, 15],
  ["src", 0, 15],
  ["offset", -0x8000, 0x7fff],
  ["imm", -0x8000_0000, 0x7fff_ffff],
  ["imm2", -0x8000_0000, 0x7fff_ffff],
] as const;

function checkFields(instruction: Instruction, at: number): Diagnostic | undefined {
  const slot = at / SLOT_BYTES;
  const span = { offset: at, length: SLOT_BYTES };
  for (const [name, minimum, maximum] of FIELDS) {
    const value = instruction[name];
    if (value === undefined) continue;
    if (Number.isInteger(value) && value >= minimum && value <= maximum) continue;
    return errorAt(
      "asm-field-range",
      span,
      `Cannot encode the instruction at slot ${slot}: ${name} is ${value}`,
      `${name} is an integer from ${minimum} to ${maximum}`,
    );
  }
  if (isWide(instruction) === (instruction.imm2 !== undefined)) return undefined;
  return errorAt(
    "asm-wide-immediate",
    span,
    `Cannot encode the instruction at slot ${slot}: opcode 0x${instruction.opcode.toString(16)} ${isWide(instruction) ? "lacks" : "has"} imm2`,
    "imm2 belongs to opcode 0x18 and to no other",
  );
}
