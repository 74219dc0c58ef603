// Bob Jenkins' hash as in include/linux/jhash.h: public domain, lookup3.c (2006). Values are signed 32-bit words.

const INITIAL = 0xdead_beef;

function rotate(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}

/** `jhash2()`: over words of 32 bits. */
export function hashWords(words: Int32Array, seed: number): number {
  let a = (INITIAL + words.length * 4 + seed) | 0;
  let b = a;
  let c = a;
  let at = 0;
  let left = words.length;
  for (; left > 3; left -= 3, at += 3) {
    a = (a + (words[at] ?? 0)) | 0;
    b = (b + (words[at + 1] ?? 0)) | 0;
    c = (c + (words[at + 2] ?? 0)) | 0;
    [a, b, c] = mix(a, b, c);
  }
  if (left === 0) return c;
  if (left === 3) c = (c + (words[at + 2] ?? 0)) | 0;
  if (left >= 2) b = (b + (words[at + 1] ?? 0)) | 0;
  a = (a + (words[at] ?? 0)) | 0;
  return finish(a, b, c);
}

/** `jhash()`: over bytes. Multiples of four give the same as `hashWords()`. */
export function hashBytes(bytes: Uint8Array, seed: number): number {
  const words = new Int32Array(Math.ceil(bytes.length / 4));
  bytes.forEach((byte, index) => {
    words[index >> 2] = (words[index >> 2] ?? 0) | (byte << ((index & 3) * 8));
  });
  // The length counts bytes, which is all in which the two differ.
  return hashWords(words, seed + bytes.length - words.length * 4);
}

function mix(x: number, y: number, z: number): [number, number, number] {
  let a = x;
  let b = y;
  let c = z;
  a = (a - c) ^ rotate(c, 4);
  c = (c + b) | 0;
  b = (b - a) ^ rotate(a, 6);
  a = (a + c) | 0;
  c = (c - b) ^ rotate(b, 8);
  b = (b + a) | 0;
  a = (a - c) ^ rotate(c, 16);
  c = (c + b) | 0;
  b = (b - a) ^ rotate(a, 19);
  a = (a + c) | 0;
  c = (c - b) ^ rotate(b, 4);
  b = (b + a) | 0;
  return [a, b, c];
}

function finish(x: number, y: number, z: number): number {
  let a = x;
  let b = y;
  let c = z;
  c = ((c ^ b) - rotate(b, 14)) | 0;
  a = ((a ^ c) - rotate(c, 11)) | 0;
  b = ((b ^ a) - rotate(a, 25)) | 0;
  c = ((c ^ b) - rotate(b, 16)) | 0;
  a = ((a ^ c) - rotate(c, 4)) | 0;
  b = ((b ^ a) - rotate(a, 14)) | 0;
  return ((c ^ b) - rotate(b, 24)) | 0;
}
