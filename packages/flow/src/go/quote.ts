/**
 * `text` as Go's `%q` prints a string: in double quotes, with Go's escapes. Hubble's messages quote what users wrote with
 * it (strconv.Quote).
 */
export function quoteGo(text: string): string {
  let out = '"';
  for (const character of text) out += escapeRune(character, '"');
  return `${out}"`;
}

/** `character` as Go's `%q` prints a rune: in single quotes. */
export function quoteGoRune(character: string): string {
  return `'${escapeRune(character, "'")}'`;
}

const SHORT = new Map([
  ["\u0007", "\\a"],
  ["\b", "\\b"],
  ["\f", "\\f"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
  ["\v", "\\v"],
  ["\\", "\\\\"],
]);

// What Go calls printable: letters, marks, numbers, punctuation, symbols and the ASCII space.
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

function escapeRune(character: string, quote: string): string {
  if (character === quote) return `\\${quote}`;
  const short = SHORT.get(character);
  if (short !== undefined) return short;
  if (PRINTABLE.test(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) return `\\x${hex(code, 2)}`;
  return code < 0x1_0000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

function hex(code: number, width: number): string {
  return code.toString(16).padStart(width, "0");
}
