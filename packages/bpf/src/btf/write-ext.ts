import type { Instruction, SourceLine } from "../asm/instruction.ts";
import { CORE_KINDS } from "../core/relocation.ts";
import type { BtfBuilder } from "./build.ts";
import type { BtfExt, BtfExtSections } from "./ext.ts";
import { BTF_MAGIC } from "./format.ts";

const HEADER_SIZE = 32;
const MOST_COLUMN = 0x3ff;
const MOST_LINE = 0x3fffff;

/**
 * Encodes `.BTF.ext`. Its strings go into `builder`, so write the `.BTF` section after it; type ids are those of
 * `builder`.
 */
export function writeBtfExt(ext: BtfExt, builder: BtfBuilder): Uint8Array {
  const functions = encodePart(ext.functions, builder, (typeId) => [typeId]);
  const lines = encodePart(ext.lines, builder, (line) => lineWords(line, builder));
  const relocations = encodePart(ext.relocations, builder, (relocation) => [
    relocation.typeId,
    builder.addString(relocation.accessor),
    CORE_KINDS.indexOf(relocation.kind),
  ]);
  const header = [HEADER_SIZE];
  let offset = 0;
  for (const part of [functions, lines, relocations]) {
    header.push(offset, part.length * 4);
    offset += part.length * 4;
  }
  const bytes = encodeWords(
    [0, ...header, ...functions, ...lines, ...relocations],
    builder.littleEndian,
  );
  const view = new DataView(bytes.buffer);
  view.setUint16(0, BTF_MAGIC, builder.littleEndian);
  view.setUint8(2, 1);
  return bytes;
}

function encodePart<T>(
  sections: BtfExtSections<T>,
  builder: BtfBuilder,
  encode: (value: T) => number[],
): number[] {
  const words: number[] = [];
  for (const [name, records] of sections) {
    if (records.size === 0) continue;
    const encoded: number[] = [];
    for (const [offset, value] of [...records].toSorted(([a], [b]) => a - b)) {
      encoded.push(offset, ...encode(value));
    }
    const recordWords = encoded.length / records.size;
    if (words.length === 0) words.push(recordWords * 4);
    words.push(builder.addString(name), records.size);
    for (const word of encoded) words.push(word);
  }
  return words;
}

/** Lines beyond 22 bits and columns beyond 10 are cut to what the field holds. */
function lineWords({ file, text, line, column }: SourceLine, builder: BtfBuilder): number[] {
  const position = (Math.min(line, MOST_LINE) << 10) | Math.min(column, MOST_COLUMN);
  return [builder.addString(file), builder.addString(text), position >>> 0];
}

/** Records as BPF_PROG_LOAD takes them: `func_info` or `line_info`, their size and their number. */
export interface InfoRecords {
  readonly bytes: Uint8Array;
  readonly recordSize: number;
  readonly count: number;
}

/**
 * The `func_info` of a program (Linux 5.0): one record for each instruction with a `functionTypeId`, counted in
 * instruction slots.
 */
export function encodeFunctionInfo(
  instructions: readonly Instruction[],
  littleEndian = true,
): InfoRecords {
  const words: number[] = [];
  forEachSlot(instructions, (instruction, slot) => {
    if (instruction.functionTypeId !== undefined) words.push(slot, instruction.functionTypeId);
  });
  return { bytes: encodeWords(words, littleEndian), recordSize: 8, count: words.length / 2 };
}

/**
 * The `line_info` of a program (Linux 5.0): one record for each instruction with a `source`. The strings go into
 * `builder`, whose BTF has to be loaded with the program.
 */
export function encodeLineInfo(
  instructions: readonly Instruction[],
  builder: BtfBuilder,
): InfoRecords {
  const words: number[] = [];
  forEachSlot(instructions, ({ source }, slot) => {
    if (source !== undefined) words.push(slot, ...lineWords(source, builder));
  });
  return {
    bytes: encodeWords(words, builder.littleEndian),
    recordSize: 16,
    count: words.length / 4,
  };
}

function forEachSlot(
  instructions: readonly Instruction[],
  visit: (instruction: Instruction, slot: number) => void,
): void {
  let slot = 0;
  for (const instruction of instructions) {
    visit(instruction, slot);
    slot += instruction.imm2 === undefined ? 1 : 2;
  }
}

function encodeWords(words: readonly number[], littleEndian: boolean): Uint8Array {
  const bytes = new Uint8Array(words.length * 4);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => view.setUint32(i * 4, word, littleEndian));
  return bytes;
}
