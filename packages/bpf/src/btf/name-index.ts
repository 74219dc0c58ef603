import { kindNumberOf } from "./format.ts";

// Hash tables over the names of one file's types. Two thirds of vmlinux's named types are functions, and who relocates asks for
// none of them, so functions have a table of their own; each is filled when it is first asked for.
//   first[h]  position + 1 of the first type with hash h, 0 for none      one array per table
//   next[p]   position + 1 of the next type with the hash of type p       shared: a type is in one table
// For vmlinux that is 2 × 65,536 × 4 + 126,610 × 4 bytes = 1 MB. In a fresh process, where most of it runs before the
// optimiser has seen it, the types take 3 ms and the functions 5; bench/btf.

/** Where the names of a file's types are. */
export interface NameSource {
  readonly view: DataView;
  readonly littleEndian: boolean;
  /** Byte offset of each type, which starts with the offset of its name. */
  readonly offsets: Uint32Array;
  /** Where the file's own strings start and end. */
  readonly stringsOffset: number;
  readonly stringsEnd: number;
  /** The string offset of the first own string; those before it are the base's. */
  readonly firstString: number;
  /** The hash of one of the base's strings. */
  readonly hashOfBase: (offset: number) => number;
}

/** Which of a file's types: `func`, or all others. */
export type NameGroup = "functions" | "others";

/** Finds the types of one file by the hash of their names; the caller compares the names. */
export interface NameIndex {
  /** Positions (id minus first id) of types of the group whose name may have this hash, ascending. */
  candidates(group: NameGroup, hash: number): number[];
}

const FUNC = 12;

/** Makes the index; nothing is hashed before it is asked for. */
export function createNameIndex(source: NameSource): NameIndex {
  const slots = 2 ** Math.max(4, Math.ceil(Math.log2(source.offsets.length + 1)) - 1);
  const tables: { [G in NameGroup]?: Uint32Array } = {};
  let next: Uint32Array | undefined;
  return {
    candidates(group, hash) {
      next ??= new Uint32Array(source.offsets.length);
      const first = (tables[group] ??= fill(source, group, slots, next));
      const positions: number[] = [];
      for (let link = first[hash & (slots - 1)] ?? 0; link !== 0; link = next[link - 1] ?? 0) {
        positions.push(link - 1);
      }
      return positions;
    },
  };
}

function fill(source: NameSource, group: NameGroup, slots: number, next: Uint32Array): Uint32Array {
  const { view, littleEndian, offsets, stringsOffset, stringsEnd, firstString } = source;
  const functions = group === "functions";
  const ownStrings = stringsOffset - firstString;
  const first = new Uint32Array(slots);
  // Backwards, so that every chain ascends.
  for (let position = offsets.length - 1; position >= 0; position -= 1) {
    const at = offsets[position] ?? 0;
    if ((kindNumberOf(view.getUint32(at + 4, littleEndian)) === FUNC) !== functions) continue;
    const offset = view.getUint32(at, littleEndian);
    if (offset === 0) continue;
    const hash =
      offset < firstString
        ? source.hashOfBase(offset)
        : hashName(view, ownStrings + offset, stringsEnd);
    const slot = hash & (slots - 1);
    next[position] = first[slot] ?? 0;
    first[slot] = position + 1;
  }
  return first;
}

/**
 * A hash of the bytes from `start` to the next NUL or `end`: four at a time, which takes half the time of one at a time.
 * `(w - 0x01010101) & ~w & 0x80808080` has its lowest bit in the first byte of `w` that is zero.
 */
export function hashName(view: DataView, start: number, end: number): number {
  let hash = 0;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const word = view.getInt32(at, true);
    const zeros = (word - 0x01010101) & ~word & 0x80808080;
    if (zeros !== 0) return mix(hash, word & (((zeros & -zeros) >>> 7) - 1));
    hash = mix(hash, word);
  }
  let rest = 0;
  for (let shift = 0; at < end; at += 1, shift += 8) {
    const byte = view.getUint8(at);
    if (byte === 0) break;
    rest |= byte << shift;
  }
  return mix(hash, rest);
}

function mix(hash: number, word: number): number {
  const product = Math.imul(hash ^ word, 0x9e3779b1);
  // The low bits choose the slot, and a product's low bits know little of the upper ones.
  return product ^ (product >>> 15);
}
