import { encodeText } from "./text.ts";
import { FILE_TYPES, MACHINE_BPF, SECTION_FLAGS, SECTION_TYPES, SYMBOL_BINDINGS } from "./types.ts";

/** A place to patch. Its addend lies in the section's contents. */
export interface WritableRelocation {
  /** In bytes, from the start of the section. */
  readonly offset: number;
  /** Index into the model's symbols. */
  readonly symbol: number;
  readonly type: number;
}

/** A section with contents. */
export interface WritableSection {
  readonly name: string;
  /** `SHT_*`; `progbits` unless said otherwise. */
  readonly type?: number;
  /** `SHF_*`. */
  readonly flags?: number;
  /** 1 unless said otherwise. */
  readonly align?: number;
  readonly entrySize?: number;
  /** For `nobits` only its length counts. */
  readonly data: Uint8Array;
  readonly relocations?: readonly WritableRelocation[];
}

/** A symbol. */
export interface WritableSymbol {
  readonly name: string;
  /** Index into the model's sections; `undefined` for what another file defines. */
  readonly section: number | undefined;
  readonly value: number;
  readonly size: number;
  /** `STT_*`. */
  readonly type: number;
  /** `STB_*`. */
  readonly bind: number;
  /** 2 is hidden; 0 unless said otherwise. */
  readonly visibility?: number;
}

/** A relocatable object, without the parts that follow from the rest: symbol, string and relocation sections. */
export interface ElfModel {
  readonly littleEndian: boolean;
  /** BPF unless said otherwise. */
  readonly machine?: number;
  readonly sections: readonly WritableSection[];
  readonly symbols: readonly WritableSymbol[];
}

interface Placed {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly align: number;
  readonly entrySize: number;
  readonly data: Uint8Array;
  readonly link: number;
  readonly info: number;
}

const HEADER_SIZE = 64;
const SECTION_SIZE = 64;
const SYMBOL_SIZE = 24;
const RELOCATION_SIZE = 16;
/** From here on, section indexes have other meanings (SHN_LORESERVE). */
const MAX_SECTIONS = 0xff00;

/**
 * Writes a relocatable 64-bit object: the sections in their order, then the relocations of each, `.symtab` and `.strtab`. Local
 * symbols come first, as ELF demands. Equal models give equal bytes. Throws a `RangeError` for more than 65,279 sections and for
 * indexes that name nothing.
 */
export function writeElf(model: ElfModel): Uint8Array {
  const { littleEndian, machine = MACHINE_BPF, sections, symbols } = model;
  const strings = createStrings();
  const order = symbols
    .map((symbol, index) => ({ symbol, index }))
    .toSorted((a, b) => Number(isGlobal(a.symbol)) - Number(isGlobal(b.symbol)));
  // Index 0 is the null symbol.
  const numbers = new Map(order.map(({ index }, position) => [index, position + 1]));
  const relocated = sections.filter(({ relocations = [] }) => relocations.length > 0);
  const symtab = sections.length + relocated.length + 1;
  if (symtab + 2 > MAX_SECTIONS)
    throw new RangeError(
      `Cannot write ELF as sections must be fewer than ${MAX_SECTIONS}: there are ${symtab + 2}`,
    );
  const placed: Placed[] = [
    ...sections.map((section) => placeSection(section)),
    ...sections.flatMap((section, index) =>
      relocated.includes(section)
        ? [placeRelocations(section, index + 1, symtab, numbers, littleEndian)]
        : [],
    ),
    {
      name: ".symtab",
      type: SECTION_TYPES.symtab,
      flags: 0,
      align: 8,
      entrySize: SYMBOL_SIZE,
      data: encodeSymbols(
        order.map(({ symbol }) => symbol),
        sections.length,
        strings,
        littleEndian,
      ),
      link: symtab + 1,
      info: 1 + symbols.filter((symbol) => !isGlobal(symbol)).length,
    },
  ];
  // The names must all be known before the table that holds them is cut.
  const names = [...placed.map(({ name }) => strings.add(name)), strings.add(".strtab")];
  placed.push({
    ...placeSection({ name: ".strtab", data: strings.bytes() }),
    type: SECTION_TYPES.strtab,
  });
  return assemble(placed, names, littleEndian, machine);
}

function isGlobal({ bind }: WritableSymbol): boolean {
  return bind !== SYMBOL_BINDINGS.local;
}

function placeSection(section: WritableSection): Placed {
  const {
    name,
    data,
    type = SECTION_TYPES.progbits,
    flags = 0,
    align = 1,
    entrySize = 0,
  } = section;
  return { name, type, flags, align, entrySize, data, link: 0, info: 0 };
}

