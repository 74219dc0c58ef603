// A netlink message, include/uapi/linux/netlink.h:
//    0  u32  length, with this header
//    4  u16  type
//    6  u16  flags
//    8  u32  sequence
//   12  u32  port
//   16       a fixed struct that the type decides, padded to 4
//       then attributes, each padded to 4:  0 u16 length with these four bytes, 2 u16 type, 4 payload
const HEADER = 16;
const ATTRIBUTE_HEADER = 4;
const TYPE_MASK = 0x3fff; // without NLA_F_NESTED and NLA_F_NET_BYTEORDER
const NESTED = 0x8000;

/** Flags of a netlink request. */
export const REQUEST_FLAGS = {
  request: 0x1,
  ack: 0x4,
  replace: 0x100,
  exclusive: 0x200,
  dump: 0x300,
  create: 0x400,
} as const;

/** What an attribute holds: bytes, a zero-terminated string, a 32-bit number, or more attributes. */
export type AttributePayload = Uint8Array | string | number | readonly NetlinkAttribute[];

/** An attribute to be sent: its number in the message's family and its payload. */
export interface NetlinkAttribute {
  readonly type: number;
  readonly value: AttributePayload;
}

/** A message as it came: the fixed struct and the attributes are still together in `payload`. */
export interface NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly payload: Uint8Array;
}

const align = (length: number): number => (length + 3) & ~3;
const encoder = new TextEncoder();

/** Lays out attributes one after the other, each padded to four bytes. */
export function encodeAttributes(attributes: readonly NetlinkAttribute[]): Uint8Array {
  const parts = attributes.map(({ type, value }) => {
    const nested = Array.isArray(value);
    const payload = encodePayload(value);
    const bytes = new Uint8Array(align(ATTRIBUTE_HEADER + payload.length));
    const view = new DataView(bytes.buffer);
    view.setUint16(0, ATTRIBUTE_HEADER + payload.length, true);
    view.setUint16(2, nested ? type | NESTED : type, true);
    bytes.set(payload, ATTRIBUTE_HEADER);
    return bytes;
  });
  return concatenate(parts);
}

function encodePayload(value: AttributePayload): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === "string") return encoder.encode(`${value}\0`);
  if (typeof value !== "number") return encodeAttributes(value);
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value >>> 0, true);
  return bytes;
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

/** One request, ready to be sent. `fixed` is the struct between header and attributes. */
export function encodeMessage(
  type: number,
  flags: number,
  sequence: number,
  fixed: Uint8Array,
  attributes: readonly NetlinkAttribute[],
): Uint8Array {
  const head = new Uint8Array(HEADER + align(fixed.length));
  head.set(fixed, HEADER);
  const bytes = concatenate([head, encodeAttributes(attributes)]);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, flags, true);
  view.setUint32(8, sequence, true);
  return bytes;
}

/** Takes a datagram apart. Stops at the first header whose length does not fit into what is left. */
export function decodeMessages(bytes: Uint8Array): NetlinkMessage[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const messages: NetlinkMessage[] = [];
  let offset = 0;
  while (offset + HEADER <= bytes.length) {
    const length = view.getUint32(offset, true);
    if (length < HEADER || offset + length > bytes.length) break;
    messages.push({
      type: view.getUint16(offset + 4, true),
      flags: view.getUint16(offset + 6, true),
      sequence: view.getUint32(offset + 8, true),
      payload: bytes.subarray(offset + HEADER, offset + length),
    });
    offset += align(length);
  }
  return messages;
}

/**
 * The attributes from byte `offset` of a payload on, by number; of attributes that come twice the last one counts.
 * Stops at the first one whose length does not fit.
 */
export function decodeAttributes(bytes: Uint8Array, offset = 0): Map<number, Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const attributes = new Map<number, Uint8Array>();
  let at = offset;
  while (at + ATTRIBUTE_HEADER <= bytes.length) {
    const length = view.getUint16(at, true);
    if (length < ATTRIBUTE_HEADER || at + length > bytes.length) break;
    attributes.set(
      view.getUint16(at + 2, true) & TYPE_MASK,
      bytes.subarray(at + ATTRIBUTE_HEADER, at + length),
    );
    at += align(length);
  }
  return attributes;
}

/** An attribute's payload as a 32-bit number; `undefined` when it is absent or too short. */
export function numberOf(payload: Uint8Array | undefined): number | undefined {
  if (payload === undefined || payload.length === 0) return undefined;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  if (payload.length >= 4) return view.getUint32(0, true);
  return payload.length >= 2 ? view.getUint16(0, true) : view.getUint8(0);
}

/** An attribute's payload as text up to its first zero; `undefined` when it is absent. */
export function textOf(payload: Uint8Array | undefined): string | undefined {
  if (payload === undefined) return undefined;
  const end = payload.indexOf(0);
  return new TextDecoder().decode(end < 0 ? payload : payload.subarray(0, end));
}
