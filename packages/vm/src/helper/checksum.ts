import type { VmMemory } from "../memory/memory.ts";

// Checksums of the Internet (RFC 1071) as the kernel computes them: words of 16 bits in the machine's order, little-endian,
// added in 32 bits with the carry put back. Values are unsigned numbers.

/** The sum of bytes, in 32 bits; an odd last byte is the low half of a word. */
export function sumBytes({ bytes }: VmMemory, place: number, size: number, seed: number): number {
  let sum = seed >>> 0;
  for (let at = 0; at + 1 < size; at += 2)
    sum += (bytes[place + at] ?? 0) | ((bytes[place + at + 1] ?? 0) << 8);
  if ((size & 1) === 1) sum += bytes[place + size - 1] ?? 0;
  return carry(sum);
}

/** Folds what is above 32 bits back. */
function carry(sum: number): number {
  let rest = sum;
  while (rest > 0xffff_ffff) rest = (rest % 0x1_0000_0000) + Math.floor(rest / 0x1_0000_0000);
  return rest;
}

/** `csum_add()`. */
export function addSums(one: number, other: number): number {
  return carry((one >>> 0) + (other >>> 0));
}

/** `csum_sub()`. */
export function subtractSum(one: number, other: number): number {
  return addSums(one, ~other >>> 0);
}

/** 32 bits to 16, not complemented: `csum_from32to16()`. */
export function foldTo16(sum: number): number {
  const once = (sum & 0xffff) + (sum >>> 16);
  return (once & 0xffff) + (once >>> 16);
}

/** `csum_fold()`: what is written into a header. */
export function foldSum(sum: number): number {
  return ~foldTo16(sum) & 0xffff;
}

/** `csum_replace_by_diff()`: the checksum of a header whose words changed by that sum. */
export function replaceByDifference(checksum: number, difference: number): number {
  return foldSum(addSums(difference, ~checksum & 0xffff_ffff));
}

/** `csum_replace4()`: the checksum of a header in which one value took another's place. */
export function replaceSum(checksum: number, from: number, to: number): number {
  return foldSum(addSums(subtractSum(~checksum & 0xffff_ffff, from), to));
}

/** `csum_replace2()`. */
export function replaceSum16(checksum: number, from: number, to: number): number {
  const add16 = (one: number, other: number): number => {
    const sum = one + other;
    return (sum + (sum > 0xffff ? 1 : 0)) & 0xffff;
  };
  const without = add16(~checksum & 0xffff, ~from & 0xffff);
  return ~add16(without, to & 0xffff) & 0xffff;
}
