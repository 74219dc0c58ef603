import { SYMBOL_TYPES, type ElfSymbol } from "../elf/types.ts";
import type { ObjectContext } from "./context.ts";
import type { DefinedMap } from "./read-btf-maps.ts";
import { firstFrom } from "./first-from.ts";
import type { Code } from "./read-code.ts";
import type { ProgramSpec } from "./spec.ts";

const POINTER_SIZE = 8;

/** Fills in the entries of maps that are initialised with programs or with other maps, from the relocations on `.maps`. */
export function readMapValues(
  context: ObjectContext,
  maps: readonly DefinedMap[],
  code: Code,
  programs: ReadonlyMap<string, ProgramSpec>,
): void {
  const mapNames = new Map(
    maps.map(({ map, section, offset }) => [`${section.index}:${offset}`, map.name]),
  );
  for (const defined of maps) {
    const { map, section, offset, size, valuesOffset } = defined;
    const relocations = context.relocations.get(section.index) ?? [];
    for (let index = firstFrom(relocations, offset); index < relocations.length; index += 1) {
      const relocation = relocations[index];
      if (relocation === undefined || relocation.offset >= offset + size || context.sink.full)
        break;
      const refuse = (reason: string): void =>
        context.sink.error(
          "object-map-values",
          {
            offset: section.offset + relocation.offset,
            length: POINTER_SIZE,
            section: section.name,
          },
          `Cannot initialise map "${map.name}": ${reason}`,
          "List programs in the values of a program array, and maps in those of a map of maps",
        );
      const symbol = context.symbols[relocation.symbol];
      const distance = relocation.offset - (valuesOffset ?? Infinity);
      if (symbol === undefined || distance < 0 || distance % POINTER_SIZE !== 0) {
        refuse(`byte ${relocation.offset - offset} of it is a pointer and none of its values`);
        continue;
      }
      const key = distance / POINTER_SIZE;
      if (map.type === "prog_array") {
        const isSection = symbol.type === SYMBOL_TYPES.section;
        const program = isSection ? undefined : code.at(symbol.section, symbol.value)?.name;
        if (program === undefined || !programs.has(program))
          refuse(`value ${key} is ${quoted(context, symbol)}, which is no program`);
        else map.entries.push({ key, program });
      } else {
        const inner = mapNames.get(`${symbol.section}:${symbol.value}`);
        if (inner === undefined)
          refuse(`value ${key} is ${quoted(context, symbol)}, which is no map`);
        else map.entries.push({ key, map: inner });
      }
    }
  }
}

/** Static functions are referred to by their section. */
function quoted({ elf }: ObjectContext, { name, section }: ElfSymbol): string {
  return name === "" ? `a part of section "${elf.sections[section]?.name ?? ""}"` : `"${name}"`;
}
