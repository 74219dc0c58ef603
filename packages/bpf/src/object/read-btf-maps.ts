import type { ElfSection } from "../elf/types.ts";
import { sectionsOf, type ObjectContext } from "./context.ts";
import { readMapDefinition } from "./map-definition.ts";
import type { SectionVariable } from "./object-types.ts";
import type { MapSpec } from "./spec.ts";

/** A map that a section defines, and where. Offsets and sizes in bytes, from the start of the section. */
export interface DefinedMap {
  readonly map: MapSpec;
  readonly section: ElfSection;
  readonly offset: number;
  readonly size: number;
  /** Where the initialisers of its values start, from the start of the section. */
  readonly valuesOffset: number | undefined;
}

/** Reads the maps that `.maps` and the object's BTF define. Their values are filled in later, from relocations. */
export function readBtfMaps(context: ObjectContext): DefinedMap[] {
  const maps: DefinedMap[] = [];
  for (const section of sectionsOf(context, "btf-maps")) {
    if (section.size === 0) continue;
    const span = { offset: section.offset, length: section.size, section: section.name };
    const variables = context.types?.section(section.name)?.variables;
    if (variables === undefined) {
      context.sink.error(
        "object-maps-without-btf",
        span,
        `Cannot read the maps of section "${section.name}": the object's BTF does not describe them`,
        "Compile with -g",
      );
      continue;
    }
    const places = new Map(
      context.symbols
        .filter((symbol) => symbol.section === section.index)
        .map((symbol) => [symbol.name, symbol]),
    );
    const placed = variables
      .map((variable) => ({
        variable,
        offset: places.get(variable.name)?.value ?? variable.offset,
      }))
      .toSorted((a, b) => a.offset - b.offset);
    let end = 0;
    for (const { variable, offset } of placed) {
      if (context.sink.full) return maps;
      const map = readMap(context, section, variable, { offset, after: end });
      end = Math.max(end, offset + variable.size);
      if (map !== undefined) maps.push(map);
    }
  }
  return maps;
}

function readMap(
  { sink, types }: ObjectContext,
  section: ElfSection,
  variable: SectionVariable,
  { offset, after }: { readonly offset: number; readonly after: number },
): DefinedMap | undefined {
  const { name, size } = variable;
  if (types === undefined) return undefined;
  const span = { offset: section.offset + offset, length: size, section: section.name };
  if (offset + size > section.data.length || offset < after) {
    sink.error(
      "object-map-range",
      { ...span, offset: section.offset, length: section.size },
      `Cannot read map "${name}": it takes bytes ${offset} to ${offset + size} of ${section.data.length}, and another map ends at ${after}`,
      "Build or copy the file again: its types do not belong to its data",
    );
    return undefined;
  }
  if (variable.linkage !== "global") {
    sink.error(
      "object-map-linkage",
      span,
      `Cannot read map "${name}": it is ${variable.linkage}`,
      "Remove the word static: every map needs a symbol of its own",
    );
    return undefined;
  }
  const definition = readMapDefinition(
    { name, section: section.name, span, sink, types },
    variable.typeId,
  );
  if (definition === undefined) return undefined;
  const contents = section.data.subarray(offset, offset + size);
  if (contents.some((byte) => byte !== 0)) {
    sink.error(
      "object-map-initialiser",
      span,
      `Cannot read map "${name}": it is initialised with something that is neither a program nor a map`,
      `Only "values" of maps of maps and program arrays can be initialised; write other entries after loading`,
    );
    return undefined;
  }
  const { map, valuesOffset } = definition;
  map.tags = types.tagsOf(variable.id);
  return {
    map,
    section,
    offset,
    size,
    valuesOffset: valuesOffset === undefined ? undefined : offset + valuesOffset,
  };
}
