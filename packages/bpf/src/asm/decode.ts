import { errorAt, failure, success, type Diagnostic, type Result } from "../diagnostic.ts";
import { addDiagnostic, createDiagnosticList, listDiagnostics } from "../diagnostic-list.ts";
import type { Instruction } from "./instruction.ts";
import { OPCODE } from "./opcodes.ts";
import { SLOT_BYTES } from "./slots.ts";

/** The byte order of encoded instructions: that of the machine they are for. */
export interface ByteOrder {
  /** Default: true. */
  readonly littleEndian?: boolean;
}

/**
 * Reads encoded instructions. Every opcode is taken, known or not, and `encodeInstructions()` gives the same bytes
 * back; `checkInstruction()` says whether one means anything. Refused are only bytes that cannot be a program: a length
 * that is not whole slots, and a 64-bit immediate load whose second slot is missing or not empty.
 *
 * In big-endian programs the two registers of a slot have changed places as well.
 */
export function decodeInstructions(
  bytes: Uint8Array,
  order: ByteOrder = {},
): Result<Instruction[]> {
  const { littleEndian = true } = order;
  const remainder = bytes.length % SLOT_BYTES;
  if (remainder !== 0) {
    return failure(
      errorAt(
        "asm-partial-slot",
        { offset: bytes.length - remainder, length: remainder },
        `Cannot decode instructions: ${bytes.length} bytes are not a multiple of ${SLOT_BYTES}`,
        "Pass whole slots of 8 bytes",
      ),
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const instructions: Instruction[] = [];
  const problems = createDiagnosticList();
  for (let at = 0; at < bytes.length; at += SLOT_BYTES) {
    const opcode = view.getUint8(at);
    const registers = view.getUint8(at + 1);
    const dst = littleEndian ? registers & 15 : registers >> 4;
    const src = littleEndian ? registers >> 4 : registers & 15;
    const offset = view.getInt16(at + 2, littleEndian);
    const imm = view.getInt32(at + 4, littleEndian);
    if (opcode !== OPCODE.lddw) {
      instructions.push({ opcode, dst, src, offset, imm });
      continue;
    }
    const second = at + SLOT_BYTES;
    const problem = checkSecondSlot(view, at);
    if (problem !== undefined) addDiagnostic(problems, problem);
    if (second === bytes.length) break;
    const imm2 = view.getInt32(second + 4, littleEndian);
    instructions.push({ opcode, dst, src, offset, imm, imm2 });
    at = second;
  }
  return problems.found === 0 ? success(instructions) : failure(listDiagnostics(problems));
}

function checkSecondSlot(view: DataView, at: number): Diagnostic | undefined {
  const slot = at / SLOT_BYTES;
  const second = at + SLOT_BYTES;
  if (second === view.byteLength) {
    return errorAt(
      "asm-wide-truncated",
      { offset: at, length: SLOT_BYTES },
      `Cannot decode the 64-bit load at slot ${slot}: the program ends before its second slot`,
      "A 64-bit immediate load fills two slots",
    );
  }
  // The verifier refuses anything there, and an Instruction has no room for it.
  if (view.getUint32(second) === 0) return undefined;
  return errorAt(
    "asm-wide-reserved",
    { offset: second, length: SLOT_BYTES },
    `Cannot decode the 64-bit load at slot ${slot}: opcode, registers and offset of its second slot are not 0`,
    "Only the immediate of the second slot carries bits",
  );
}
