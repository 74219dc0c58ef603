import type { ScalarValue } from "@ocelli/event";

import { fromUtf8, toUtf8 } from "../utf8.ts";

// What each byte means as a digit; 64 for bytes that are none.
const DIGITS = new Uint8Array(256).fill(64);
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
for (let digit = 0; digit < 64; digit++) DIGITS[ALPHABET.charCodeAt(digit)] = digit;

/**
 * Decodes Base64 (RFC 4648) with or without padding: a text to a text up to its first NUL, bytes to bytes. Undefined for
 * anything that is not Base64, for a length that none has, and when bits are left over that are not zero.
 */
export function decodeBase64(value: ScalarValue): string | Uint8Array | undefined {
  if (typeof value === "string") {
    const bytes = decode(toUtf8(value));
    if (bytes === undefined) return undefined;
    const end = bytes.indexOf(0);
    return fromUtf8(end === -1 ? bytes : bytes.subarray(0, end));
  }
  if (!(value instanceof Uint8Array)) return undefined;
  // Zeros at the end are no part of what was encoded.
  let end = value.length;
  while (end > 0 && value[end - 1] === 0) end--;
  return decode(value.subarray(0, end));
}

function decode(input: Uint8Array): Uint8Array | undefined {
  let end = input.length;
  for (let padding = 0; padding < 2 && end > 0 && input[end - 1] === 61; padding++) end--;
  if (end % 4 === 1) return undefined;
  const output = new Uint8Array((end * 6) >> 3);
  let bits = 0;
  let held = 0;
  let written = 0;
  for (let index = 0; index < end; index++) {
    const digit = DIGITS[input[index] ?? 0] ?? 64;
    if (digit === 64) return undefined;
    held = ((held << 6) | digit) & 0xff_ff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    output[written++] = held >> bits;
  }
  return (held & ((1 << bits) - 1)) === 0 ? output : undefined;
}
