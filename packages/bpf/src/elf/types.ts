/** Section types that somebody here asks for (`SHT_*` of the ELF specification). */
export const SECTION_TYPES = {
  null: 0,
  progbits: 1,
  symtab: 2,
  strtab: 3,
  rela: 4,
  note: 7,
  nobits: 8,
  rel: 9,
  dynsym: 11,
  symtabShndx: 18,
  llvmAddrsig: 0x6fff4c03,
} as const;

/** Section flags (`SHF_*`). */
export const SECTION_FLAGS = {
  write: 1,
  alloc: 2,
  execute: 4,
  strings: 0x20,
  infoLink: 0x40,
} as const;

/** Symbol types (`STT_*`). */
export const SYMBOL_TYPES = {
  none: 0,
  object: 1,
  function: 2,
  section: 3,
  file: 4,
  ifunc: 10,
} as const;

/** Symbol bindings (`STB_*`). */
export const SYMBOL_BINDINGS = { local: 0, global: 1, weak: 2 } as const;

/** Section indexes that name no section (`SHN_*`). */
export const SECTION_INDEXES = {
  undefined: 0,
  absolute: 0xfff1,
  common: 0xfff2,
  extended: 0xffff,
} as const;

/** The machine number of BPF objects. */
export const MACHINE_BPF = 247;

/** File types (`ET_*`). */
export const FILE_TYPES = { relocatable: 1, executable: 2, shared: 3, core: 4 } as const;

/**
 * One section. Numbers of 64 bits are given as `number`: exact below 2^53, so for every file offset and every address
 * of a process, and rounded for addresses of a kernel image.
 */
export interface ElfSection {
  readonly index: number;
  readonly name: string;
  /** `SHT_*`. */
  readonly type: number;
  /** The low 32 bits of `SHF_*`. */
  readonly flags: number;
  readonly address: number;
  /** In the file, in bytes. */
  readonly offset: number;
  /** In memory, in bytes; differs from `data.length` for a section without contents (`nobits`). */
  readonly size: number;
  readonly link: number;
  readonly info: number;
  readonly align: number;
  readonly entrySize: number;
  /** A window on the file; empty for `nobits`. */
  readonly data: Uint8Array;
}

/** One program header: how a part of the file is mapped into a process. */
export interface ElfSegment {
  /** `PT_*`: 1 is a part that is loaded, 4 holds notes. */
  readonly type: number;
  /** 1 executable, 2 writable, 4 readable. */
  readonly flags: number;
  readonly offset: number;
  readonly address: number;
  readonly fileSize: number;
  readonly memorySize: number;
  readonly align: number;
}

/** One symbol. */
export interface ElfSymbol {
  readonly index: number;
  readonly name: string;
  readonly value: number;
  readonly size: number;
  /** `STB_*`. */
  readonly bind: number;
  /** `STT_*`. */
  readonly type: number;
  /** 0 default, 1 internal, 2 hidden, 3 protected. */
  readonly visibility: number;
  /** Index of its section, with large indexes resolved; 0 undefined, 0xfff1 absolute, 0xfff2 common. */
  readonly section: number;
}

/** One relocation. `addend` is 0 for REL, whose addend lies in the place that is patched. */
export interface ElfRelocation {
  /** Where to patch, in bytes from the start of the section that is relocated. */
  readonly offset: number;
  readonly symbol: number;
  readonly type: number;
  readonly addend: bigint;
}

/** One note, as build ids and USDT probes are kept. */
export interface ElfNote {
  readonly name: string;
  readonly type: number;
  readonly description: Uint8Array;
}

/** An ELF file's frame. Symbols, relocations and notes are read when they are asked for. */
export interface ElfFile {
  readonly bytes: Uint8Array;
  readonly littleEndian: boolean;
  readonly wordBits: 32 | 64;
  /** `ET_*`: 1 relocatable, 2 executable, 3 shared library or position-independent executable. */
  readonly type: number;
  readonly machine: number;
  readonly entry: number;
  readonly flags: number;
  /** By index; section 0 is the null section. Empty for a file without section headers. */
  readonly sections: readonly ElfSection[];
  readonly segments: readonly ElfSegment[];
}
