import { errorAt, type Diagnostic } from "../diagnostic.ts";
import type { Instruction } from "./instruction.ts";
import { isSignedDivision } from "./notation.ts";
import {
  ACCESS_MODE,
  ACCESS_SIZE,
  ALU_OPERATION,
  ATOMIC_OPERATION,
  CALL_SOURCE,
  INSTRUCTION_CLASS as CLASS,
  JUMP_OPERATION,
  OPCODE,
  WIDE_SOURCE,
} from "./opcodes.ts";
import { SLOT_BYTES, slotCount } from "./slots.ts";

type Field = "dst" | "src" | "offset" | "imm" | "imm2";

/**
 * Whether an instruction means anything in RFC 9669 (ISA v1–v4) or in Linux's additions to it: `undefined` when it
 * does, else what is wrong: an opcode that does not exist, or bits in a field that it does not use. Says nothing of
 * what the verifier would.
 */
export function checkInstruction(instruction: Instruction, slot = 0): Diagnostic | undefined {
  const span = { offset: slot * SLOT_BYTES, length: slotCount(instruction) * SLOT_BYTES };
  const what = `the instruction at slot ${slot}`;
  const unused = unusedFields(instruction);
  if (unused === undefined) {
    const { opcode, src, imm } = instruction;
    return errorAt(
      "asm-unknown-instruction",
      span,
      `Cannot execute ${what}: opcode 0x${opcode.toString(16).padStart(2, "0")} with source ${src} and immediate ${imm} is not defined`,
      "RFC 9669 lists the instructions",
    );
  }
  const dirty = unused.find((field) => (instruction[field] ?? 0) !== 0);
  if (dirty === undefined) return undefined;
  return errorAt(
    "asm-reserved-field",
    span,
    `Cannot execute ${what}: its ${dirty} is ${instruction[dirty]}`,
    `Opcode 0x${instruction.opcode.toString(16).padStart(2, "0")} does not use it: set it to 0`,
  );
}

/** The fields that must be 0; `undefined` for an instruction that does not exist. */
function unusedFields(instruction: Instruction): readonly Field[] | undefined {
  switch (instruction.opcode & 7) {
    case CLASS.alu:
    case CLASS.alu64:
      return ofAlu(instruction);
    case CLASS.jmp:
    case CLASS.jmp32:
      return ofJump(instruction);
    case CLASS.ld:
      return ofLegacy(instruction);
    default:
      return ofMemory(instruction);
  }
}

function ofAlu(instruction: Instruction): readonly Field[] | undefined {
  const { opcode, offset, imm } = instruction;
  const operation = opcode & 0xf0;
  const is64 = (opcode & 7) === CLASS.alu64;
  const fromRegister = (opcode & 8) !== 0;
  switch (operation) {
    case ALU_OPERATION.neg:
      return fromRegister ? undefined : ["src", "offset", "imm"];
    case ALU_OPERATION.end:
      if (![16, 32, 64].includes(imm) || (is64 && fromRegister)) return undefined;
      return ["src", "offset"];
    case ALU_OPERATION.mov:
      if (!fromRegister) return ["src", "offset"];
      // addr_space_cast keeps two address spaces in the immediate.
      if (is64 && offset === 1) return [];
      return (is64 ? [8, 16, 32] : [8, 16]).includes(offset) ? ["imm"] : ["offset", "imm"];
    default: {
      if (operation > ALU_OPERATION.end) return undefined;
      const operand = fromRegister ? "imm" : "src";
      return isSignedDivision(opcode, offset) ? [operand] : ["offset", operand];
    }
  }
}

function ofJump({ opcode, src }: Instruction): readonly Field[] | undefined {
  switch (opcode) {
    case OPCODE.ja:
      return ["dst", "src", "imm"];
    case OPCODE.gotol:
      return ["dst", "src", "offset"];
    case OPCODE.gotox:
    case OPCODE.callx:
      return ["src", "offset", "imm"];
    case OPCODE.may_goto:
      return ["dst", "src", "imm"];
    case OPCODE.exit:
      return ["dst", "src", "offset", "imm"];
    case OPCODE.call:
      if (src === CALL_SOURCE.kfunc) return ["dst"];
      return src > CALL_SOURCE.kfunc ? undefined : ["dst", "offset"];
    default:
      break;
  }
  const operation = opcode & 0xf0;
  const isOther =
    operation === JUMP_OPERATION.ja ||
    operation === JUMP_OPERATION.call ||
    operation === JUMP_OPERATION.exit ||
    operation > JUMP_OPERATION.jsle;
  if (isOther) return undefined;
  return (opcode & 8) === 0 ? ["src"] : ["imm"];
}

/** Sources of the 64-bit load that say everything in the lower half. */
const NARROW_SOURCES: ReadonlySet<number> = new Set<number>([
  WIDE_SOURCE.map_fd,
  WIDE_SOURCE.function,
  WIDE_SOURCE.map_index,
]);

function ofLegacy({ opcode, src }: Instruction): readonly Field[] | undefined {
  if (opcode === OPCODE.lddw) {
    if (src > WIDE_SOURCE.map_index_value) return undefined;
    return NARROW_SOURCES.has(src) ? ["offset", "imm2"] : ["offset"];
  }
  if ((opcode & 0x18) === ACCESS_SIZE.dw) return undefined;
  switch (opcode & 0xe0) {
    case ACCESS_MODE.abs:
      return ["dst", "src", "offset"];
    case ACCESS_MODE.ind:
      return ["dst", "offset"];
    default:
      return undefined;
  }
}

const ATOMICS: ReadonlySet<number> = new Set(Object.values(ATOMIC_OPERATION));

function ofMemory({ opcode, imm }: Instruction): readonly Field[] | undefined {
  const mode = opcode & 0xe0;
  const size = opcode & 0x18;
  const kind = opcode & 7;
  if (mode === ACCESS_MODE.mem) return kind === CLASS.st ? ["src"] : ["imm"];
  if (mode === ACCESS_MODE.memsx && kind === CLASS.ldx)
    return size === ACCESS_SIZE.dw ? undefined : ["imm"];
  if (mode !== ACCESS_MODE.atomic || kind !== CLASS.stx || !ATOMICS.has(imm)) return undefined;
  // Only load_acquire and store_release come in 8 and 16 bits.
  const isNarrow = size === ACCESS_SIZE.b || size === ACCESS_SIZE.h;
  return isNarrow && imm < ATOMIC_OPERATION.load_acquire ? undefined : [];
}
