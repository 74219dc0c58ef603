import type { BtfMember } from "../btf/types.ts";
import type { ElfSection } from "../elf/types.ts";
import { sectionsOf, type ObjectContext } from "./context.ts";
import { firstFrom } from "./first-from.ts";
import { emptyMap } from "./map-spec.ts";
import type { SectionVariable } from "./object-types.ts";
import type { Code } from "./read-code.ts";
import type { MapSpec, ProgramSpec } from "./spec.ts";

/** BPF_F_LINK: the map is attached through a link (Linux 6.4). */
const LINK = 0x2000;

/**
 * Reads the variables of `.struct_ops` and `.struct_ops.link` sections: each is a map whose value is a kernel struct, whose function
 * members are filled with programs. Programs of this kind that no map names are not loaded.
 */
export function readStructOps(
  context: ObjectContext,
  code: Code,
  programs: ReadonlyMap<string, ProgramSpec>,
): MapSpec[] {
  const maps: MapSpec[] = [];
  for (const section of sectionsOf(context, "struct-ops")) {
    if (section.size === 0) continue;
    const places = new Map(
      context.symbols
        .filter((symbol) => symbol.section === section.index)
        .map((symbol) => [symbol.name, symbol.value]),
    );
    const placed = (context.types?.section(section.name)?.variables ?? [])
      .map((variable) => ({ variable, offset: places.get(variable.name) ?? variable.offset }))
      .toSorted((a, b) => a.offset - b.offset);
    let end = 0;
    for (const { variable, offset } of placed) {
      if (context.sink.full) return maps;
      const map = readMap(context, section, variable, { offset, after: end });
      end = Math.max(end, offset + variable.size);
      if (map === undefined) continue;
      fillFunctions(context, { map, section, offset, typeId: variable.typeId }, code, programs);
      maps.push(map);
    }
  }
  const used = new Set(
    maps.flatMap(({ structOps }) => structOps?.functions ?? []).map(({ program }) => program),
  );
  for (const program of programs.values()) {
    if (program.type === "struct_ops" && !used.has(program.name)) program.autoload = false;
  }
  return maps;
}

function readMap(
  { types, sink }: ObjectContext,
  section: ElfSection,
  variable: SectionVariable,
  { offset, after }: { readonly offset: number; readonly after: number },
): MapSpec | undefined {
  const { name, size } = variable;
  const resolved = types?.resolve(variable.typeId);
  const isInside = offset >= after && offset + size <= section.data.length;
  if (types === undefined || resolved?.type.kind !== "struct" || !isInside) {
    sink.error(
      "object-struct-ops",
      { offset: section.offset, length: section.size, section: section.name },
      `Cannot read struct_ops map "${name}": ${isInside ? "its type is no struct" : `it takes bytes ${offset} to ${offset + size} of ${section.data.length}, and another ends at ${after}`}`,
      "Initialise a struct of the kernel, e.g. struct tcp_congestion_ops",
    );
    return undefined;
  }
  const link = section.name.endsWith(".link");
  return {
    ...emptyMap(name, section.name),
    type: "struct_ops",
    keySize: 4,
    valueSize: size,
    maxEntries: 1,
    flags: link ? LINK : 0,
    valueTypeId: resolved.id,
    data: section.data.slice(offset, offset + size),
    tags: types.tagsOf(variable.id),
    structOps: {
      typeName: resolved.type.name,
      functions: [],
      link,
      autocreate: !section.name.startsWith("?"),
    },
  };
}

function fillFunctions(
  context: ObjectContext,
  place: {
    readonly map: MapSpec;
    readonly section: ElfSection;
    readonly offset: number;
    readonly typeId: number;
  },
  code: Code,
  programs: ReadonlyMap<string, ProgramSpec>,
): void {
  const { map, section, offset, typeId } = place;
  const type = context.types?.resolve(typeId)?.type;
  if (type?.kind !== "struct") return;
  const members = new Map<number, BtfMember>(
    type.members.map((member) => [member.offsetBits / 8, member]),
  );
  const relocations = context.relocations.get(section.index) ?? [];
  for (let index = firstFrom(relocations, offset); index < relocations.length; index += 1) {
    const relocation = relocations[index];
    if (relocation === undefined || relocation.offset >= offset + map.valueSize) break;
    const member = members.get(relocation.offset - offset);
    const symbol = context.symbols[relocation.symbol];
    const program = symbol === undefined ? undefined : code.at(symbol.section, symbol.value)?.name;
    if (member !== undefined && program !== undefined && programs.has(program)) {
      map.structOps?.functions.push({ member: member.name, program });
      continue;
    }
    context.sink.error(
      "object-struct-ops-member",
      { offset: section.offset + relocation.offset, length: 8, section: section.name },
      `Cannot fill byte ${relocation.offset - offset} of struct_ops map "${map.name}": "${symbol?.name ?? ""}" is no program, or no member starts there`,
      'Fill function members with programs of section "struct_ops"',
    );
    if (context.sink.full) return;
  }
}
