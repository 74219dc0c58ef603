interface Decoder {
  decode(bytes: Uint8Array): string;
}

// The types of a pure package know no host; browsers and Node have this one.
declare const TextDecoder: new (label: string, options: { readonly ignoreBOM: boolean }) => Decoder;

// One decoder serves every text: it keeps no state between calls that are not streams.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

// Texts of events repeat: paths, names of programs, arguments. Each slot keeps the bytes of the last text with that
// hash, so that a repeated text costs a comparison and no new string (`npm run bench replay`).
const SLOTS = 4096;
const LONGEST_KEPT = 256;
const keptBytes: (Uint8Array | undefined)[] = Array.from({ length: SLOTS });
const keptTexts: string[] = Array.from({ length: SLOTS }, () => "");

/**
 * The text in `bytes` from `start` to `end`. Bytes that are no UTF-8 become U+FFFD, one for each maximal part of a
 * character, as Unicode recommends.
 */
export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  const length = end - start;
  if (length <= 0) return "";
  if (length > LONGEST_KEPT) return decoder.decode(bytes.subarray(start, end));
  let hash = length;
  for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + (bytes[i] ?? 0)) | 0;
  const slot = (hash ^ (hash >>> 13)) & (SLOTS - 1);
  const kept = keptBytes[slot];
  if (kept !== undefined && kept.length === length && equalAt(bytes, start, kept))
    return keptTexts[slot] ?? "";
  const text = decodeOnce(bytes, start, end);
  keptBytes[slot] = bytes.slice(start, end);
  keptTexts[slot] = text;
  return text;
}

/** The text in `bytes` from `start` to the first NUL byte, at most to `end`. */
export function decodeTerminated(bytes: Uint8Array, start: number, end: number): string {
  let stop = start;
  while (stop < end && bytes[stop] !== 0) stop++;
  return decodeText(bytes, start, stop);
}

/** The texts in `bytes` from `start` to `end`, which NUL bytes end or separate. */
export function decodeTexts(bytes: Uint8Array, start: number, end: number): string[] {
  const last = end > start && bytes[end - 1] === 0 ? end - 1 : end;
  const texts: string[] = [];
  let from = start;
  if (last <= start) return texts;
  for (let i = start; i < last; i++) {
    if (bytes[i] !== 0) continue;
    texts.push(decodeText(bytes, from, i));
    from = i + 1;
  }
  texts.push(decodeText(bytes, from, last));
  return texts;
}

function equalAt(bytes: Uint8Array, start: number, kept: Uint8Array): boolean {
  for (let i = 0; i < kept.length; i++) if (bytes[start + i] !== kept[i]) return false;
  return true;
}

function decodeOnce(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > 64) return decoder.decode(bytes.subarray(start, end));
  let text = "";
  for (let i = start; i < end; i++) {
    const byte = bytes[i] ?? 0;
    if (byte >= 128) return decoder.decode(bytes.subarray(start, end));
    text += String.fromCharCode(byte);
  }
  return text;
}
