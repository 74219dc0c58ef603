import type { Instruction } from "../asm/instruction.ts";
import type { CoreValue } from "./compute.ts";

/**
 * The helper number in a poisoned instruction, 0xbad2310 for "bad relo", as libbpf has it. The verifier says
 * `invalid func unknown#195896080` when it gets there, and nothing when the code is dead.
 */
export const POISON_HELPER = 0x0bad_2310;

/** What became of an instruction. */
export type PatchResult =
  | { readonly kind: "patched"; readonly instruction: Instruction }
  /** The same number of slots: two instructions for `lddw`. */
  | {
      readonly kind: "poisoned";
      readonly why: "missing" | "size";
      readonly instructions: readonly Instruction[];
    }
  /** The object is wrong, or the value does not fit: the relocation fails. The reason ends a sentence. */
  | { readonly kind: "refused"; readonly reason: string };

const CALL = 0x85;
const LOAD_IMM64 = 0x18;
const SIGNED_LOAD = 0x80;

// opcode of a load or store:  mode 7..5 | size 4..3 | class 2..0
const SIZE_BYTES = [4, 2, 1, 8] as const;

/** Puts the value of a relocation into its instruction. */
export function patchInstruction(instruction: Instruction, value: CoreValue): PatchResult {
  if (value.missing) return poison(instruction, "missing");
  const { relocation: _, ...rest } = instruction;
  const { opcode } = instruction;
  switch (opcode & 0x07) {
    case 0x04:
    case 0x07: {
      if ((opcode & 0x08) !== 0) return refuse("the arithmetic must have an immediate operand");
      const found = BigInt(instruction.imm);
      if (value.validate && BigInt.asUintN(64, found) !== value.local)
        return refuse(unexpected(found, value));
      const imm = Number(BigInt.asIntN(32, value.target));
      return { kind: "patched", instruction: { ...rest, imm } };
    }
    case 0x01:
    case 0x02:
    case 0x03:
      return patchMemory(instruction, rest, value);
    case 0x00: {
      const { imm2 } = instruction;
      const isPlain =
        opcode === LOAD_IMM64 &&
        imm2 !== undefined &&
        instruction.src === 0 &&
        instruction.offset === 0 &&
        instruction.reference === undefined;
      if (!isPlain) return refuse("the 64-bit load must be of a plain number");
      const found = BigInt.asUintN(32, BigInt(instruction.imm)) | (BigInt(imm2) << 32n);
      const { negative } = value;
      const meant = BigInt.asUintN(64, found) === negative?.local ? negative : value;
      const { local, target } = meant;
      if (value.validate && BigInt.asUintN(64, found) !== local)
        return refuse(unexpected(found, value));
      const low = Number(BigInt.asIntN(32, target));
      const high = Number(BigInt.asIntN(32, target >> 32n));
      return { kind: "patched", instruction: { ...rest, imm: low, imm2: high } };
    }
    default:
      return refuse(`an instruction with opcode 0x${opcode.toString(16)} holds no such value`);
  }
}

function patchMemory(instruction: Instruction, rest: Instruction, value: CoreValue): PatchResult {
  const { opcode, offset } = instruction;
  if (value.validate && BigInt.asUintN(64, BigInt(offset)) !== value.local)
    return refuse(unexpected(BigInt(offset), value));
  if (value.target > 0x7fffn)
    return refuse(`an offset has up to 32767 bytes: it is ${value.target}`);
  if (value.sizeConflict) return poison(instruction, "size");
  const target = Number(value.target);
  if (value.localSize === value.targetSize)
    return { kind: "patched", instruction: { ...rest, offset: target } };

  // A load that extends the sign reads another number when it gets wider or narrower.
  if ((opcode & 0xe0) === SIGNED_LOAD) return poison(instruction, "size");
  const accessed = SIZE_BYTES[((opcode >> 3) & 3) as 0 | 1 | 2 | 3];
  if (accessed !== value.localSize)
    return refuse(`it accesses ${accessed} bytes of a field of ${value.localSize}`);
  const code = SIZE_BYTES.findIndex((bytes) => bytes === value.targetSize);
  if (code < 0)
    return refuse(`no load or store has the size of the kernel's field: ${value.targetSize} bytes`);
  const resized = (opcode & 0xe7) | (code << 3);
  return { kind: "patched", instruction: { ...rest, opcode: resized, offset: target } };
}

function poison(instruction: Instruction, why: "missing" | "size"): PatchResult {
  const { imm2: _, relocation: __, reference: ___, ...rest } = instruction;
  const call = { ...rest, opcode: CALL, dst: 0, src: 0, offset: 0, imm: POISON_HELPER };
  if (instruction.opcode !== LOAD_IMM64) return { kind: "poisoned", why, instructions: [call] };
  const { symbol: ____, functionTypeId: _____, ...second } = call;
  return { kind: "poisoned", why, instructions: [call, second] };
}

function unexpected(found: bigint, value: CoreValue): string {
  return `its value must be ${value.local}: it is ${found}`;
}

function refuse(reason: string): PatchResult {
  return { kind: "refused", reason };
}
