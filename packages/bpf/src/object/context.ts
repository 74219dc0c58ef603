import type { BtfExt } from "../btf/ext.ts";
import type { ElfFile, ElfRelocation, ElfSection, ElfSymbol } from "../elf/types.ts";
import type { DiagnosticSink } from "./diagnostic-sink.ts";
import type { ObjectTypes } from "./object-types.ts";
import type { SectionRole } from "./section-roles.ts";

/** What all parts of the reader share: the file's parts, and where to put remarks. */
export interface ObjectContext {
  readonly elf: ElfFile;
  readonly symbols: readonly ElfSymbol[];
  /** By section index. */
  readonly roles: readonly SectionRole[];
  /** `undefined` for an object without BTF. */
  readonly types: ObjectTypes | undefined;
  readonly ext: BtfExt;
  /** Names of global symbols that only their own object may see. */
  readonly hidden: ReadonlySet<string>;
  readonly sink: DiagnosticSink;
  /** Relocations by the index of the section that they patch, ascending by offset. */
  readonly relocations: ReadonlyMap<number, readonly ElfRelocation[]>;
}

/** The sections of one role, in the file's order. */
export function sectionsOf(context: ObjectContext, role: SectionRole): ElfSection[] {
  return context.elf.sections.filter(({ index }) => context.roles[index] === role);
}
