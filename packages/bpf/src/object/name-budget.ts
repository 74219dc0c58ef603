import { BTF_KINDS, BTF_LAYOUTS, kindNumberOf, vlenOf } from "../btf/format.ts";
import { typeOffsets } from "./type-offsets.ts";

/** Kinds whose elements begin with a name. */
const NAMED_ELEMENTS: ReadonlySet<string> = new Set([
  "struct",
  "union",
  "enum",
  "enum64",
  "func_proto",
]);

/** Names may take so many characters for each byte of the sections that give them; clang's take fewer than 8. */
const CHARACTERS_PER_BYTE = 64;
const MINIMUM = 1024 * 1024;

/**
 * Whether the names that `.BTF` and `.BTF.ext` give, each counted as often as it is given, stay in proportion to their bytes. A
 * name is an offset into a string table and strings may share their tails, so a hostile file of one megabyte could otherwise
 * name 20 gigabytes. Both sections may be damaged; the readers say how.
 */
export function namesAreInProportion(btf: Uint8Array, ext: Uint8Array, little: boolean): boolean {
  const lengths = stringLengths(btf, little);
  const budget = MINIMUM + CHARACTERS_PER_BYTE * (btf.length + ext.length);
  let used = 0;
  const count = (offset: number): boolean => {
    used += lengths[offset] ?? 0;
    return used <= budget;
  };
  return countTypes(btf, little, count) && countExt(ext, little, count);
}

/** Length of the string at each offset of the table. */
function stringLengths(btf: Uint8Array, little: boolean): Uint32Array {
  const view = new DataView(btf.buffer, btf.byteOffset, btf.byteLength);
  if (btf.length < 24) return new Uint32Array();
  const start = view.getUint32(4, little) + view.getUint32(16, little);
  const size = Math.min(view.getUint32(20, little), Math.max(0, btf.length - start));
  const lengths = new Uint32Array(size);
  let length = 0;
  for (let offset = size - 1; offset >= 0; offset -= 1) {
    length = btf[start + offset] === 0 ? 0 : length + 1;
    lengths[offset] = length;
  }
  return lengths;
}

function countTypes(btf: Uint8Array, little: boolean, count: (offset: number) => boolean): boolean {
  const view = new DataView(btf.buffer, btf.byteOffset, btf.byteLength);
  for (const at of typeOffsets(view, little)) {
    if (!count(view.getUint32(at, little))) return false;
    const info = view.getUint32(at + 4, little);
    const kind = kindNumberOf(info);
    const each = BTF_LAYOUTS[kind]?.each ?? 0;
    if (!NAMED_ELEMENTS.has(BTF_KINDS[kind] ?? "")) continue;
    for (let index = 0; index < vlenOf(info); index += 1) {
      const element = at + 12 + index * each;
      if (element + 4 > btf.length) return true;
      if (!count(view.getUint32(element, little))) return false;
    }
  }
  return true;
}

// The parts of .BTF.ext, by where the header has their place, and the words of their records that name strings.
const PARTS = [
  { field: 8, names: [] },
  { field: 16, names: [4, 8] },
  { field: 24, names: [8] },
] as const;

function countExt(ext: Uint8Array, little: boolean, count: (offset: number) => boolean): boolean {
  const view = new DataView(ext.buffer, ext.byteOffset, ext.byteLength);
  if (ext.length < 24) return true;
  const header = view.getUint32(4, little);
  for (const { field, names } of PARTS) {
    if (field + 8 > header || header > ext.length) continue;
    const start = header + view.getUint32(field, little);
    const end = Math.min(start + view.getUint32(field + 4, little), ext.length);
    if (start + 4 > end) continue;
    const size = view.getUint32(start, little);
    if (size < 8) continue;
    for (let at = start + 4; at + 8 <= end;) {
      if (!count(view.getUint32(at, little))) return false;
      const last = at + 8 + size * view.getUint32(at + 4, little);
      for (at += 8; at < last && at + size <= end; at += size) {
        for (const name of names) {
          if (name + 4 <= size && !count(view.getUint32(at + name, little))) return false;
        }
      }
      if (at < last) break;
    }
  }
  return true;
}
