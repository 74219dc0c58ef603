import { decodeText } from "./text.ts";

/** Looks up a string by its offset; `undefined` when it is out of range, has no end, or the table is used up. */
export type StringTable = (offset: number) => string | undefined;

/**
 * Strings of an ELF string table. A string is decoded once for each offset. Because strings may share their tails, a
 * small hostile table could otherwise name megabytes for every symbol: the characters that are handed out are limited
 * to 16 times the table's size and 64 KiB.
 */
export function createStringTable(data: Uint8Array): StringTable {
  const known = new Map<number, string>();
  let budget = 16 * data.length + 65_536;
  return (offset) => {
    const found = known.get(offset);
    if (found !== undefined) return found;
    if (offset < 0 || offset >= data.length) return offset === 0 ? "" : undefined;
    const end = data.indexOf(0, offset);
    if (end === -1) return undefined;
    budget -= end - offset;
    if (budget < 0) return undefined;
    const text = decodeText(data.subarray(offset, end));
    known.set(offset, text);
    return text;
  };
}
