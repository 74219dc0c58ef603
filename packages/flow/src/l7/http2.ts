// HTTP/2 in clear (RFC 9113) read off a connection: heads of requests and responses by stream. Bodies are counted.
import { u16, u24, u32 } from "../packet/cursor.ts";
import { createByteQueue, latin1, type ByteQueue } from "./chunks.ts";
import { createHpackDecoder, type HpackDecoder } from "./hpack.ts";
import type { HttpField } from "./http1.ts";

/** What one direction of a connection told. */
export type Http2Event =
  | { readonly kind: "head"; readonly stream: number; readonly fields: readonly HttpField[] }
  /** The stream's direction is complete, with so many bytes of body. */
  | { readonly kind: "end"; readonly stream: number; readonly bodyBytes: number }
  | { readonly kind: "reset"; readonly stream: number; readonly code: number }
  /** What follows cannot be read. Nothing more comes. */
  | { readonly kind: "stop"; readonly reason: "not-http2" | "malformed" | "too-long" };

/** A reader of both directions of a connection: settings of one bound the header table of the other. */
export interface Http2Reader {
  readonly push: (side: "client" | "server", chunk: Uint8Array) => Http2Event[];
}

const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const DATA = 0;
const HEADERS = 1;
const RST_STREAM = 3;
const SETTINGS = 4;
const CONTINUATION = 9;
const END_STREAM = 0x1;
const END_HEADERS = 0x4;
const PADDED = 0x8;
const PRIORITY = 0x20;
const LONGEST_BLOCK = 65_536;
const MOST_STREAMS = 4096;

interface Direction {
  readonly queue: ByteQueue;
  readonly decoder: HpackDecoder;
  preface: boolean;
  stopped: boolean;
  /** A block that goes on in CONTINUATION frames. */
  block: { readonly stream: number; readonly ends: boolean; bytes: Uint8Array } | undefined;
  /** Bytes of bodies by stream. */
  readonly bodies: Map<number, number>;
  /** Of a DATA frame that is not here in full: how much of it is still to come, and what it adds to the body. */
  data:
    | { readonly stream: number; readonly ends: boolean; readonly body: number; left: number }
    | undefined;
}

/** A reader for a connection whose client begins with HTTP/2's preface. Pieces of any size give the same events. */
export function createHttp2Reader(): Http2Reader {
  const client = createDirection(true);
  const server = createDirection(false);
  return {
    push: (side, chunk) => {
      const [own, peer] = side === "client" ? [client, server] : [server, client];
      if (own.stopped) return [];
      own.queue.push(chunk);
      const events: Http2Event[] = [];
      while (step(own, peer, events));
      return events;
    },
  };
}

function createDirection(preface: boolean): Direction {
  return {
    queue: createByteQueue(),
    decoder: createHpackDecoder(),
    preface,
    stopped: false,
    block: undefined,
    bodies: new Map(),
    data: undefined,
  };
}

function stop(
  own: Direction,
  events: Http2Event[],
  reason: "not-http2" | "malformed" | "too-long",
): false {
  own.stopped = true;
  own.queue.drop(own.queue.length());
  events.push({ kind: "stop", reason });
  return false;
}

/** Reads one thing off a direction; false when more bytes are needed. */
function step(own: Direction, peer: Direction, events: Http2Event[]): boolean {
  const bytes = own.queue.peek();
  if (own.preface) {
    const seen = latin1(bytes.subarray(0, PREFACE.length));
    if (!PREFACE.startsWith(seen)) return stop(own, events, "not-http2");
    if (seen.length < PREFACE.length) return false;
    own.queue.drop(PREFACE.length);
    own.preface = false;
    return true;
  }
  if (own.data !== undefined) return countData(own, own.data, bytes.length, events);
  // length 3, type 1, flags 1, stream 4
  if (bytes.length < 9) return false;
  const length = u24(bytes, 0);
  const type = bytes[3] ?? 0;
  const flags = bytes[4] ?? 0;
  const stream = u32(bytes, 5) & 0x7fff_ffff;
  if (type === DATA) {
    const padded = (flags & PADDED) !== 0;
    if (padded && (bytes.length < 10 || length === 0)) {
      return length === 0 ? stop(own, events, "malformed") : false;
    }
    const padding = padded ? 1 + (bytes[9] ?? 0) : 0;
    if (padding > length) return stop(own, events, "malformed");
    own.queue.drop(9);
    const ends = (flags & END_STREAM) !== 0;
    own.data = { stream, ends, body: length - padding, left: length };
    return true;
  }
  if (length > LONGEST_BLOCK) return stop(own, events, "too-long");
  if (bytes.length < 9 + length) return false;
  const payload = bytes.slice(9, 9 + length);
  own.queue.drop(9 + length);
  return readFrame({ type, flags, stream, payload }, own, peer, events);
}

