import { isIPv4, isIPv6 } from "node:net";

import type { Codec } from "./codec.ts";

// struct bpf_lpm_trie_key: u32 prefixlen in the machine's order, then the address in network order.
const ADDRESS = 4;

function parse(text: string, bytes: number): { address: Uint8Array; bits: number } {
  const slash = text.lastIndexOf("/");
  const host = slash < 0 ? text : text.slice(0, slash);
  const bits = slash < 0 ? bytes * 8 : Number(text.slice(slash + 1));
  const isAddress = bytes === 4 ? isIPv4(host) : isIPv6(host) && !host.includes("%");
  const isLength = Number.isInteger(bits) && bits >= 0 && bits <= bytes * 8;
  if (!isAddress || !isLength || /\/(?!\d+$)/.test(text)) {
    const example = bytes === 4 ? "10.0.0.0/8" : "2001:db8::/32";
    throw new RangeError(`Cannot write "${text}" as a network: write it like ${example}`);
  }
  return { address: bytes === 4 ? parseV4(host) : parseV6(host), bits };
}

function parseV4(host: string): Uint8Array {
  return Uint8Array.from(host.split("."), Number);
}

function parseV6(host: string): Uint8Array {
  // `::` stands for as many zero groups as are missing; the last two groups may be written as IPv4.
  const v4 = /[^:]+\.[^:]+$/.exec(host)?.[0];
  const tail = v4 === undefined ? [] : [...parseV4(v4)];
  const rest = v4 === undefined ? host : host.slice(0, -v4.length).replace(/([^:]):$/, "$1");
  const groups = (part: string): number[] =>
    part === ""
      ? []
      : part.split(":").flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 255]);
  const [before = "", after] = rest.split("::");
  const head = groups(before);
  const end = [...groups(after ?? ""), ...tail];
  const address = new Uint8Array(16);
  address.set(head);
  address.set(end, 16 - end.length);
  return address;
}

function formatV6(bytes: Uint8Array): string {
  const groups = Array.from(
    { length: 8 },
    (_, i) => ((bytes[i * 2] ?? 0) << 8) | (bytes[i * 2 + 1] ?? 0),
  );
  // RFC 5952: the first longest run of two or more zero groups becomes `::`.
  let start = 0;
  let length = 0;
  for (let i = 0; i < 8;) {
    let run = 0;
    while (groups[i + run] === 0) run += 1;
    if (run > length && run > 1) [start, length] = [i, run];
    i += run + 1;
  }
  const hex = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(":");
  return length === 0 ? hex(0, 8) : `${hex(0, start)}::${hex(start + length, 8)}`;
}

function networkCodec(bytes: 4 | 16): Codec<string> {
  return {
    size: ADDRESS + bytes,
    alignment: 4,
    read: (view, offset) => {
      const address = new Uint8Array(view.buffer, view.byteOffset + offset + ADDRESS, bytes);
      const text = bytes === 4 ? address.join(".") : formatV6(address);
      return `${text}/${view.getUint32(offset, true)}`;
    },
    write: (view, offset, value) => {
      const { address, bits } = parse(value, bytes);
      view.setUint32(offset, bits, true);
      new Uint8Array(view.buffer, view.byteOffset + offset + ADDRESS, bytes).set(address);
    },
  };
}

/** Keys of an LPM trie over IPv4 as text, `10.0.0.0/8`; an address alone counts as /32. 8 bytes. */
export const network4: Codec<string> = networkCodec(4);

/** Keys of an LPM trie over IPv6 as text, `2001:db8::/32`; an address alone counts as /128. 20 bytes. */
export const network6: Codec<string> = networkCodec(16);
