// The client's first message of TLS (RFC 8446, 4.1.2): the server's name and what the client can speak.
import { u16, u24 } from "../packet/cursor.ts";
import { createByteQueue, latin1 } from "./chunks.ts";

/** What a ClientHello tells in clear. */
export interface ClientHello {
  /** The name that the client wants (RFC 6066, 3), lower-case; undefined without one. */
  readonly serverName: string | undefined;
  /** Protocols in the order the client prefers (RFC 7301): `h2`, `http/1.1`. */
  readonly protocols: readonly string[];
  /** The newest version offered, as in 0x0304 for TLS 1.3. */
  readonly version: number;
}

/** What the bytes so far are. */
export type TlsState =
  /** Not before there are `need` bytes in all. */
  | { readonly kind: "more"; readonly need: number }
  | { readonly kind: "hello"; readonly hello: ClientHello }
  | { readonly kind: "not-tls" };

/** A reader of a connection's first bytes. It keeps at most 64 KiB; after `hello` or `not-tls` it stays there. */
export interface TlsReader {
  readonly push: (chunk: Uint8Array) => TlsState;
}

const MOST_BYTES = 65_536;
const MOST_RECORDS = 64;
const HANDSHAKE = 22;
const CLIENT_HELLO = 1;

/** A reader for the client's side of a connection. The hello may be spread over records and pieces of any size. */
export function createTlsReader(): TlsReader {
  const queue = createByteQueue();
  let done: TlsState | undefined;
  let need = 1;
  return {
    push: (chunk) => {
      if (done !== undefined) return done;
      queue.push(chunk);
      if (queue.length() < need) return { kind: "more", need };
      const state = readRecords(queue.peek());
      const tooLong = state.kind === "more" && queue.length() > MOST_BYTES;
      if (state.kind !== "more" || tooLong) {
        done = tooLong ? { kind: "not-tls" } : state;
        queue.drop(queue.length());
        return done;
      }
      need = state.need;
      return state;
    },
  };
}

// record: type 1, version 2, length 2, fragment; handshake: type 1, length 3, body
function readRecords(bytes: Uint8Array): TlsState {
  const body: number[] = [];
  let at = 0;
  for (let count = 0; ; count += 1) {
    // A hello in so many records is an attack on its readers.
    if (count === MOST_RECORDS) return { kind: "not-tls" };
    if (at < bytes.length && bytes[at] !== HANDSHAKE) return { kind: "not-tls" };
    if (at + 1 < bytes.length && bytes[at + 1] !== 3) return { kind: "not-tls" };
    if (at + 5 > bytes.length) return { kind: "more", need: at + 5 };
    const length = u16(bytes, at + 3);
    if (length === 0 || length > 16_384 + 256) return { kind: "not-tls" };
    const end = Math.min(at + 5 + length, bytes.length);
    for (let index = at + 5; index < end; index += 1) body.push(bytes[index] ?? 0);
    at += 5 + length;
    if (body.length > 0 && body[0] !== CLIENT_HELLO) return { kind: "not-tls" };
    if (at > bytes.length) return { kind: "more", need: at };
    if (body.length >= 4 && body.length >= 4 + u24(Uint8Array.from(body.slice(0, 4)), 1)) break;
  }
  const message = Uint8Array.from(body);
  const length = u24(message, 1);
  if (length > MOST_BYTES) return { kind: "not-tls" };
  const hello = readHello(message.subarray(4, 4 + length));
  return hello === undefined ? { kind: "not-tls" } : { kind: "hello", hello };
}

// version 2, random 32, session (1 + n), ciphers (2 + n), compression (1 + n), extensions (2 + n)
function readHello(bytes: Uint8Array): ClientHello | undefined {
  if (bytes.length < 38) return undefined;
  let at = 34;
  at += 1 + (bytes[at] ?? 0);
  if (at + 2 > bytes.length) return undefined;
  at += 2 + u16(bytes, at);
  if (at + 1 > bytes.length) return undefined;
  at += 1 + (bytes[at] ?? 0);
  if (at > bytes.length) return undefined;
  let serverName: string | undefined;
  let protocols: readonly string[] = [];
  let version = u16(bytes, 0);
  const end = at + 2 <= bytes.length ? Math.min(bytes.length, at + 2 + u16(bytes, at)) : at;
  at += 2;
  while (at + 4 <= end) {
    const type = u16(bytes, at);
    const length = u16(bytes, at + 2);
    const body = bytes.subarray(at + 4, at + 4 + length);
    if (at + 4 + length > end) return undefined;
    if (type === 0) serverName ??= readServerName(body);
    else if (type === 16) protocols = readProtocols(body);
    else if (type === 43) version = Math.max(version, newestVersion(body));
    at += 4 + length;
  }
  return { serverName, protocols, version };
}

// list 2, type 1 (0: host name), length 2, name
function readServerName(body: Uint8Array): string | undefined {
  if (body.length < 5 || body[2] !== 0) return undefined;
  const length = u16(body, 3);
  if (5 + length > body.length || length > 255) return undefined;
  const name = latin1(body.subarray(5, 5 + length)).toLowerCase();
  return /^[-a-z0-9_.]+$/.test(name) ? name : undefined;
}

function readProtocols(body: Uint8Array): string[] {
  const names: string[] = [];
  for (let at = 2; at < body.length && names.length < 16;) {
    const length = body[at] ?? 0;
    if (length === 0 || at + 1 + length > body.length) break;
    names.push(latin1(body.subarray(at + 1, at + 1 + length)));
    at += 1 + length;
  }
  return names;
}

/** Of the supported versions, without the ones made up to keep servers honest (RFC 8701). */
function newestVersion(body: Uint8Array): number {
  let newest = 0;
  for (let at = 1; at + 1 < body.length; at += 2) {
    const version = u16(body, at);
    if ((version & 0x0f0f) !== 0x0a0a) newest = Math.max(newest, version);
  }
  return newest;
}
