import type { BinaryOperator } from "../../filter/ast.ts";
import { parseAddress, parseNetwork, type Network } from "../../check/address.ts";
import { NEVER, type Comparison } from "./comparison.ts";

/** An address compared with addresses; `=` and `!=` look at the first only. */
export function compareAddress(operator: BinaryOperator, right: readonly string[]): Comparison {
  const parsed = right.flatMap((text) => parseAddress(text) ?? []);
  const [first] = parsed;
  switch (operator) {
    case "=":
    case "==":
      return first === undefined ? NEVER : bytesTest((value) => sameBytes(value, first));
    case "!=":
      return first === undefined ? NEVER : bytesTest((value) => !sameBytes(value, first));
    case "in":
    case "intersects": {
      const all = new Set(parsed.map(addressKey));
      return bytesTest((value) => all.has(addressKey(value)));
    }
    default:
      return NEVER;
  }
}

/** An address compared with networks; `=` and `!=` look at the first only. */
export function compareNetwork(operator: BinaryOperator, right: readonly string[]): Comparison {
  const parsed = right.flatMap((text) => parseNetwork(text) ?? []);
  const [first] = parsed;
  switch (operator) {
    case "=":
    case "==":
      return first === undefined ? NEVER : bytesTest((value) => isWithin(value, first));
    case "!=":
      return first === undefined ? NEVER : bytesTest((value) => !isWithin(value, first));
    case "in":
    case "intersects": {
      const within = compileNetworks(parsed);
      return bytesTest(within);
    }
    default:
      return NEVER;
  }
}

/**
 * A test whether an address lies in one of many networks: for each length of prefix that occurs, the prefixes in a hash
 * set, so that the time depends on the number of lengths and not of networks.
 */
export function compileNetworks(networks: readonly Network[]): (address: Uint8Array) => boolean {
  const byLength = new Map<
    string,
    { size: number; bits: number; prefixes: Set<number | string> }
  >();
  for (const { bytes, bits } of networks) {
    const key = `${bytes.length}/${bits}`;
    const known = byLength.get(key) ?? { size: bytes.length, bits, prefixes: new Set() };
    known.prefixes.add(prefixKey(bytes, bits));
    byLength.set(key, known);
  }
  const lengths = [...byLength.values()];
  return (address) =>
    lengths.some(
      ({ size, bits, prefixes }) =>
        address.length === size && prefixes.has(prefixKey(address, bits)),
    );
}

function isWithin(address: Uint8Array, { bytes, bits }: Network): boolean {
  if (address.length !== bytes.length) return false;
  const whole = bits >> 3;
  for (let index = 0; index < whole; index++) if (address[index] !== bytes[index]) return false;
  const mask = 0xff & (0xff00 >> (bits & 7));
  return mask === 0 || ((address[whole] ?? 0) & mask) === ((bytes[whole] ?? 0) & mask);
}

function addressKey(address: Uint8Array): number | string {
  return prefixKey(address, address.length * 8);
}

/** A number for IPv4, a text for IPv6: the first bits, the others zero. */
function prefixKey(address: Uint8Array, bits: number): number | string {
  if (address.length === 4) {
    const [a = 0, b = 0, c = 0, d = 0] = address;
    const value = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
    return bits === 0 ? 0 : (value & (-1 << (32 - bits))) >>> 0;
  }
  let key = "";
  for (let index = 0; index < address.length; index++) {
    const left = bits - index * 8;
    const mask = left >= 8 ? 0xff : left <= 0 ? 0 : 0xff & (0xff00 >> left);
    key += String.fromCharCode((address[index] ?? 0) & mask);
  }
  return key;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}

/** Values of address fields are bytes: the catalogue says so. */
function bytesTest(test: (value: Uint8Array) => boolean): Comparison {
  return { test: (value) => test(value as Uint8Array) };
}
