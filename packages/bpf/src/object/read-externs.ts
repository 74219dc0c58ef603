import { SECTION_INDEXES, SYMBOL_BINDINGS, type ElfSymbol } from "../elf/types.ts";
import type { ObjectContext } from "./context.ts";
import { kconfigKind } from "./kconfig-kind.ts";
import type { SectionVariable } from "./object-types.ts";
import type { KconfigSpec } from "./spec.ts";
import { alignOf } from "../btf/resolve.ts";

/** Something that the object names and does not hold. */
export type Extern =
  | { readonly kind: "kconfig"; readonly name: string }
  | {
      readonly kind: "ksym";
      readonly name: string;
      readonly typeId: number;
      readonly weak: boolean;
    };

/** The externs of an object. */
export interface Externs {
  /** By symbol index. */
  readonly bySymbol: ReadonlyMap<number, Extern>;
  readonly kconfig: ReadonlyMap<string, KconfigSpec>;
  /** Bytes of the `.kconfig` map. */
  readonly kconfigSize: number;
}

interface Placed {
  readonly spec: Omit<KconfigSpec, "offset">;
  readonly align: number;
}

/**
 * Finds what the object wants from the kernel: `.kconfig` values, whose places in their map it decides, and `.ksyms`.
 * Undefined symbols without a type are left to those who meet them in a relocation.
 */
export function readExterns(context: ObjectContext): Externs {
  const bySymbol = new Map<number, Extern>();
  const placed: Placed[] = [];
  for (const symbol of context.symbols) {
    if (!isExtern(symbol)) continue;
    const found = context.types?.externs.get(symbol.name);
    if (found === undefined) continue;
    const weak = symbol.bind === SYMBOL_BINDINGS.weak;
    const { name } = symbol;
    if (found.section === ".ksyms") {
      bySymbol.set(symbol.index, { kind: "ksym", name, typeId: found.variable.id, weak });
    } else if (found.section === ".kconfig") {
      const value = describe(context, symbol, found.variable, weak);
      if (value === undefined) continue;
      bySymbol.set(symbol.index, { kind: "kconfig", name });
      placed.push(value);
    }
  }
  return { bySymbol, ...layOut(placed) };
}

/** Whether a symbol stands for something outside the object. */
export function isExtern({ section, bind, name }: ElfSymbol): boolean {
  return section === SECTION_INDEXES.undefined && bind !== SYMBOL_BINDINGS.local && name !== "";
}

function describe(
  context: ObjectContext,
  symbol: ElfSymbol,
  variable: SectionVariable,
  weak: boolean,
): Placed | undefined {
  const { types, sink } = context;
  const { name } = symbol;
  const kind = types === undefined ? undefined : kconfigKind(types, variable.typeId);
  if (types === undefined || kind === undefined) {
    sink.error(
      "object-kconfig-type",
      { offset: 0, length: 0, section: ".kconfig" },
      `Cannot read the kernel configuration into "${name}": its type is none that a configuration value has`,
      "Declare it as bool, char, an integer, enum libbpf_tristate or an array of char",
    );
    return undefined;
  }
  const align = alignOf(types.btf, variable.typeId) ?? 1;
  return { spec: { name, weak, ...kind }, align };
}

/** Places values as libbpf does, so that dumps of both can be compared: widest alignment first, then small before large. */
function layOut(placed: readonly Placed[]): Pick<Externs, "kconfig" | "kconfigSize"> {
  const sorted = placed.toSorted(
    (a, b) =>
      b.align - a.align || a.spec.size - b.spec.size || (a.spec.name < b.spec.name ? -1 : 1),
  );
  const kconfig = new Map<string, KconfigSpec>();
  let end = 0;
  for (const { spec, align } of sorted) {
    if (kconfig.has(spec.name)) continue;
    const offset = Math.ceil(end / align) * align;
    kconfig.set(spec.name, { ...spec, offset });
    end = offset + spec.size;
  }
  return { kconfig, kconfigSize: end };
}
