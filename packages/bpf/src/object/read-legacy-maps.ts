import { mapTypeName } from "../abi/map-types.ts";
import { createCursor } from "../elf/cursor.ts";
import { SYMBOL_TYPES, type ElfSection, type ElfSymbol } from "../elf/types.ts";
import { sectionsOf, type ObjectContext } from "./context.ts";
import { emptyMap } from "./map-spec.ts";
import type { DefinedMap } from "./read-btf-maps.ts";

// libbpf's bpf_map_def, 20 bytes: u32 type, key size, value size, entries, flags; what a file has beyond must be zero
// iproute2's bpf_elf_map, 36:     the same, then u32 id, pinning, inner id, inner index
const PLAIN_SIZE = 20;
const IPROUTE2_SIZE = 36;
const NO_INDEX = 0xffff_ffff;

/** The maps of `maps` sections, and by their iproute2 ids, which programs in sections named `ID/INDEX` refer to. */
export interface LegacyMaps {
  readonly maps: readonly DefinedMap[];
  readonly byId: ReadonlyMap<number, DefinedMap>;
}

interface Entry extends DefinedMap {
  readonly extra: { id: number; innerId: number; innerIndex: number } | undefined;
}

/** Reads `maps` sections, as libbpf before 1.0 and iproute2 define maps: one struct of numbers for each symbol. */
export function readLegacyMaps(context: ObjectContext): LegacyMaps {
  const entries = sectionsOf(context, "legacy-maps").flatMap((section) =>
    section.size === 0 ? [] : readSection(context, section),
  );
  const byId = new Map<number, Entry>();
  for (const entry of entries) {
    if (entry.extra !== undefined && entry.extra.id !== 0 && !byId.has(entry.extra.id))
      byId.set(entry.extra.id, entry);
  }
  for (const { map, extra } of entries) {
    const inner = extra === undefined ? undefined : byId.get(extra.innerId)?.map;
    if (inner === undefined || inner === map) continue;
    map.inner = { ...inner, name: `${map.name}.inner`, pinning: "none", entries: [] };
  }
  for (const { map, extra } of entries) {
    const isOuter = map.type === "array_of_maps" || map.type === "hash_of_maps";
    const inner = isOuter && extra !== undefined ? byId.get(extra.innerId) : undefined;
    const key = inner?.extra?.innerIndex ?? NO_INDEX;
    if (inner !== undefined && key !== NO_INDEX) map.entries.push({ key, map: inner.map.name });
  }
  return { maps: entries, byId };
}

function readSection(context: ObjectContext, section: ElfSection): Entry[] {
  const { sink, symbols } = context;
  const own = symbols
    .filter(
      ({ section: index, type, name }) =>
        index === section.index && type !== SYMBOL_TYPES.section && name !== "",
    )
    .toSorted((a, b) => a.value - b.value)
    .filter((symbol, index, all) => symbol.value !== all[index - 1]?.value);
  const span = { offset: section.offset, length: section.size, section: section.name };
  const entrySize = section.size / Math.max(1, own.length);
  const regular = own.every(({ value }, index) => value === index * entrySize);
  if (own.length === 0 || !regular || entrySize < PLAIN_SIZE) {
    sink.error(
      "object-legacy-maps",
      span,
      `Cannot read section "${section.name}": ${section.size} bytes and ${own.length} symbols do not make definitions of one size`,
      "Give every map a symbol: remove the word static",
    );
    return [];
  }
  return own.flatMap((symbol) => {
    const entry = sink.full ? undefined : readEntry(context, section, symbol, entrySize);
    return entry === undefined ? [] : [entry];
  });
}

function readEntry(
  { elf, sink }: ObjectContext,
  section: ElfSection,
  symbol: ElfSymbol,
  size: number,
): Entry | undefined {
  const { name, value: offset } = symbol;
  const span = { offset: section.offset + offset, length: size, section: section.name };
  const { u32 } = createCursor(
    section.data.subarray(offset, offset + size),
    elf.littleEndian,
    true,
  );
  const isIproute2 = size === IPROUTE2_SIZE;
  const known = isIproute2 ? IPROUTE2_SIZE : PLAIN_SIZE;
  const rest = section.data.subarray(offset + known, offset + size);
  const type = mapTypeName(u32(0));
  if (type === undefined || rest.some((byte) => byte !== 0)) {
    const reason =
      type === undefined
        ? `there is no map type ${u32(0)}`
        : `the bytes after its first ${known} are not zero, and what they mean is unknown`;
    sink.error(
      "object-legacy-map",
      span,
      `Cannot read map "${name}": ${reason}`,
      'Define it in section ".maps"',
    );
    return undefined;
  }
  const pinned = isIproute2 && u32(24) !== 0;
  const map = {
    ...emptyMap(name, section.name),
    type,
    keySize: u32(4),
    valueSize: u32(8),
    maxEntries: u32(12),
    flags: u32(16),
    pinning: pinned ? ("by-name" as const) : ("none" as const),
  };
  const extra = isIproute2 ? { id: u32(20), innerId: u32(28), innerIndex: u32(32) } : undefined;
  return { map, section, offset, size, valuesOffset: undefined, extra };
}