function countData(
  own: Direction,
  data: NonNullable<Direction["data"]>,
  available: number,
  events: Http2Event[],
): boolean {
  const count = Math.min(data.left, available);
  own.queue.drop(count);
  data.left -= count;
  if (data.left > 0) return false;
  own.data = undefined;
  const known = own.bodies.get(data.stream);
  if (known !== undefined) own.bodies.set(data.stream, known + data.body);
  if (data.ends) endStream(own, data.stream, events);
  return true;
}

function endStream(own: Direction, stream: number, events: Http2Event[]): void {
  events.push({ kind: "end", stream, bodyBytes: own.bodies.get(stream) ?? 0 });
  own.bodies.delete(stream);
}

interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Uint8Array;
}

function readFrame(frame: Frame, own: Direction, peer: Direction, events: Http2Event[]): boolean {
  const { type, flags, stream, payload } = frame;
  if (own.block !== undefined && (type !== CONTINUATION || stream !== own.block.stream)) {
    return stop(own, events, "malformed");
  }
  switch (type) {
    case HEADERS: {
      const block = headerBlock(payload, flags);
      if (block === undefined || stream === 0) return stop(own, events, "malformed");
      own.block = { stream, ends: (flags & END_STREAM) !== 0, bytes: block };
      return finishBlock(own, flags, events);
    }
    case CONTINUATION: {
      if (own.block === undefined) return stop(own, events, "malformed");
      const joined = new Uint8Array(own.block.bytes.length + payload.length);
      if (joined.length > LONGEST_BLOCK) return stop(own, events, "too-long");
      joined.set(own.block.bytes);
      joined.set(payload, own.block.bytes.length);
      own.block.bytes = joined;
      return finishBlock(own, flags, events);
    }
    case RST_STREAM:
      if (payload.length === 4) events.push({ kind: "reset", stream, code: u32(payload, 0) });
      own.bodies.delete(stream);
      peer.bodies.delete(stream);
      return true;
    case SETTINGS:
      if ((flags & 1) === 0) applySettings(payload, peer);
      return true;
    default:
      return true;
  }
}

/** A HEADERS frame without its padding and priority. */
function headerBlock(payload: Uint8Array, flags: number): Uint8Array | undefined {
  let start = 0;
  let end = payload.length;
  if ((flags & PADDED) !== 0) {
    end -= payload[0] ?? 0;
    start = 1;
  }
  if ((flags & PRIORITY) !== 0) start += 5;
  return start > end ? undefined : payload.subarray(start, end);
}

function finishBlock(own: Direction, flags: number, events: Http2Event[]): boolean {
  const { block } = own;
  if (block === undefined || (flags & END_HEADERS) === 0) return true;
  own.block = undefined;
  const fields = own.decoder.decode(block.bytes);
  // The table is lost with a block that cannot be read.
  if (fields === undefined) return stop(own, events, "malformed");
  events.push({ kind: "head", stream: block.stream, fields });
  if (block.ends) endStream(own, block.stream, events);
  else if (own.bodies.size < MOST_STREAMS && !own.bodies.has(block.stream)) {
    own.bodies.set(block.stream, 0);
  }
  return true;
}

/** Identifier 2, value 4. Only the size of the header table matters here, and it binds the other side. */
function applySettings(payload: Uint8Array, peer: Direction): void {
  for (let at = 0; at + 6 <= payload.length; at += 6) {
    if (u16(payload, at) === 1) peer.decoder.limit(u32(payload, at + 2));
  }
}
