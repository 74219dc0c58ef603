import { SECTION_TYPES, SYMBOL_BINDINGS, SYMBOL_TYPES } from "../elf/types.ts";
import { CONSTANT, WRITABLE, type Draft } from "./draft.ts";
import type { KnownVariables } from "./known-variables.ts";
import type { CollectionSpec, MapSpec, VariableSpec } from "./spec.ts";

const ALIGNMENT = 8;

/** Whether a map is the contents of a section. */
export function isDataMap({ name, type }: MapSpec): boolean {
  return type === "array" && /^\.(?:data|rodata|bss)(?:\.|$)/.test(name);
}

/** Writes the data sections with the symbols of their variables, and the arena's contents. */
export function writeData(draft: Draft, collection: CollectionSpec, known: KnownVariables): void {
  for (const map of collection.maps.values()) {
    const isArena = map.type === "arena";
    if (!isDataMap(map) && !(isArena && map.data !== undefined)) continue;
    const name = isArena ? ".addr_space.1" : map.name;
    const data = map.data ?? new Uint8Array(map.valueSize);
    const isZeroed = /^\.bss(?:\.|$)/.test(name);
    if (isZeroed && data.some((byte) => byte !== 0)) {
      draft.sink.error(
        "object-write-bss",
        { offset: 0, length: data.length, section: name },
        `Cannot write section "${name}": it has no room for values that are not zero`,
        "Put the variables into .data",
      );
    }
    const flags = name.startsWith(".rodata") ? CONSTANT : WRITABLE;
    const type = isZeroed ? SECTION_TYPES.nobits : SECTION_TYPES.progbits;
    const section = draft.section(name, { flags, type, align: ALIGNMENT });
    draft.append(section, data, ALIGNMENT);
    const key = draft.sectionSymbol(name);
    draft.alias(`value:${map.name}`, key);
    for (const variable of collection.variables.values()) {
      if (variable.map === map.name) writeVariable(draft, name, variable, known);
    }
  }
}

function writeVariable(
  draft: Draft,
  section: string,
  { name, offset, size }: VariableSpec,
  known: KnownVariables,
): void {
  // Names with @ are the reader's own, for variables that share theirs with another.
  if (name.includes("@")) return;
  const isStatic = known.find(section, name)?.linkage === "static";
  draft.symbol(`variable:${name}`, {
    name,
    section,
    value: offset,
    size,
    type: SYMBOL_TYPES.object,
    bind: isStatic ? SYMBOL_BINDINGS.local : SYMBOL_BINDINGS.global,
  });
}
