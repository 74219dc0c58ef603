import { u16 } from "./cursor.ts";

/** An address as text: dotted for four bytes, RFC 5952's shortest form for sixteen, IPv4 in IPv6 as Go prints it. */
export function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  if (isMapped(bytes)) return `::ffff:${bytes.subarray(12).join(".")}`;
  // The longest run of two or more zero groups is left out, the first of equals.
  let bestStart = -1;
  let bestLength = 1;
  let runStart = -1;
  for (let group = 0; group <= 8; group += 1) {
    const isZero = group < 8 && u16(bytes, group * 2) === 0;
    if (isZero && runStart < 0) runStart = group;
    if (isZero || runStart < 0) continue;
    if (group - runStart > bestLength) {
      bestStart = runStart;
      bestLength = group - runStart;
    }
    runStart = -1;
  }
  let text = "";
  for (let group = 0; group < 8; group += 1) {
    if (group === bestStart) {
      text += "::";
      group += bestLength - 1;
      continue;
    }
    if (text !== "" && !text.endsWith(":")) text += ":";
    text += u16(bytes, group * 2).toString(16);
  }
  return text;
}

/** A hardware address as text: `02:00:00:00:00:0a`. */
export function hardwareAddressText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(":");
}

function isMapped(bytes: Uint8Array): boolean {
  for (let index = 0; index < 10; index += 1) if (bytes[index] !== 0) return false;
  return bytes[10] === 0xff && bytes[11] === 0xff;
}
