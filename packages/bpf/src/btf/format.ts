import type { BtfKind } from "./types.ts";

/** First two bytes of BTF, as a number in its own byte order. */
export const BTF_MAGIC = 0xeb9f;

/** Size of the header that every kernel knows. Newer ones append fields and say so in `hdr_len`. */
export const BTF_HEADER_SIZE = 24;

/** The kinds by their number in include/uapi/linux/btf.h; 0 is no kind in a file and stands for `void`. */
export const BTF_KINDS: readonly BtfKind[] = [
  "void",
  "int",
  "ptr",
  "array",
  "struct",
  "union",
  "enum",
  "fwd",
  "typedef",
  "volatile",
  "const",
  "restrict",
  "func",
  "func_proto",
  "var",
  "datasec",
  "float",
  "decl_tag",
  "type_tag",
  "enum64",
];

/** What follows the 12 bytes of a type: so many bytes once, and so many for each of its `vlen` elements. */
export interface BtfLayout {
  readonly once: number;
  readonly each: number;
}

const NOTHING: BtfLayout = { once: 0, each: 0 };

/** The layout of each kind, by its number. */
export const BTF_LAYOUTS: readonly BtfLayout[] = BTF_KINDS.map((kind) => {
  switch (kind) {
    case "int":
    case "var":
    case "decl_tag":
      return { once: 4, each: 0 };
    case "array":
      return { once: 12, each: 0 };
    case "struct":
    case "union":
    case "datasec":
    case "enum64":
      return { once: 0, each: 12 };
    case "enum":
    case "func_proto":
      return { once: 0, each: 8 };
    default:
      return NOTHING;
  }
});

// info, bits: 0–23 vlen (16 until Linux 7.1, the rest zero), 24–30 kind (5 until then), 31 kind flag

/** Number of elements, or the linkage of a FUNC. */
export function vlenOf(info: number): number {
  return info & 0xffffff;
}

/** Number of the kind. */
export function kindNumberOf(info: number): number {
  return (info >>> 24) & 0x7f;
}

/** The bit whose meaning depends on the kind. */
export function kindFlagOf(info: number): boolean {
  return info >>> 31 === 1;
}
