import type { BtfMember, BtfSectionVariable } from "../btf/types.ts";
import { mapTypeNumber } from "../abi/map-types.ts";
import { SYMBOL_BINDINGS, SYMBOL_TYPES } from "../elf/types.ts";
import { fixedTypes, type FixedTypes } from "./fixed-types.ts";
import { WRITABLE, type Draft } from "./draft.ts";
import type { MapSpec } from "./spec.ts";
import type { KnownVariables } from "./known-variables.ts";

/** R_BPF_64_ABS64: an address in data. */
const ADDRESS_RELOCATION = 2;
const POINTER_SIZE = 8;

/** Writes maps into `.maps`: a variable of a struct type for each, and relocations for programs and maps that it lists. */
export function writeMaps(draft: Draft, maps: readonly MapSpec[], known: KnownVariables): void {
  if (maps.length === 0) return;
  const types = fixedTypes(draft.btf);
  const section = draft.section(".maps", { flags: WRITABLE, align: POINTER_SIZE });
  const variables: BtfSectionVariable[] = [];
  for (const map of maps) {
    const values = listedValues(draft, map);
    const { typeId, size } = writeDefinition(draft, types, map, values.length);
    const bytes = new Uint8Array(size + values.length * POINTER_SIZE);
    const offset = draft.append(section, bytes, POINTER_SIZE);
    values.forEach((symbol, key) => {
      if (symbol === undefined) return;
      const at = offset + size + key * POINTER_SIZE;
      section.relocations.push({ offset: at, symbol, type: ADDRESS_RELOCATION });
    });
    draft.symbol(`map:${map.name}`, {
      name: map.name,
      section: section.name,
      value: offset,
      size: bytes.length,
      type: SYMBOL_TYPES.object,
      bind: SYMBOL_BINDINGS.global,
    });
    const id = known.variable(".maps", map.name, { typeId, linkage: "global" });
    variables.push({ typeId: id, offset, size: bytes.length });
    known.tag(id, map.tags);
  }
  known.section(".maps", section.size, variables);
}

/** Symbols of the values that the map lists, by key. */
function listedValues({ sink }: Draft, { name, entries }: MapSpec): (string | undefined)[] {
  const values: (string | undefined)[] = [];
  for (const entry of entries) {
    const symbol =
      "program" in entry
        ? `function:${entry.program}`
        : "map" in entry
          ? `map:${entry.map}`
          : undefined;
    // An object has room for every key up to the largest.
    if (typeof entry.key === "number" && symbol !== undefined && entry.key < 0x10000) {
      while (values.length <= entry.key) values.push(undefined);
      values[entry.key] = symbol;
      continue;
    }
    sink.error(
      "object-write-entries",
      { offset: 0, length: 0, section: ".maps" },
      `Cannot write the entries of map "${name}": an object file holds programs and maps under small numbers only`,
      "Write other entries after loading",
    );
  }
  return values;
}

function writeDefinition(
  draft: Draft,
  types: FixedTypes,
  map: MapSpec,
  valueCount: number,
): { typeId: number; size: number } {
  const { btf } = draft;
  const members: BtfMember[] = [];
  const add = (name: string, typeId: number): void =>
    void members.push({
      name,
      typeId,
      offsetBits: members.length * POINTER_SIZE * 8,
      bitfieldBits: 0,
    });
  const number = (name: string, value: number): void => {
    if (value !== 0) add(name, types.pointerTo(types.array(types.int, value)));
  };
  add("type", types.pointerTo(types.array(types.int, mapTypeNumber(map.type))));
  if (map.keyTypeId === 0) number("key_size", map.keySize);
  else add("key", types.pointerTo(map.keyTypeId));
  const hasValues = map.inner !== undefined || valueCount > 0;
  if (map.valueTypeId !== 0) add("value", types.pointerTo(map.valueTypeId));
  else if (!hasValues) number("value_size", map.valueSize);
  number("max_entries", map.maxEntries);
  number("map_flags", map.flags);
  number("numa_node", map.numaNode);
  if (map.mapExtra > 0xffff_ffffn) add("map_extra", types.pointerTo(types.constant(map.mapExtra)));
  else number("map_extra", Number(map.mapExtra));
  if (map.pinning === "by-name") number("pinning", 1);
  const size = members.length * POINTER_SIZE;
  if (hasValues) {
    const target =
      map.inner === undefined
        ? types.programType()
        : writeDefinition(draft, types, map.inner, 0).typeId;
    add("values", types.array(types.pointerTo(target), 0));
  }
  return { typeId: btf.add({ kind: "struct", name: "", size, members }), size };
}
