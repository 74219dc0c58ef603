import type { BtfBuilder } from "../btf/build.ts";
import { SECTION_FLAGS, SECTION_TYPES, SYMBOL_BINDINGS, SYMBOL_TYPES } from "../elf/types.ts";
import type { ElfModel, WritableSection, WritableSymbol } from "../elf/write.ts";
import type { DiagnosticSink } from "./diagnostic-sink.ts";

/** A relocation whose symbol goes by its key. */
export interface DraftRelocation {
  readonly offset: number;
  symbol: string;
  readonly type: number;
}

/** A symbol that names its section. */
export type DraftSymbol = Omit<WritableSymbol, "section"> & { readonly section?: string };

/** A section in the making. */
export interface DraftSection {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly align: number;
  readonly parts: Uint8Array[];
  size: number;
  readonly relocations: DraftRelocation[];
}

/** An object file in the making. Symbols go by a key such as `function:entry`, so that they may be named before they are there. */
export interface Draft {
  readonly littleEndian: boolean;
  readonly btf: BtfBuilder;
  readonly sink: DiagnosticSink;
  /** The section of that name, made on first use with these traits. */
  section(name: string, traits?: { type?: number; flags?: number; align?: number }): DraftSection;
  /** Appends bytes at a multiple of `align`, and gives their offset. */
  append(section: DraftSection, bytes: Uint8Array, align: number): number;
  symbol(key: string, symbol: DraftSymbol): void;
  /** Makes the symbol of a whole section, and gives its key. */
  sectionSymbol(name: string): string;
  readonly findSymbol: (key: string) => DraftSymbol | undefined;
  /** Lets a second key stand for a symbol. */
  alias(key: string, symbol: string): void;
  readonly hasSymbol: (key: string) => boolean;
  readonly sections: () => Iterable<DraftSection>;
  model(): ElfModel;
}

/** Flags of a section with code, with constants and with variables. */
export const CODE: number = SECTION_FLAGS.alloc | SECTION_FLAGS.execute;
/** Constants. */
export const CONSTANT: number = SECTION_FLAGS.alloc;
/** Variables. */
export const WRITABLE: number = SECTION_FLAGS.alloc | SECTION_FLAGS.write;

/** Starts an empty object. */
export function createDraft(littleEndian: boolean, btf: BtfBuilder, sink: DiagnosticSink): Draft {
  const sections = new Map<string, DraftSection>();
  const symbols = new Map<string, DraftSymbol>();
  const aliases = new Map<string, string>();
  return {
    littleEndian,
    btf,
    sink,
    section(name, { type = SECTION_TYPES.progbits, flags = 0, align = 1 } = {}) {
      const known = sections.get(name);
      if (known !== undefined) return known;
      const section: DraftSection = {
        name,
        type,
        flags,
        align,
        parts: [],
        size: 0,
        relocations: [],
      };
      sections.set(name, section);
      return section;
    },
    append(section, bytes, align) {
      const offset = Math.ceil(section.size / align) * align;
      if (offset > section.size) section.parts.push(new Uint8Array(offset - section.size));
      section.parts.push(bytes);
      section.size = offset + bytes.length;
      return offset;
    },
    symbol: (key, symbol) => void symbols.set(key, symbol),
    sectionSymbol(name) {
      const key = `section:${name}`;
      const bind = SYMBOL_BINDINGS.local;
      symbols.set(key, {
        name: "",
        section: name,
        value: 0,
        size: 0,
        type: SYMBOL_TYPES.section,
        bind,
      });
      return key;
    },
    findSymbol: (key) => symbols.get(key),
    alias: (key, symbol) => void aliases.set(key, symbol),
    hasSymbol: (key) => symbols.has(aliases.get(key) ?? key),
    sections: () => sections.values(),
    model() {
      const sectionNumbers = new Map([...sections.keys()].map((name, index) => [name, index]));
      const symbolNumbers = new Map([...symbols.keys()].map((key, index) => [key, index]));
      return {
        littleEndian,
        sections: [...sections.values()].map((section) =>
          finish(section, (key) => symbolNumbers.get(aliases.get(key) ?? key)),
        ),
        symbols: [...symbols.values()].map(({ section, ...symbol }) =>
          Object.assign(symbol, {
            section: section === undefined ? undefined : sectionNumbers.get(section),
          }),
        ),
      };
    },
  };
}

function finish(
  { name, type, flags, align, parts, size, relocations }: DraftSection,
  numberOf: (key: string) => number | undefined,
): WritableSection {
  const data = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    data.set(part, at);
    at += part.length;
  }
  const numbered = relocations.map((relocation) => ({
    offset: relocation.offset,
    symbol: numberOf(relocation.symbol) ?? -1,
    type: relocation.type,
  }));
  return { name, type, flags, align, data, relocations: numbered };
}
