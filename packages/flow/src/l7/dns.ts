// DNS messages (RFC 1035), with the records that flows tell of: addresses, aliases, HTTPS bindings by type only.
import { addressText } from "../packet/address-text.ts";
import { u16, u32 } from "../packet/cursor.ts";
import { failed, type L7Read } from "./problem.ts";

/** A question of a message. */
export interface DnsQuestion {
  /** Lower-case, with its final dot; the root is `.`. */
  readonly name: string;
  /** `A`, `AAAA`, `CNAME`…, or `TYPE65400` for numbers without a name. */
  readonly type: string;
}

/** A record of an answer. */
export interface DnsRecord {
  readonly name: string;
  readonly type: string;
  readonly ttl: number;
  /** Of A and AAAA the address, of CNAME, NS and PTR the name; undefined for other types. */
  readonly value: string | undefined;
}

/** A query or an answer. */
export interface DnsMessage {
  readonly id: number;
  readonly isResponse: boolean;
  /** Response code with the high bits that EDNS brings (RFC 6891). */
  readonly rcode: number;
  readonly truncated: boolean;
  readonly questions: readonly DnsQuestion[];
  readonly answers: readonly DnsRecord[];
}

// IANA "DNS Parameters", as gopacket spells them.
const TYPES: Readonly<Record<number, string>> = {
  1: "A",
  2: "NS",
  5: "CNAME",
  6: "SOA",
  10: "NULL",
  12: "PTR",
  13: "HINFO",
  15: "MX",
  16: "TXT",
  28: "AAAA",
  33: "SRV",
  35: "NAPTR",
  41: "OPT",
  43: "DS",
  46: "RRSIG",
  47: "NSEC",
  48: "DNSKEY",
  52: "TLSA",
  64: "SVCB",
  65: "HTTPS",
  255: "ANY",
  257: "CAA",
};
const MOST_RECORDS = 256;
const LONGEST_NAME = 255;

/** Reads a message of a datagram. Bounded: pointers only lead back, names end at 255 bytes, records are counted. */
export function readDnsMessage(bytes: Uint8Array): L7Read<DnsMessage> {
  if (bytes.length < 12) return failed(0, "truncated");
  const flags = u16(bytes, 2);
  const counts = [u16(bytes, 4), u16(bytes, 6), u16(bytes, 8), u16(bytes, 10)] as const;
  const [questionCount, answerCount, authorityCount, additionalCount] = counts;
  const opcode = (flags >> 11) & 0x0f;
  // Reserved bits and opcodes that nobody uses tell noise from messages.
  if (opcode > 6 || (flags & 0x40) !== 0 || questionCount > 16) return failed(2, "malformed");
  let at = 12;
  const questions: DnsQuestion[] = [];
  for (let index = 0; index < questionCount; index += 1) {
    const name = readName(bytes, at);
    if (name === undefined || name.end + 4 > bytes.length) return failed(at, "truncated");
    questions.push({ name: name.text, type: typeName(u16(bytes, name.end)) });
    at = name.end + 4;
  }
  const answers: DnsRecord[] = [];
  let rcode = flags & 0x0f;
  const total = Math.min(answerCount + authorityCount + additionalCount, MOST_RECORDS);
  for (let index = 0; index < total; index += 1) {
    const name = readName(bytes, at);
    // What was cut off is missing; what came before it is there.
    if (name === undefined || name.end + 10 > bytes.length) break;
    const type = u16(bytes, name.end);
    const length = u16(bytes, name.end + 8);
    const start = name.end + 10;
    if (start + length > bytes.length) break;
    if (type === 41) rcode |= (bytes[name.end + 4] ?? 0) << 4;
    else if (index < answerCount) {
      const ttl = u32(bytes, name.end + 4);
      const value = valueOf(bytes, type, start, length);
      answers.push({ name: name.text, type: typeName(type), ttl, value });
    }
    at = start + length;
  }
  const value = {
    id: u16(bytes, 0),
    isResponse: (flags & 0x8000) !== 0,
    rcode,
    truncated: (flags & 0x0200) !== 0,
    questions,
    answers,
  };
  return { ok: true, value };
}

function typeName(type: number): string {
  return TYPES[type] ?? `TYPE${type}`;
}

function valueOf(
  bytes: Uint8Array,
  type: number,
  start: number,
  length: number,
): string | undefined {
  if ((type === 1 && length === 4) || (type === 28 && length === 16)) {
    return addressText(bytes.subarray(start, start + length));
  }
  return type === 5 || type === 2 || type === 12 ? readName(bytes, start)?.text : undefined;
}

/** Labels with their length before them, or a pointer to an earlier place (RFC 1035, 4.1.4). */
function readName(
  bytes: Uint8Array,
  start: number,
): { readonly text: string; readonly end: number } | undefined {
  let text = "";
  let at = start;
  let end: number | undefined;
  let length = 0;
  let lowest = start;
  for (;;) {
    const size = bytes[at];
    if (size === undefined) return undefined;
    if (size === 0) {
      return { text: text === "" ? "." : text, end: end ?? at + 1 };
    }
    if (size >= 0xc0) {
      const target = u16(bytes, at) & 0x3fff;
      end ??= at + 2;
      // Each pointer leads further back than all before: no loop.
      if (target >= lowest || at + 1 >= bytes.length) return undefined;
      lowest = target;
      at = target;
      continue;
    }
    length += size + 1;
    if (size > 63 || length > LONGEST_NAME || at + size >= bytes.length) return undefined;
    text += `${labelText(bytes.subarray(at + 1, at + 1 + size))}.`;
    at += size + 1;
  }
}

/** Letters in lower case; what is not printable, and dots and backslashes within a label, escaped as zone files do. */
function labelText(label: Uint8Array): string {
  let text = "";
  for (const byte of label) {
    const character = String.fromCharCode(byte);
    if (byte <= 0x20 || byte >= 0x7f) text += `\\${String(byte).padStart(3, "0")}`;
    else if (character === "." || character === "\\") text += `\\${character}`;
    else text += character.toLowerCase();
  }
  return text;
}
