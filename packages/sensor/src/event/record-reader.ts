import type { RecordMemory } from "@ocelli/linux";

/** A number of 64 bits without sign, exact below 2^53. */
export function readU64({ view }: RecordMemory, offset: number): number {
  return view.getUint32(offset, true) + view.getUint32(offset + 4, true) * 2 ** 32;
}

/** A number of 64 bits with sign, exact between -2^53 and 2^53. */
export function readI64({ view }: RecordMemory, offset: number): number {
  return view.getUint32(offset, true) + view.getInt32(offset + 4, true) * 2 ** 32;
}

/** A text of that many bytes, without the NUL that may end it. */
export function readText(memory: RecordMemory, offset: number, length: number): string {
  const { bytes } = memory;
  const size = length > 0 && bytes[offset + length - 1] === 0 ? length - 1 : length;
  if (size <= 0) return "";
  // Short texts of plain characters, which most are, cost less without a decoder.
  if (size <= PLAIN_BYTES) {
    let text = "";
    for (let index = 0; index < size; index += 1) {
      const one = bytes[offset + index] ?? 0;
      if (one >= 0x80) return decode(memory, offset, size);
      text += String.fromCharCode(one);
    }
    return text;
  }
  return decode(memory, offset, size);
}

const PLAIN_BYTES = 24;

function decode(memory: RecordMemory, offset: number, size: number): string {
  const copied = memory.copy(offset, size);
  return Buffer.from(copied.buffer, copied.byteOffset, size).toString("utf8");
}

/** Texts that end in NUL each; the last may have been cut off before its own. */
export function readTexts(memory: RecordMemory, offset: number, length: number): string[] {
  if (length === 0) return [];
  const parts = decode(memory, offset, length).split("\0");
  if (parts.at(-1) === "") parts.pop();
  return parts;
}

/** A text in a field of fixed size, ended by its first NUL. */
export function readField(memory: RecordMemory, offset: number, size: number): string {
  let length = 0;
  while (length < size && memory.bytes[offset + length] !== 0) length += 1;
  return readText(memory, offset, length);
}
