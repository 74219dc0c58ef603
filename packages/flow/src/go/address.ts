import { quoteGo } from "./quote.ts";

/** An address in network order: four or sixteen bytes. */
export interface Address {
  readonly bytes: Uint8Array;
  /** The zone behind `%`; empty without one. */
  readonly zone: string;
}

/** A value, or what Go's standard library says instead. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: string };

/** A prefix, as in `10.0.0.0/8`. */
export interface Prefix {
  readonly bytes: Uint8Array;
  readonly bits: number;
}

/** Reads an address as Go's netip.ParseAddr does: no leading zeros, no shortened IPv4. The error is its text. */
export function parseAddress(text: string): Parsed<Address> {
  for (const character of text) {
    if (character === ".") return readIpv4Address(text);
    if (character === ":") return readIpv6Address(text);
    if (character === "%") return addressError(text, "missing IPv6 address");
  }
  return addressError(text, "unable to parse IP");
}

/** Reads a prefix as Go's netip.ParsePrefix does. */
export function parsePrefix(text: string): Parsed<Prefix> {
  const slash = text.lastIndexOf("/");
  if (slash < 0) return prefixError(text, "no '/'");
  const address = parseAddress(text.slice(0, slash));
  if (!address.ok) return prefixError(text, address.error);
  if (address.value.zone !== "") {
    return prefixError(text, "IPv6 zones cannot be present in a prefix");
  }
  const bits = text.slice(slash + 1);
  if (!/^(?:[1-9][0-9]*|[0-9])$/.test(bits)) {
    return prefixError(text, `bad bits after slash: ${quoteGo(bits)}`);
  }
  const { bytes } = address.value;
  if (bits.length > 3 || Number(bits) > bytes.length * 8) {
    return prefixError(text, "prefix length out of range");
  }
  return { ok: true, value: { bytes, bits: Number(bits) } };
}

/** Whether `address` is of the prefix's family and lies in it. Addresses with a zone lie in none. */
export function prefixContains(prefix: Prefix, address: Address): boolean {
  if (address.zone !== "" || address.bytes.length !== prefix.bytes.length) return false;
  let left = prefix.bits;
  for (let index = 0; left > 0; index += 1, left -= 8) {
    const mask = left >= 8 ? 0xff : (0xff << (8 - left)) & 0xff;
    if ((((address.bytes[index] ?? 0) ^ (prefix.bytes[index] ?? 0)) & mask) !== 0) return false;
  }
  return true;
}

function addressError(text: string, message: string, at = ""): Parsed<never> {
  const place = at === "" ? "" : ` (at ${quoteGo(at)})`;
  return { ok: false, error: `ParseAddr(${quoteGo(text)}): ${message}${place}` };
}

function prefixError(text: string, message: string): Parsed<never> {
  return { ok: false, error: `netip.ParsePrefix(${quoteGo(text)}): ${message}` };
}

function readIpv4Address(text: string): Parsed<Address> {
  const bytes = new Uint8Array(4);
  const problem = readIpv4(text, bytes, 0);
  if (problem !== undefined) return addressError(text, problem.message, problem.at);
  return { ok: true, value: { bytes, zone: "" } };
}

interface Problem {
  readonly message: string;
  readonly at?: string;
}

function readIpv4(text: string, bytes: Uint8Array, offset: number): Problem | undefined {
  let value = 0;
  let digits = 0;
  let field = 0;
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (character >= "0" && character <= "9") {
      if (digits === 1 && value === 0) {
        return { message: "IPv4 field has octet with leading zero" };
      }
      value = value * 10 + Number(character);
      digits += 1;
      if (value > 255) return { message: "IPv4 field has value >255" };
    } else if (character === ".") {
      if (index === 0 || index === text.length - 1 || text.charAt(index - 1) === ".") {
        return { message: "IPv4 field must have at least one digit", at: text.slice(index) };
      }
      if (field === 3) return { message: "IPv4 address too long" };
      bytes[offset + field] = value;
      field += 1;
      value = 0;
      digits = 0;
    } else return { message: "unexpected character", at: text.slice(index) };
  }
  if (field < 3) return { message: "IPv4 address too short" };
  bytes[offset + 3] = value;
  return undefined;
}

function readIpv6Address(whole: string): Parsed<Address> {
  let text = whole;
  let zone = "";
  const percent = whole.indexOf("%");
  if (percent >= 0) {
    text = whole.slice(0, percent);
    zone = whole.slice(percent + 1);
    if (zone === "") return addressError(whole, "zone must be a non-empty string");
  }
  const bytes = new Uint8Array(16);
  let ellipsis = -1;
  if (text.startsWith("::")) {
    ellipsis = 0;
    text = text.slice(2);
    if (text === "") return { ok: true, value: { bytes, zone } };
  }
  let at = 0;
  while (at < 16) {
    const group = /^[0-9a-fA-F]*/.exec(text)?.[0] ?? "";
    if (group.length > 4) {
      const message =
        Number.parseInt(group.slice(0, 5), 16) > 0xffff
          ? "IPv6 field has value >=2^16"
          : "each group must have 4 or less digits";
      return addressError(whole, message, text);
    }
    if (group === "") {
      const message = "each colon-separated field must have at least one digit";
      return addressError(whole, message, text);
    }
    if (text.charAt(group.length) === ".") {
      if (ellipsis < 0 && at !== 12) {
        const message = "embedded IPv4 address must replace the final 2 fields of the address";
        return addressError(whole, message, text);
      }
      if (at + 4 > 16) {
        const message = "too many hex fields to fit an embedded IPv4 at the end of the address";
        return addressError(whole, message, text);
      }
      const problem = readIpv4(text, bytes, at);
      if (problem !== undefined) return addressError(whole, problem.message, problem.at);
      text = "";
      at += 4;
      break;
    }
    const value = Number.parseInt(group, 16);
    bytes[at] = value >> 8;
    bytes[at + 1] = value & 0xff;
    at += 2;
    text = text.slice(group.length);
    if (text === "") break;
    if (!text.startsWith(":")) {
      return addressError(whole, "unexpected character, want colon", text);
    }
    if (text.length === 1) {
      return addressError(whole, "colon must be followed by more characters", text);
    }
    text = text.slice(1);
    if (text.startsWith(":")) {
      if (ellipsis >= 0) return addressError(whole, "multiple :: in address", text);
      ellipsis = at;
      text = text.slice(1);
      if (text === "") break;
    }
  }
  if (text !== "") return addressError(whole, "trailing garbage after address", text);
  if (at < 16) {
    if (ellipsis < 0) return addressError(whole, "address string too short");
    const moved = at - ellipsis;
    bytes.copyWithin(16 - moved, ellipsis, at);
    bytes.fill(0, ellipsis, 16 - moved);
  } else if (ellipsis >= 0) {
    return addressError(whole, "the :: must expand to at least one field of zeros");
  }
  return { ok: true, value: { bytes, zone } };
}
