/** An IPv4 address as text, from its number in network order. */
export function ipv4Text(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

/** An IPv6 address as text, as inet_ntop(3) writes it (RFC 5952); `bytes` are 16, undefined stands for `::`. */
export function ipv6Text(bytes: Uint8Array | undefined): string {
  if (bytes === undefined) return "::";
  const groups = Array.from(
    { length: 8 },
    (_unused, i) => ((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0),
  );
  const { start, length } = longestZeros(groups);
  const low = ipv4Text(readIpv4(bytes, 12));
  // Addresses that hold an IPv4 one: mapped (::ffff:a.b.c.d) and the old compatible ones.
  const mapped = start === 0 && (length === 6 || (length === 5 && groups[5] === 0xffff));
  if (mapped) return length === 6 ? `::${low}` : `::ffff:${low}`;
  const text = (part: readonly number[]): string =>
    part.map((group) => group.toString(16)).join(":");
  if (length < 2) return text(groups);
  return `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`;
}

/** The number of an IPv4 address whose four bytes begin at `offset`. */
export function readIpv4(bytes: Uint8Array, offset: number): number {
  return (
    (((bytes[offset] ?? 0) << 24) |
      ((bytes[offset + 1] ?? 0) << 16) |
      ((bytes[offset + 2] ?? 0) << 8) |
      (bytes[offset + 3] ?? 0)) >>>
    0
  );
}

/** Whether an IPv6 address holds an IPv4 one, or is all zeros, which passes for one. */
export function isMapped(bytes: Uint8Array): boolean {
  for (let i = 0; i < 10; i++) if (bytes[i] !== 0) return false;
  if (bytes[10] === 0xff && bytes[11] === 0xff) return true;
  for (let i = 10; i < 16; i++) if (bytes[i] !== 0) return false;
  return true;
}

/** Whether two IPv6 addresses are the same; undefined stands for all zeros. */
export function sameIpv6(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  for (let i = 0; i < 16; i++) if ((a?.[i] ?? 0) !== (b?.[i] ?? 0)) return false;
  return true;
}

/** Whether the first 64 bits of two IPv6 addresses are the same, which passes for one network. */
export function sameNetwork6(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  for (let i = 0; i < 8; i++) if ((a?.[i] ?? 0) !== (b?.[i] ?? 0)) return false;
  return true;
}

function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let best = { start: -1, length: 0 };
  let start = 0;
  for (let i = 0; i <= groups.length; i++) {
    if (groups[i] === 0) continue;
    if (i - start > best.length) best = { start, length: i - start };
    start = i + 1;
  }
  return best;
}
