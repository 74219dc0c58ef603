import { SYMBOL_BINDINGS, SYMBOL_TYPES, type ElfSection, type ElfSymbol } from "../elf/types.ts";
import type { ObjectContext } from "./context.ts";
import { isDataRole } from "./section-roles.ts";
import type { VariableSpec } from "./spec.ts";

/**
 * The global variables of the data sections, and of the arena under its map's name. With BTF those that it lists; without,
 * those that have a symbol.
 */
export function readVariables(
  context: ObjectContext,
  arena: string | undefined,
): Map<string, VariableSpec> {
  const variables = new Map<string, VariableSpec>();
  const bySection = objectSymbols(context);
  for (const section of context.elf.sections) {
    const role = context.roles[section.index] ?? "other";
    const map = role === "arena" ? arena : isDataRole(role) ? section.name : undefined;
    if (map === undefined) continue;
    const symbols = bySection.get(section.index) ?? [];
    const found =
      context.types === undefined ? fromSymbols(symbols) : fromTypes(context, section, symbols);
    for (const variable of found) {
      const fits = variable.offset + variable.size <= section.size;
      if (fits) addUnder(variables, { ...variable, map, readonly: role === "rodata" });
      else refuse(context, section, variable);
      if (context.sink.full) return variables;
    }
  }
  return variables;
}

type Found = Pick<VariableSpec, "name" | "offset" | "size" | "typeId">;

function objectSymbols({ symbols }: ObjectContext): Map<number, ElfSymbol[]> {
  const bySection = new Map<number, ElfSymbol[]>();
  for (const symbol of symbols) {
    if (symbol.type !== SYMBOL_TYPES.object) continue;
    const list = bySection.get(symbol.section);
    if (list === undefined) bySection.set(symbol.section, [symbol]);
    else list.push(symbol);
  }
  return bySection;
}

function fromSymbols(symbols: readonly ElfSymbol[]): Found[] {
  // Compilers name constants without a name of their own ".L…".
  return symbols
    .filter(({ name }) => name !== "" && !name.startsWith("."))
    .map(({ name, value, size }) => ({ name, offset: value, size, typeId: 0 }));
}

function fromTypes(
  { types }: ObjectContext,
  section: ElfSection,
  symbols: readonly ElfSymbol[],
): Found[] {
  const places = new Map(
    symbols
      .filter(({ bind }) => bind !== SYMBOL_BINDINGS.local)
      .map((symbol) => [symbol.name, symbol]),
  );
  return (types?.section(section.name)?.variables ?? []).map((variable) => {
    const { name, typeId } = variable;
    // Compilers leave the offsets of global variables to the linker, and those of static ones are right.
    const offset = places.get(name)?.value ?? variable.offset;
    return { name, offset, size: variable.size, typeId };
  });
}

function addUnder(variables: Map<string, VariableSpec>, variable: VariableSpec): void {
  // Static variables of two functions or files may share a name; the later ones are known by their section too.
  const name = variables.has(variable.name)
    ? `${variable.name}@${variable.map}+${variable.offset}`
    : variable.name;
  variables.set(name, { ...variable, name });
}

function refuse({ sink }: ObjectContext, section: ElfSection, { name, offset, size }: Found): void {
  sink.error(
    "object-variable-range",
    { offset: section.offset, length: section.data.length, section: section.name },
    `Cannot place variable "${name}": it ends at byte ${offset + size} of ${section.size}`,
    "Build or copy the file again: its types do not belong to its data",
  );
}
