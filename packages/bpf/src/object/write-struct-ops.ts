import type { BtfSectionVariable } from "../btf/types.ts";
import { resolveType } from "../btf/resolve.ts";
import { SYMBOL_BINDINGS, SYMBOL_TYPES } from "../elf/types.ts";
import { WRITABLE, type Draft } from "./draft.ts";
import type { KnownVariables } from "./known-variables.ts";
import type { CollectionSpec, MapSpec } from "./spec.ts";

/** R_BPF_64_ABS64: an address in data. */
const ADDRESS_RELOCATION = 2;
const ALIGNMENT = 8;

const ADDRESS_SIZE = 8;

/** Writes `struct_ops` maps into their sections, with relocations for the programs that fill their members. */
export function writeStructOps(
  draft: Draft,
  { maps, btf }: CollectionSpec,
  known: KnownVariables,
): void {
  const sections = new Map<string, BtfSectionVariable[]>();
  for (const map of maps.values()) {
    if (map.type !== "struct_ops") continue;
    const name = map.section === "" ? sectionOf(map) : map.section;
    const section = draft.section(name, { flags: WRITABLE, align: ALIGNMENT });
    const data = map.data ?? new Uint8Array(map.valueSize);
    const offset = draft.append(section, data, ALIGNMENT);
    draft.symbol(`map:${map.name}`, {
      name: map.name,
      section: name,
      value: offset,
      size: data.length,
      type: SYMBOL_TYPES.object,
      bind: SYMBOL_BINDINGS.global,
    });
    const type = btf === undefined ? undefined : resolveType(btf, map.valueTypeId)?.type;
    const members = type?.kind === "struct" ? type.members : [];
    for (const { member, program } of map.structOps?.functions ?? []) {
      const found = members.find(({ name }) => name === member);
      const start = (found?.offsetBits ?? Number.NaN) / 8;
      // A member of a damaged type may start between two bytes or behind the end.
      if (!Number.isInteger(start) || start + ADDRESS_SIZE > data.length)
        refuse(draft, map, member);
      else {
        const at = offset + start;
        section.relocations.push({
          offset: at,
          symbol: `function:${program}`,
          type: ADDRESS_RELOCATION,
        });
      }
    }
    const typeId = known.find(name, map.name)?.typeId ?? map.valueTypeId;
    const id = known.variable(name, map.name, { typeId, linkage: "global" });
    const list = sections.get(name) ?? [];
    list.push({ typeId: id, offset, size: data.length });
    sections.set(name, list);
    known.section(name, section.size, list);
    known.tag(id, map.tags);
  }
}

function sectionOf({ structOps }: MapSpec): string {
  const optional = structOps?.autocreate === false ? "?" : "";
  return `${optional}.struct_ops${structOps?.link === true ? ".link" : ""}`;
}

function refuse({ sink }: Draft, map: MapSpec, member: string): void {
  sink.error(
    "object-write-member",
    { offset: 0, length: 0, section: map.section },
    `Cannot write struct_ops map "${map.name}": its type has no member "${member}" that holds an address`,
    "Set valueTypeId to the struct in the collection's BTF",
  );
}
