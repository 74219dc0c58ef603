import { errorAt, failure, success, type Result } from "../diagnostic.ts";
import { decodeType } from "./decode.ts";
import { BTF_KINDS, kindNumberOf } from "./format.ts";
import { readBtfHeader, type BtfHeader } from "./header.ts";
import { createNameIndex, hashName, type NameGroup } from "./name-index.ts";
import { decodeString, encodeString } from "./strings.ts";
import { indexTypes } from "./type-offsets.ts";
import type { Btf, BtfKind } from "./types.ts";

/** What the bytes are read on top of. */
export interface ReadBtfOptions {
  /** The BTF that split BTF continues: vmlinux's, for a module. */
  readonly base?: Btf | undefined;
}

/**
 * Reads encoded BTF: the contents of a `.BTF` section or of a file in `/sys/kernel/btf`, of either byte order.
 *
 * One pass finds where each type starts; a type is decoded when it is asked for. `bytes` are kept, not copied, and must
 * not change. Beyond them the reader holds 4 bytes a type, and 8 more once a name has been looked up: 1.5 MB for
 * vmlinux, indexed in 2 to 8 ms.
 *
 * Fails with a diagnostic when the file is truncated or damaged. References between types and to strings are not
 * followed here: a type may name an id that does not exist, and a name out of range reads as empty.
 */
export function readBtf(bytes: Uint8Array, options: ReadBtfOptions = {}): Result<Btf> {
  const header = readBtfHeader(bytes);
  if (!header.ok) return header;
  const strings = checkStrings(bytes, header.value, options.base);
  if (!strings.ok) return strings;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const offsets = indexTypes(view, header.value);
  if (!offsets.ok) return offsets;
  return success(makeBtf(bytes, view, header.value, offsets.value, options.base));
}

function checkStrings(bytes: Uint8Array, header: BtfHeader, base: Btf | undefined): Result<true> {
  const { stringsOffset: offset, stringsLength: length } = header;
  if (length === 0 && base !== undefined) return success(true);
  let found = "";
  if (length === 0) found = "its string table is empty";
  else if (bytes[offset + length - 1] !== 0) found = "its string table does not end with a NUL";
  else if (base === undefined && bytes[offset] !== 0) {
    // The strings of split BTF continue its base's, so only they may start otherwise.
    found = "its string table does not start with the empty string";
  } else return success(true);
  const hint = "Build the file again, or name the base when it is a module's";
  return failure(errorAt("btf-strings", { offset, length }, `Cannot read BTF: ${found}`, hint));
}

function makeBtf(
  bytes: Uint8Array,
  view: DataView,
  header: BtfHeader,
  offsets: Uint32Array,
  base: Btf | undefined,
): Btf {
  const { littleEndian, stringsOffset, stringsLength } = header;
  const firstId = base?.endId ?? 1;
  const firstString = base?.endString ?? 0;
  const endId = firstId + offsets.length;
  const stringsEnd = stringsOffset + stringsLength;
  const table = bytes.subarray(stringsOffset, stringsEnd);
  const source = { view, littleEndian, stringAt: (offset: number) => stringAt(offset) ?? "" };
  const index = createNameIndex({
    view,
    littleEndian,
    offsets,
    stringsOffset,
    stringsEnd,
    firstString,
    hashOfBase: (offset) => hashText(base?.stringAt(offset) ?? ""),
  });

  function stringAt(offset: number): string | undefined {
    if (offset < firstString) return base?.stringAt(offset);
    const at = offset - firstString;
    return at < stringsLength ? decodeString(table, at, stringsLength) : undefined;
  }

  function nameOffset(position: number): number {
    return view.getUint32(offsets[position] ?? 0, littleEndian);
  }

  function ownPositions(name: string, group: NameGroup): number[] {
    return index
      .candidates(group, hashText(name))
      .filter((position) => stringAt(nameOffset(position)) === name);
  }

  function kindOf(id: number): BtfKind | undefined {
    if (id === 0) return "void";
    if (id < firstId) return base?.kindOf(id);
    const at = offsets[id - firstId];
    return at === undefined
      ? undefined
      : BTF_KINDS[kindNumberOf(view.getUint32(at + 4, littleEndian))];
  }

  return {
    base,
    littleEndian,
    bytes,
    firstId,
    endId,
    endString: firstString + stringsLength,
    type(id) {
      if (id === 0) return { kind: "void" };
      if (id < firstId) return base?.type(id);
      const at = offsets[id - firstId];
      return at === undefined ? undefined : decodeType(source, at);
    },
    kindOf,
    nameOf(id) {
      if (id < firstId) return base?.nameOf(id) ?? "";
      const at = offsets[id - firstId];
      return at === undefined ? "" : (stringAt(view.getUint32(at, littleEndian)) ?? "");
    },
    idsByName(name, kind) {
      if (name === "") return [];
      const groups: readonly NameGroup[] =
        kind === undefined ? ["functions", "others"] : [kind === "func" ? "functions" : "others"];
      const own = groups.flatMap((group) => ownPositions(name, group)).map((p) => p + firstId);
      const wanted = kind === undefined ? own : own.filter((id) => kindOf(id) === kind);
      return [...(base?.idsByName(name, kind) ?? []), ...wanted.toSorted((a, b) => a - b)];
    },
    stringAt,
  };
}

function hashText(text: string): number {
  const bytes = encodeString(text);
  return hashName(new DataView(bytes.buffer), 0, bytes.length);
}
