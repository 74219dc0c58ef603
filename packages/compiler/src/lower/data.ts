import { sizeOfLayout, type Layout } from "../author/layout.ts";
import type { MapShape } from "../author/map-shape.ts";

/** A variable of a data section. Offsets and sizes in bytes. */
export interface DataVariable {
  readonly name: string;
  readonly section: DataSection;
  readonly offset: number;
  readonly layout: Layout;
}

/** The data sections that a module may have. */
export type DataSection = ".rodata" | ".data" | ".bss";

/** Collects what programs keep outside of their code. */
export interface DataSections {
  readonly variables: readonly DataVariable[];
  /** Bytes of a section so far. */
  contents(section: DataSection): Uint8Array;
  /** Where a variable lies; it gets its place when it is asked for first. */
  variable(name: string, layout: Layout, initial: bigint, frozen: boolean): DataVariable;
  /** Where a text lies in `.rodata`, with the NUL behind it. */
  text(value: string): {
    readonly section: DataSection;
    readonly offset: number;
    readonly size: number;
  };
  /** Where so many zeros lie in `.rodata`. */
  zeros(size: number): { readonly section: DataSection; readonly offset: number };
  /** The map with a value of that layout per CPU, for what is too large for the stack; made when it is asked for first. */
  scratch(layout: Layout): string;
  /** The maps that programs need besides those of the module. */
  readonly maps: readonly { readonly name: string; readonly shape: MapShape }[];
}

/** Starts without data. */
export function createDataSections(): DataSections {
  const bytes = new Map<DataSection, number[]>();
  const variables: DataVariable[] = [];
  const texts = new Map<string, number>();
  const maps: { readonly name: string; readonly shape: MapShape }[] = [];
  const bySize = new Map<number, string>();
  let zeros: { readonly size: number; readonly offset: number } | undefined;
  const place = (section: DataSection, content: Iterable<number>, align: number): number => {
    const all = bytes.get(section) ?? [];
    bytes.set(section, all);
    while (all.length % align !== 0) all.push(0);
    const offset = all.length;
    all.push(...content);
    return offset;
  };
  return {
    variables,
    contents: (section) => Uint8Array.from(bytes.get(section) ?? []),
    variable(name, layout, initial, frozen) {
      const known = variables.find((one) => one.name === name);
      if (known !== undefined) return known;
      const size = sizeOfLayout(layout);
      const content = new Uint8Array(8);
      new DataView(content.buffer).setBigUint64(0, BigInt.asUintN(64, initial), true);
      const section: DataSection = frozen ? ".rodata" : initial === 0n ? ".bss" : ".data";
      const offset = place(section, content.subarray(0, size), size);
      const made = { name, section, offset, layout };
      variables.push(made);
      return made;
    },
    zeros(size) {
      if (zeros === undefined || zeros.size < size)
        zeros = { size, offset: place(".rodata", new Uint8Array(size), 8) };
      return { section: ".rodata", offset: zeros.offset };
    },
    maps,
    scratch(layout) {
      const size = Math.ceil(sizeOfLayout(layout) / 8) * 8;
      const known = bySize.get(size);
      if (known !== undefined) return known;
      const name = `scratch.${size}`;
      bySize.set(size, name);
      maps.push({
        name,
        shape: {
          kind: "map",
          mapType: "percpu_array",
          role: "scratch",
          key: { kind: "int", bits: 32, signed: false },
          value: {
            kind: "array",
            element: { kind: "int", bits: 64, signed: false },
            length: size / 8,
          },
          maxEntries: 1,
        },
      });
      return name;
    },
    text(value) {
      const content = [...utf8(value), 0];
      const offset = texts.get(value) ?? place(".rodata", content, 1);
      texts.set(value, offset);
      return { section: ".rodata", offset, size: content.length };
    },
  };
}

/** The bytes of a text, by the percent escapes that JavaScript gives it: this package has no TextEncoder in sight. */
export function utf8(text: string): number[] {
  const escaped = encodeURIComponent(text.toWellFormed());
  return [...escaped.matchAll(/%([0-9A-F]{2})|[^%]/g)].map(([whole, hex]) =>
    hex === undefined ? whole.charCodeAt(0) : Number.parseInt(hex, 16),
  );
}
