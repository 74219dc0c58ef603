import { encodeType } from "./encode.ts";
import { BTF_HEADER_SIZE, BTF_MAGIC } from "./format.ts";
import { encodeString } from "./strings.ts";
import type { Btf, BtfType } from "./types.ts";

/** What the new BTF looks like. */
export interface BtfBuilderOptions {
  /** Builds split BTF, whose ids and string offsets continue the base's. */
  readonly base?: Btf | undefined;
  /** Little-endian unless said otherwise. */
  readonly littleEndian?: boolean;
}

/** BTF in the making. Ids are given out in order and never change. */
export interface BtfBuilder {
  readonly base: Btf | undefined;
  readonly littleEndian: boolean;
  /** The id that the first type got or will get. */
  readonly firstId: number;
  /** The id that the next type will get; types may name it, and later ones, before they are there. */
  readonly endId: number;
  /** Appends a type and returns its id. */
  add(type: BtfType): number;
  /** Puts another type in the place of one that was added. Throws a `RangeError` for any other id. */
  set(id: number, type: BtfType): void;
  /** The type of an id that was added or is the base's. */
  type(id: number): BtfType | undefined;
  /** The offset of a string in the table, which gets it if it is new. Strings end at their first NUL. */
  addString(text: string): number;
  /**
   * The encoded form of everything so far. Equal steps give equal bytes. Throws a `RangeError` that names the type when
   * a value does not fit into BTF.
   */
  write(): Uint8Array;
}

/** Starts new BTF. */
export function createBtfBuilder(options: BtfBuilderOptions = {}): BtfBuilder {
  const { base, littleEndian = true } = options;
  const firstId = base?.endId ?? 1;
  const types: BtfType[] = [];
  const strings = createStringTable(base?.endString);
  const addString = (text: string): number => strings.add(text);
  return {
    base,
    littleEndian,
    firstId,
    get endId() {
      return firstId + types.length;
    },
    add(type) {
      types.push(type);
      return firstId + types.length - 1;
    },
    set(id, type) {
      if (types[id - firstId] === undefined) {
        const range = `${firstId} to ${firstId + types.length - 1}`;
        throw new RangeError(`Cannot replace a type as its id must be ${range}: it is ${id}`);
      }
      types[id - firstId] = type;
    },
    type: (id) => (id < firstId ? base?.type(id) : types[id - firstId]),
    addString,
    write() {
      const words = types.flatMap((type) => encodeType(type, addString));
      return assemble(words, strings.encode(), littleEndian);
    },
  };
}

/** A builder that already has all types of `btf`, and its base, under the same ids. */
export function extendBtf(btf: Btf): BtfBuilder {
  const builder = createBtfBuilder({ base: btf.base, littleEndian: btf.littleEndian });
  for (let id = btf.firstId; id < btf.endId; id += 1) {
    const type = btf.type(id);
    // A kind that only its layout is known of keeps its id, and says nothing else.
    builder.add(type ?? { kind: "const", typeId: 0 });
  }
  return builder;
}

interface StringTable {
  add(text: string): number;
  encode(): Uint8Array;
}

/** `start` is where the base's strings end; a table of its own starts with the empty string. */
function createStringTable(start = 0): StringTable {
  const offsets = new Map<string, number>([["", 0]]);
  const pieces: Uint8Array[] = start === 0 ? [new Uint8Array(0)] : [];
  let end = start === 0 ? 1 : start;
  function add(text: string): number {
    const known = offsets.get(text);
    if (known !== undefined) return known;
    const nul = text.indexOf("\0");
    if (nul >= 0) return add(text.slice(0, nul));
    const piece = encodeString(text);
    const offset = end;
    offsets.set(text, offset);
    pieces.push(piece);
    end += piece.length + 1;
    return offset;
  }
  return {
    add,
    encode() {
      const bytes = new Uint8Array(end - start);
      let at = 0;
      for (const piece of pieces) {
        bytes.set(piece, at);
        at += piece.length + 1;
      }
      return bytes;
    },
  };
}

function assemble(
  words: readonly number[],
  strings: Uint8Array,
  littleEndian: boolean,
): Uint8Array {
  const typesLength = words.length * 4;
  const bytes = new Uint8Array(BTF_HEADER_SIZE + typesLength + strings.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, BTF_MAGIC, littleEndian);
  view.setUint8(2, 1);
  const header = [BTF_HEADER_SIZE, 0, typesLength, typesLength, strings.length];
  header.forEach((word, i) => view.setUint32(4 + i * 4, word, littleEndian));
  words.forEach((word, i) => view.setUint32(BTF_HEADER_SIZE + i * 4, word, littleEndian));
  bytes.set(strings, BTF_HEADER_SIZE + typesLength);
  return bytes;
}
