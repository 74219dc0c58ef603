/** An address of 4 or 16 bytes as inet_ntop(3) writes it. */
export function formatAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups: number[] = [];
  for (let index = 0; index < 16; index += 2)
    groups.push(((bytes[index] ?? 0) << 8) | (bytes[index + 1] ?? 0));
  const { start, length } = longestZeros(groups);
  // ::1.2.3.4 and ::ffff:1.2.3.4 hold an IPv4 address.
  const holdsIpv4 = start === 0 && (length === 6 || (length === 5 && groups[5] === 0xff_ff));
  const parts = holdsIpv4 ? groups.slice(0, 6) : groups;
  const text = (some: readonly number[]): string =>
    some.map((group) => group.toString(16)).join(":");
  const tail = holdsIpv4 ? bytes.subarray(12).join(".") : "";
  if (length < 2) return text(parts);
  const after = text(parts.slice(start + length));
  const rest = after !== "" && tail !== "" ? `${after}:${tail}` : after + tail;
  return `${text(parts.slice(0, start))}::${rest}`;
}

/** The first of the longest runs of zeros. */
function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let best = { start: -1, length: 0 };
  let length = 0;
  for (const [index, group] of groups.entries()) {
    length = group === 0 ? length + 1 : 0;
    if (length > best.length) best = { start: index - length + 1, length };
  }
  return best;
}
