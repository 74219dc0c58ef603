/** Whether a text is an IPv4 address in dotted form. */
export function isIpv4(text: string): boolean {
  const parts = text.split(".");
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256);
}

/** Whether a text is an IPv6 address, perhaps with an IPv4 address at its end. */
export function isIpv6(text: string): boolean {
  const halves = text.split("::");
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  let count = 0;
  for (const [index, group] of groups.entries()) {
    if (index === groups.length - 1 && group.includes(".")) {
      if (!isIpv4(group)) return false;
      count += 2;
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return false;
      count++;
    }
  }
  return halves.length === 2 ? count < 8 : count === 8;
}

/** What is wrong with a network such as `10.0.0.0/8`, in Falco's words; undefined when nothing is. */
export function networkProblem(text: string): string | undefined {
  const slash = text.indexOf("/");
  const address = text.slice(0, slash);
  const v6 = isIpv6(address);
  if (slash === -1 || !(v6 || isIpv4(address))) return `unrecognized IP network ${text}`;
  const mask = text.slice(slash + 1);
  const bits = Number(mask);
  if (!/^\d{1,3}$/.test(mask) || bits > (v6 ? 128 : 32)) return `unrecognized IP network ${text}`;
  return v6 && bits === 0 ? "invalid v6 netmask 0" : undefined;
}

/** A network: an address of 4 or 16 bytes and how many of its first bits count. */
export interface Network {
  readonly bytes: Uint8Array;
  readonly bits: number;
}

/** The bytes of an address, 4 or 16 in network order; undefined for anything else. */
export function parseAddress(text: string): Uint8Array | undefined {
  if (isIpv4(text)) return Uint8Array.from(text.split("."), Number);
  if (!isIpv6(text)) return undefined;
  const [head = "", tail] = text.split("::");
  const first = groupBytes(head);
  if (tail === undefined) return Uint8Array.from(first);
  const last = groupBytes(tail);
  const bytes = new Uint8Array(16);
  bytes.set(first);
  bytes.set(last, 16 - last.length);
  return bytes;
}

/** A network such as `10.0.0.0/8`; undefined for anything else. */
export function parseNetwork(text: string): Network | undefined {
  if (networkProblem(text) !== undefined) return undefined;
  const [address = "", bits] = text.split("/");
  const bytes = parseAddress(address);
  return bytes === undefined ? undefined : { bytes, bits: Number(bits) };
}

function groupBytes(groups: string): number[] {
  if (groups === "") return [];
  return groups.split(":").flatMap((group) => {
    if (group.includes(".")) return group.split(".").map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}
