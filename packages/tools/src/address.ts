import { ntohl, type be32 } from "@ocelli/compiler";

/** An IPv4 address in dots. */
export function ipv4(address: be32): string {
  const value = ntohl(address);
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff).join(".");
}

/** An IPv6 address as RFC 5952 wants it: the longest run of zeros is left out. */
export function ipv6(bytes: readonly number[]): string {
  const words = Array.from({ length: 8 }, (_, i) => bytes[i * 2] * 256 + bytes[i * 2 + 1]);
  let best = { start: 0, length: 0 };
  for (let start = 0; start < 8; start += 1) {
    let length = 0;
    while (start + length < 8 && words[start + length] === 0) length += 1;
    if (length > best.length) best = { start, length };
  }
  const hex = (part: readonly number[]): string => part.map((word) => word.toString(16)).join(":");
  if (best.length < 2) return hex(words);
  return `${hex(words.slice(0, best.start))}::${hex(words.slice(best.start + best.length))}`;
}

/** AF_INET and AF_INET6. */
export const FAMILIES = { inet: 2, inet6: 10 } as const;
