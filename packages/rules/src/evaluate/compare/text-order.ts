import { toUtf8 } from "../utf8.ts";

/**
 * Orders texts as their bytes in UTF-8 are ordered: below 0, 0 or above. JavaScript's own order differs where a
 * character above U+FFFF meets one from U+E000 on.
 */
export function compareTexts(a: string, b: string): number {
  const end = Math.min(a.length, b.length);
  for (let index = 0; index < end; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left === right) continue;
    // Halves of pairs stand for characters above all others.
    return rank(left) - rank(right);
  }
  return a.length - b.length;
}

function rank(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x1_00_00 : unit;
}

const NOT_ASCII = /[^\0-\u007F]/;

/** Makes ASCII letters small and leaves all others, as the C locale does. */
export function lowerAscii(text: string): string {
  return NOT_ASCII.test(text)
    ? text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
    : text.toLowerCase();
}

/** Makes ASCII letters large and leaves all others, as the C locale does. */
export function upperAscii(text: string): string {
  return NOT_ASCII.test(text)
    ? text.replace(/[a-z]+/g, (letters) => letters.toUpperCase())
    : text.toUpperCase();
}

/** A text with one character for each byte that it has in UTF-8. */
export function toByteText(text: string): string {
  if (!NOT_ASCII.test(text)) return text;
  let bytes = "";
  for (const byte of toUtf8(text)) bytes += String.fromCharCode(byte);
  return bytes;
}

/** How many bytes a text has in UTF-8. */
export function byteLength(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    // Each half of a pair stands for two of four bytes.
    bytes += unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 1 : 2;
  }
  return bytes;
}
