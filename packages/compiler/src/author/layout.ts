/** An integer's width in bits. */
export type Bits = 8 | 16 | 32 | 64;

/** How a value lies in memory. Sizes, alignments and offsets in bytes. */
export type Layout =
  | {
      readonly kind: "int";
      readonly bits: Bits;
      readonly signed: boolean;
      /** The names of an enum's values. */
      readonly names?: EnumNames;
    }
  /** Network byte order. */
  | { readonly kind: "be"; readonly bits: 16 | 32 | 64 }
  /** A string buffer. */
  | { readonly kind: "char"; readonly length: number }
  | { readonly kind: "array"; readonly element: Layout; readonly length: number }
  /** A bit field inside an unsigned integer of `unit` bits. */
  | { readonly kind: "bits"; readonly unit: 8 | 16 | 32; readonly width: number }
  | StructLayout;

/** An enum: its name and the names of its values. */
export interface EnumNames {
  readonly name: string;
  readonly values: Readonly<Record<string, number>>;
}

/** A struct: its members in the order of their offsets. */
export interface StructLayout {
  readonly kind: "struct";
  readonly name: string;
  readonly size: number;
  readonly align: number;
  readonly fields: readonly FieldLayout[];
  /** All members begin at the start. */
  readonly isUnion?: boolean;
}

/** A member of a struct. */
export interface FieldLayout {
  readonly name: string;
  readonly offset: number;
  /** Of a bit field: its lowest bit, counted in the integer that holds it. */
  readonly shift: number;
  readonly layout: Layout;
}

/** How many bytes a value takes. */
export function sizeOfLayout(layout: Layout): number {
  switch (layout.kind) {
    case "int":
    case "be":
      return layout.bits / 8;
    case "char":
      return layout.length;
    case "array":
      return sizeOfLayout(layout.element) * layout.length;
    case "bits":
      return layout.unit / 8;
    default:
      return layout.size;
  }
}

/** What a value's address is a multiple of. */
export function alignOfLayout(layout: Layout): number {
  switch (layout.kind) {
    case "char":
      return 1;
    case "array":
      return alignOfLayout(layout.element);
    case "struct":
      return layout.align;
    default:
      return sizeOfLayout(layout);
  }
}

/**
 * Lays members out as C does: each at the next multiple of its alignment; neighbouring bit fields of one unit share it, the
 * first at the lowest bit, as on every little-endian machine.
 */
export function layOutStruct(
  name: string,
  members: readonly (readonly [name: string, layout: Layout])[],
): StructLayout {
  const fields: FieldLayout[] = [];
  let end = 0;
  let align = 1;
  let unit: { readonly offset: number; readonly bits: number; used: number } | undefined;
  for (const [member, layout] of members) {
    const own = alignOfLayout(layout);
    align = Math.max(align, own);
    if (layout.kind === "bits") {
      if (unit === undefined || unit.bits !== layout.unit || unit.used + layout.width > unit.bits) {
        const offset = Math.ceil(end / own) * own;
        unit = { offset, bits: layout.unit, used: 0 };
        end = offset + layout.unit / 8;
      }
      fields.push({ name: member, offset: unit.offset, shift: unit.used, layout });
      unit.used += layout.width;
      continue;
    }
    unit = undefined;
    const offset = Math.ceil(end / own) * own;
    fields.push({ name: member, offset, shift: 0, layout });
    end = offset + sizeOfLayout(layout);
  }
  return { kind: "struct", name, size: Math.ceil(end / align) * align, align, fields };
}

/** Lays members out over each other, as C does in a union. */
export function layOutUnion(
  name: string,
  members: readonly (readonly [name: string, layout: Layout])[],
): StructLayout {
  const align = Math.max(1, ...members.map(([, layout]) => alignOfLayout(layout)));
  const size = Math.max(0, ...members.map(([, layout]) => sizeOfLayout(layout)));
  const fields = members.map(([member, layout]) => ({ name: member, offset: 0, shift: 0, layout }));
  return {
    kind: "struct",
    name,
    size: Math.ceil(size / align) * align,
    align,
    fields,
    isUnion: true,
  };
}
