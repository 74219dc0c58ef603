import { essentialName } from "./essential-name.ts";
import { readBtfHeader } from "../btf/header.ts";
import { decodeString } from "../btf/strings.ts";
import type { Btf } from "../btf/types.ts";

/** A string of the kernel's that has a flavour: `name` without it, and the `suffix` that starts with `___`. */
export interface FlavouredName {
  readonly name: string;
  readonly suffix: string;
}

// Browsers and Node have it; the language's own library, all that is declared here, does not.
declare const TextDecoder: new (label: string) => { decode(bytes: Uint8Array): string };

/**
 * The strings of one BTF, without its base's, that have a flavour: in vmlinux five. All 2.3 MB of them are decoded at once and
 * searched by the engine's own code, which takes 3 ms in a fresh process; a loop over the bytes takes 12 there.
 */
export function flavouredNames(btf: Btf): readonly FlavouredName[] {
  const header = readBtfHeader(btf.bytes);
  if (!header.ok) return [];
  const { stringsOffset, stringsLength } = header.value;
  const table = btf.bytes.subarray(stringsOffset, stringsOffset + stringsLength);
  // Latin-1 gives each byte one character, so that positions are offsets.
  const text = new TextDecoder("latin1").decode(table);
  const found: FlavouredName[] = [];
  for (let at = text.indexOf("___"); at >= 0;) {
    const start = text.lastIndexOf("\0", at) + 1;
    const whole = decodeString(table, start, table.length);
    const name = essentialName(whole);
    if (name !== whole) found.push({ name, suffix: whole.slice(name.length) });
    // The rest of this string is no other find.
    const end = text.indexOf("\0", at);
    at = end < 0 ? -1 : text.indexOf("___", end);
  }
  return found;
}
