/**
 * Decodes the bytes from `start` up to the next NUL, or up to `limit`. Names are ASCII almost always; anything else is
 * read as UTF-8, with U+FFFD in place of what is none.
 */
export function decodeString(bytes: Uint8Array, start: number, limit: number): string {
  let text = "";
  for (let at = start; at < limit; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === 0) return text;
    if (byte >= 0x80) return decodeUtf8(bytes, start, limit);
    text += String.fromCharCode(byte);
  }
  return text;
}

function decodeUtf8(bytes: Uint8Array, start: number, limit: number): string {
  let text = "";
  for (let at = start; at < limit && bytes[at] !== 0;) {
    const lead = bytes[at] ?? 0;
    at += 1;
    const more =
      lead < 0x80 ? 0 : lead < 0xc2 ? -1 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : lead < 0xf5 ? 3 : -1;
    let point = more <= 0 ? lead : lead & (0x3f >> more);
    let left = more;
    while (left > 0 && at < limit && ((bytes[at] ?? 0) & 0xc0) === 0x80) {
      point = (point << 6) | ((bytes[at] ?? 0) & 0x3f);
      at += 1;
      left -= 1;
    }
    const smallest = more === 2 ? 0x800 : more === 3 ? 0x10000 : 0;
    const surrogate = point >= 0xd800 && point < 0xe000;
    const valid = left === 0 && point >= smallest && point < 0x110000 && !surrogate;
    text += valid ? String.fromCodePoint(point) : "\ufffd";
  }
  return text;
}

/** Encodes a string as UTF-8, without a NUL at its end; lone surrogates become U+FFFD. */
export function encodeString(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text) {
    let point = character.codePointAt(0) ?? 0;
    if (point >= 0xd800 && point < 0xe000) point = 0xfffd;
    if (point < 0x80) bytes.push(point);
    else if (point < 0x800) bytes.push(0xc0 | (point >> 6), 0x80 | (point & 0x3f));
    else if (point < 0x10000) {
      bytes.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 0x3f), 0x80 | (point & 0x3f));
    } else {
      bytes.push(0xf0 | (point >> 18), 0x80 | ((point >> 12) & 0x3f));
      bytes.push(0x80 | ((point >> 6) & 0x3f), 0x80 | (point & 0x3f));
    }
  }
  return Uint8Array.from(bytes);
}