function placeRelocations(
  { name, relocations = [] }: WritableSection,
  target: number,
  symtab: number,
  numbers: ReadonlyMap<number, number>,
  littleEndian: boolean,
): Placed {
  const data = new Uint8Array(relocations.length * RELOCATION_SIZE);
  const view = new DataView(data.buffer);
  relocations.forEach(({ offset, symbol, type }, index) => {
    const number = numbers.get(symbol);
    if (number === undefined)
      throw new RangeError(
        `Cannot write ELF as section "${name}" refers to symbol ${symbol}: there is none`,
      );
    view.setBigUint64(index * RELOCATION_SIZE, BigInt(offset), littleEndian);
    view.setBigUint64(
      index * RELOCATION_SIZE + 8,
      (BigInt(number) << 32n) | BigInt(type),
      littleEndian,
    );
  });
  return {
    name: `.rel${name}`,
    type: SECTION_TYPES.rel,
    flags: SECTION_FLAGS.infoLink,
    align: 8,
    entrySize: RELOCATION_SIZE,
    data,
    link: symtab,
    info: target,
  };
}

function encodeSymbols(
  symbols: readonly WritableSymbol[],
  sectionCount: number,
  strings: Strings,
  littleEndian: boolean,
): Uint8Array {
  const data = new Uint8Array((symbols.length + 1) * SYMBOL_SIZE);
  const view = new DataView(data.buffer);
  symbols.forEach((symbol, index) => {
    const { name, section, value, size, type, bind, visibility = 0 } = symbol;
    if (section !== undefined && !(section >= 0 && section < sectionCount))
      throw new RangeError(
        `Cannot write ELF as symbol "${name}" lies in section ${section}: there is none`,
      );
    const at = (index + 1) * SYMBOL_SIZE;
    view.setUint32(at, strings.add(name), littleEndian);
    view.setUint8(at + 4, (bind << 4) | type);
    view.setUint8(at + 5, visibility);
    view.setUint16(at + 6, section === undefined ? 0 : section + 1, littleEndian);
    view.setBigUint64(at + 8, BigInt(value), littleEndian);
    view.setBigUint64(at + 16, BigInt(size), littleEndian);
  });
  return data;
}

interface Strings {
  add(text: string): number;
  bytes(): Uint8Array;
}

function createStrings(): Strings {
  const offsets = new Map([["", 0]]);
  const parts: Uint8Array[] = [];
  let end = 1;
  return {
    add(text) {
      const known = offsets.get(text);
      if (known !== undefined) return known;
      const part = encodeText(text);
      const offset = end;
      offsets.set(text, offset);
      parts.push(part);
      end += part.length + 1;
      return offset;
    },
    bytes() {
      const bytes = new Uint8Array(end);
      let at = 1;
      for (const part of parts) {
        bytes.set(part, at);
        at += part.length + 1;
      }
      return bytes;
    },
  };
}

function assemble(
  placed: readonly Placed[],
  names: readonly number[],
  littleEndian: boolean,
  machine: number,
): Uint8Array {
  let end = HEADER_SIZE;
  const offsets = placed.map(({ type, align, data }) => {
    const offset = Math.ceil(end / align) * align;
    end = type === SECTION_TYPES.nobits ? offset : offset + data.length;
    return offset;
  });
  const headers = Math.ceil(end / 8) * 8;
  const bytes = new Uint8Array(headers + (placed.length + 1) * SECTION_SIZE);
  const view = new DataView(bytes.buffer);
  const u16 = (at: number, value: number): void => view.setUint16(at, value, littleEndian);
  const u32 = (at: number, value: number): void => view.setUint32(at, value, littleEndian);
  const u64 = (at: number, value: number): void =>
    view.setBigUint64(at, BigInt(value), littleEndian);
  // The file header; its fields are drawn in read.ts.
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, littleEndian ? 1 : 2, 1]);
  u16(16, FILE_TYPES.relocatable);
  u16(18, machine);
  u32(20, 1);
  u64(40, headers);
  u16(52, HEADER_SIZE);
  u16(58, SECTION_SIZE);
  u16(60, placed.length + 1);
  u16(62, placed.length);
  placed.forEach((section, index) => {
    const at = headers + (index + 1) * SECTION_SIZE;
    const offset = offsets[index] ?? 0;
    if (section.type !== SECTION_TYPES.nobits) bytes.set(section.data, offset);
    u32(at, names[index] ?? 0);
    u32(at + 4, section.type);
    u64(at + 8, section.flags);
    u64(at + 24, offset);
    u64(at + 32, section.data.length);
    u32(at + 40, section.link);
    u32(at + 44, section.info);
    u64(at + 48, section.align);
    u64(at + 56, section.entrySize);
  });
  return bytes;
}
