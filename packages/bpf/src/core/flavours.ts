import { essentialName } from "./essential-name.ts";
import { readBtfHeader } from "../btf/header.ts";
import { decodeString } from "../btf/strings.ts";
import type { Btf } from "../btf/types.ts";

/** A string of the kernel's that has a flavour: `name` without it, and the `suffix` that starts with `___`. */
export interface FlavouredName {
  readonly name: string;
  readonly suffix: string;
}

const UNDERSCORE = 0x5f;

/**
 * The strings of one BTF, without its base's, that have a flavour: in vmlinux five. Searching its 2.3 MB takes 2 ms, decoding
 * every type's name 15 to 30.
 */
export function flavouredNames(btf: Btf): readonly FlavouredName[] {
  const header = readBtfHeader(btf.bytes);
  if (!header.ok) return [];
  const { stringsOffset, stringsLength } = header.value;
  const table = btf.bytes.subarray(stringsOffset, stringsOffset + stringsLength);
  const found: FlavouredName[] = [];
  // Three underscores in a row cannot hide between bytes 2, 5, 8, …
  for (let at = 2; at < table.length; at += 3) {
    if (table[at] !== UNDERSCORE) continue;
    if (table[at - 1] !== UNDERSCORE && table[at + 1] !== UNDERSCORE) continue;
    let start = at;
    let end = at + 1;
    while (start > 0 && table[start - 1] === UNDERSCORE) start -= 1;
    while (table[end] === UNDERSCORE) end += 1;
    if (end - start !== 3) continue;
    while (start > 0 && table[start - 1] !== 0) start -= 1;
    const whole = decodeString(table, start, table.length);
    const name = essentialName(whole);
    if (name !== whole) found.push({ name, suffix: whole.slice(name.length) });
    // The rest of this string is no other find.
    while (at < table.length && table[at] !== 0) at += 1;
  }
  return found;
}
