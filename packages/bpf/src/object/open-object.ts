import { readBtfExt, type BtfExt } from "../btf/ext.ts";
import { readBtf } from "../btf/read.ts";
import { readRelocations } from "../elf/read-relocations.ts";
import { readSymbols } from "../elf/read-symbols.ts";
import { readElf } from "../elf/read.ts";
import {
  FILE_TYPES,
  MACHINE_BPF,
  SECTION_TYPES,
  SYMBOL_BINDINGS,
  type ElfFile,
  type ElfRelocation,
  type ElfSymbol,
} from "../elf/types.ts";
import type { ObjectContext } from "./context.ts";
import type { DiagnosticSink } from "./diagnostic-sink.ts";
import { namesAreInProportion } from "./name-budget.ts";
import { createObjectTypes, type ObjectTypes } from "./object-types.ts";
import { sectionRole, type SectionRole } from "./section-roles.ts";

const NO_EXT: BtfExt = { functions: new Map(), lines: new Map(), relocations: new Map() };

/** Reads the parts of a BPF object that everything else builds on; `undefined` after an error. */
export function openObject(bytes: Uint8Array, sink: DiagnosticSink): ObjectContext | undefined {
  const file = readElf(bytes);
  sink.take(file.diagnostics);
  if (!file.ok) return undefined;
  const elf = file.value;
  if (!isBpfObject(elf, sink)) return undefined;
  const symbols = readSymbols(elf);
  sink.take(symbols.diagnostics);
  const roles = elf.sections.map(sectionRole);
  checkOverlap(elf, roles, sink);
  if (!symbols.ok || sink.failed) return undefined;
  const relocations = collectRelocations(elf, roles, symbols.value, sink);
  const types = readTypes(elf, roles, sink);
  const ext = types === undefined ? NO_EXT : readExt(elf, roles, types, sink);
  if (sink.failed) return undefined;
  const hidden = hiddenNames(symbols.value);
  return { elf, symbols: symbols.value, roles, types, ext, hidden, sink, relocations };
}

function hiddenNames(symbols: readonly ElfSymbol[]): Set<string> {
  const hidden = symbols.filter(
    ({ bind, visibility }) =>
      bind !== SYMBOL_BINDINGS.local && (visibility === 1 || visibility === 2),
  );
  return new Set(hidden.map(({ name }) => name));
}

function isBpfObject({ type, machine, wordBits }: ElfFile, sink: DiagnosticSink): boolean {
  // Old compilers left the machine at 0.
  const isBpf = machine === MACHINE_BPF || machine === 0;
  if (isBpf && type === FILE_TYPES.relocatable && wordBits === 64) return true;
  const found = isBpf
    ? `its type is ${type} with ${wordBits} bits, not 1 (relocatable) with 64`
    : `its machine is ${machine}, not ${MACHINE_BPF} (BPF)`;
  sink.error(
    "object-not-bpf",
    { offset: 16, length: 4 },
    `Cannot read the file as a BPF object: ${found}`,
    "Give an object file, e.g. one that clang made with --target=bpf -c",
  );
  return false;
}

/**
 * Refuses sections that lie on each other. Their contents are copied, so a small file could otherwise ask for any amount of
 * memory by naming the same bytes many times.
 */
function checkOverlap(elf: ElfFile, roles: readonly SectionRole[], sink: DiagnosticSink): void {
  const used = elf.sections
    .filter(({ index, data, type }) => {
      const relocates = type === SECTION_TYPES.rel || type === SECTION_TYPES.rela;
      return data.length > 0 && (roles[index] !== "other" || relocates);
    })
    .toSorted((a, b) => a.offset - b.offset);
  let end = 0;
  for (const section of used) {
    if (section.offset < end && !sink.full) {
      sink.error(
        "object-overlap",
        { offset: section.offset, length: section.size, section: section.name },
        `Cannot read section ${section.index}: it shares bytes with another section`,
        "Build or copy the file again: it is damaged",
      );
    }
    end = Math.max(end, section.offset + section.data.length);
  }
}

const RELOCATED: ReadonlySet<SectionRole> = new Set(["code", "btf-maps", "struct-ops"]);
const DATA: ReadonlySet<SectionRole> = new Set(["data", "rodata", "arena", "legacy-maps"]);

function collectRelocations(
  elf: ElfFile,
  roles: readonly SectionRole[],
  symbols: readonly ElfSymbol[],
  sink: DiagnosticSink,
): Map<number, ElfRelocation[]> {
  const collected = new Map<number, ElfRelocation[]>();
  for (const section of elf.sections) {
    if (section.type !== SECTION_TYPES.rel && section.type !== SECTION_TYPES.rela) continue;
    const role = roles[section.info] ?? "other";
    const span = { offset: section.offset, length: section.size, section: section.name };
    if (DATA.has(role) && section.data.length > 0) {
      sink.warn(
        "object-data-relocation",
        span,
        `Cannot apply the relocations of section "${elf.sections[section.info]?.name ?? ""}": pointers in data are unknown until the program runs, so they stay as they are`,
        "Initialise pointers in the program",
      );
    }
    if (!RELOCATED.has(role)) continue;
    const read = readRelocations(elf, section);
    sink.take(read.diagnostics);
    if (!read.ok) continue;
    const list = collected.get(section.info) ?? [];
    for (const relocation of read.value) {
      if (symbols[relocation.symbol] !== undefined) list.push(relocation);
      else if (!sink.full) {
        sink.error(
          "object-relocation-symbol",
          span,
          `Cannot relocate byte ${relocation.offset} of section "${elf.sections[section.info]?.name ?? ""}": there is no symbol ${relocation.symbol}`,
          "Build or copy the file again: it is damaged",
        );
      }
    }
    collected.set(section.info, list);
  }
  for (const list of collected.values()) list.sort((a, b) => a.offset - b.offset);
  return collected;
}

function readTypes(
  elf: ElfFile,
  roles: readonly SectionRole[],
  sink: DiagnosticSink,
): ObjectTypes | undefined {
  const section = elf.sections[roles.indexOf("btf")];
  if (section === undefined) return undefined;
  const ext = elf.sections[roles.indexOf("btf-ext")]?.data ?? new Uint8Array();
  if (!namesAreInProportion(section.data, ext, elf.littleEndian)) {
    sink.error(
      "object-names",
      { offset: section.offset, length: section.size, section: section.name },
      "Cannot read the object's types: their names are out of proportion to their number",
      "Build or copy the file again: it is damaged, or made to use up memory",
    );
    return undefined;
  }
  const btf = readBtf(section.data);
  sink.take(btf.diagnostics, section.offset);
  return btf.ok ? createObjectTypes(btf.value) : undefined;
}

function readExt(
  elf: ElfFile,
  roles: readonly SectionRole[],
  types: ObjectTypes,
  sink: DiagnosticSink,
): BtfExt {
  const section = elf.sections[roles.indexOf("btf-ext")];
  if (section === undefined || section.size === 0) return NO_EXT;
  const ext = readBtfExt(section.data, types.btf);
  sink.take(ext.diagnostics, section.offset);
  return ext.ok ? ext.value : NO_EXT;
}
