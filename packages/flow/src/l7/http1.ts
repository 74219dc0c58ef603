// HTTP/1.1 (RFC 9112) read off a stream of bytes, one direction at a time. Bodies are counted, not kept.
import { createByteQueue, latin1 } from "./chunks.ts";

/** A header field, its name in lower case. */
export interface HttpField {
  readonly name: string;
  readonly value: string;
}

/** The head of a request or a response. */
export type HttpHead =
  | {
      readonly kind: "request";
      readonly method: string;
      readonly target: string;
      readonly protocol: string;
      readonly fields: readonly HttpField[];
    }
  | {
      readonly kind: "response";
      readonly status: number;
      readonly protocol: string;
      readonly fields: readonly HttpField[];
    };

/** What a stream told. */
export type HttpEvent =
  | { readonly kind: "head"; readonly head: HttpHead }
  /** The message is complete; its body had so many bytes, framing not counted. */
  | { readonly kind: "end"; readonly bodyBytes: number }
  /** The rest of the stream is no HTTP: upgraded, tunnelled, or damaged. Nothing more comes. */
  | { readonly kind: "stop"; readonly reason: "upgraded" | "malformed" | "too-long" };

/** A reader of one direction of a connection. */
export interface HttpReader {
  readonly push: (chunk: Uint8Array) => HttpEvent[];
  /** Of responses: the method of the next request that has no response yet, since it decides about the body. */
  readonly expect: (method: string) => void;
  /** The stream ended: a body that lasts until then is complete. */
  readonly finish: () => HttpEvent[];
}

const LONGEST_HEAD = 65_536;
const LONGEST_CHUNK_LINE = 4096;

type State =
  | { readonly kind: "head" }
  | { readonly kind: "body"; left: number }
  | { readonly kind: "until-end" }
  | { readonly kind: "chunk-size" }
  | { readonly kind: "chunk"; left: number }
  | { readonly kind: "trailers" }
  | { readonly kind: "stopped" };

/** A reader of requests or of responses. Feeding a stream in other pieces gives the same events. */
export function createHttpReader(side: "request" | "response"): HttpReader {
  const queue = createByteQueue();
  const methods: string[] = [];
  let state: State = { kind: "head" };
  let bodyBytes = 0;
  // Of a head that is not complete: how far it was searched for its end.
  let searched = 0;

  const end = (events: HttpEvent[]): void => {
    events.push({ kind: "end", bodyBytes });
    bodyBytes = 0;
    state = { kind: "head" };
  };
  const stop = (events: HttpEvent[], reason: "upgraded" | "malformed" | "too-long"): void => {
    events.push({ kind: "stop", reason });
    queue.drop(queue.length());
    state = { kind: "stopped" };
  };

  /** One step; false when more bytes are needed. */
  const step = (events: HttpEvent[]): boolean => {
    const bytes = queue.peek();
    switch (state.kind) {
      case "stopped":
        queue.drop(bytes.length);
        return false;
      case "until-end":
        bodyBytes += bytes.length;
        queue.drop(bytes.length);
        return false;
      case "body":
      case "chunk": {
        const count = Math.min(state.left, bytes.length);
        queue.drop(count);
        if (state.kind === "body") bodyBytes += count;
        else bodyBytes += Math.max(0, Math.min(count, state.left - 2));
        state.left -= count;
        if (state.left > 0) return false;
        if (state.kind === "body") end(events);
        else state = { kind: "chunk-size" };
        return true;
      }
      case "chunk-size": {
        const line = takeLine(LONGEST_CHUNK_LINE);
        if (line === undefined) {
          if (queue.length() > LONGEST_CHUNK_LINE) stop(events, "malformed");
          return false;
        }
        const size = /^([0-9a-fA-F]{1,8})[ \t]*(?:;.*)?$/.exec(line)?.[1];
        if (size === undefined) {
          stop(events, "malformed");
          return false;
        }
        const left = Number.parseInt(size, 16);
        // A chunk is followed by a line end of its own.
        state = left === 0 ? { kind: "trailers" } : { kind: "chunk", left: left + 2 };
        return true;
      }
      case "trailers": {
        const line = takeLine(LONGEST_HEAD);
        if (line === undefined) {
          if (queue.length() > LONGEST_HEAD) stop(events, "too-long");
          return false;
        }
        if (line === "") end(events);
        return true;
      }
      case "head":
        return readHead(bytes, events);
    }
  };

  const takeLine = (limit: number): string | undefined => {
    const bytes = queue.peek();
    const at = bytes.subarray(0, limit).indexOf(10);
    if (at < 0) return undefined;
    const line = latin1(bytes.subarray(0, at)).replace(/\r$/, "");
    queue.drop(at + 1);
    return line;
  };

  const readHead = (bytes: Uint8Array, events: HttpEvent[]): boolean => {
    // Empty lines before a message are skipped (RFC 9112, 2.2).
    let start = 0;
    while (bytes[start] === 13 || bytes[start] === 10) start += 1;
    const length = headLength(bytes, start, Math.max(start, searched - 3));
    if (length === undefined) {
      searched = bytes.length;
      if (bytes.length - start > LONGEST_HEAD) stop(events, "too-long");
      else if (!mayBegin(bytes.subarray(start), side)) stop(events, "malformed");
      return false;
    }
    const head = parseHead(latin1(bytes.subarray(start, start + length)), side);
    if (head === undefined) {
      stop(events, "malformed");
      return false;
    }
    queue.drop(start + length);
    searched = 0;
    events.push({ kind: "head", head });
    const informational = head.kind === "response" && head.status < 200 && head.status !== 101;
    const method = head.kind === "response" && !informational ? methods.shift() : undefined;
    const body = bodyOf(head, method);
    if (body === "upgraded") {
      stop(events, "upgraded");
      return false;
    }
    // A provisional response is no message of its own: the final one follows.
    if (informational) return true;
    if (body === "chunked") state = { kind: "chunk-size" };
    else if (body === "until-end") state = { kind: "until-end" };
    else if (body === 0) end(events);
    else if (body === undefined) stop(events, "malformed");
    else state = { kind: "body", left: body };
    return state.kind !== "stopped";
  };

  const run = (): HttpEvent[] => {
    const events: HttpEvent[] = [];
    while (queue.length() > 0 && step(events));
    return events;
  };
  return {
    push: (chunk) => {
      queue.push(chunk);
      return run();
    },
    expect: (method) => {
      if (methods.length < 1024) methods.push(method);
    },
    finish: () => {
      const events: HttpEvent[] = [];
      if (state.kind === "until-end") end(events);
      return events;
    },
  };
}

function headLength(bytes: Uint8Array, start: number, from: number): number | undefined {
  for (let at = bytes.indexOf(10, from); at >= 0; at = bytes.indexOf(10, at + 1)) {
    if (bytes[at + 1] === 10) return at + 2 - start;
    if (bytes[at + 1] === 13 && bytes[at + 2] === 10) return at + 3 - start;
    if (at - start > LONGEST_HEAD) return undefined;
  }
  return undefined;
}

/** Whether the bytes so far can be the beginning of a message. */
function mayBegin(bytes: Uint8Array, side: "request" | "response"): boolean {
  const text = latin1(bytes.subarray(0, 64));
  return side === "response"
    ? "HTTP/1.".startsWith(text.slice(0, 7))
    : /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}(?: [!-~]*(?: (?:H(?:T(?:T(?:P.*)?)?)?)?\r?)?)?$/s.test(
        text.split("\n", 1)[0] ?? "",
      );
}

function parseHead(text: string, side: "request" | "response"): HttpHead | undefined {
  const [first = "", ...lines] = text.split(/\r?\n/);
  const fields: HttpField[] = [];
  for (const line of lines) {
    if (line === "") break;
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(line);
    // Folded lines are of the past; others without a name are damage.
    if (match === null) {
      if (/^[ \t]/.test(line)) continue;
      return undefined;
    }
    const [, name = "", value = ""] = match;
    fields.push({ name: name.toLowerCase(), value });
  }
  if (side === "request") {
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([^ ]+) (HTTP\/1\.[01])$/.exec(first);
    if (match === null) return undefined;
    const [, method = "", target = "", protocol = ""] = match;
    return { kind: "request", method, target, protocol, fields };
  }
  const match = /^(HTTP\/1\.[01]) ([1-9][0-9]{2})(?: .*)?$/.exec(first);
  if (match === null) return undefined;
  const [, protocol = "", status = ""] = match;
  return { kind: "response", status: Number(status), protocol, fields };
}

/** How the body ends (RFC 9112, 6.3); undefined where that cannot be told safely. */
function bodyOf(
  head: HttpHead,
  method: string | undefined,
): number | "chunked" | "until-end" | "upgraded" | undefined {
  if (head.kind === "response") {
    if (head.status === 101 || (method === "CONNECT" && head.status < 300)) return "upgraded";
    if (method === "HEAD" || head.status === 204 || head.status === 304 || head.status < 200)
      return 0;
  } else if (head.method === "CONNECT") return 0;
  const codings = valuesOf(head, "transfer-encoding");
  if (codings.length > 0) {
    if (codings.at(-1)?.toLowerCase() === "chunked") return "chunked";
    return head.kind === "response" ? "until-end" : undefined;
  }
  const lengths = new Set(valuesOf(head, "content-length"));
  if (lengths.size === 0) return head.kind === "response" ? "until-end" : 0;
  const [length = ""] = lengths;
  return lengths.size === 1 && /^[0-9]{1,15}$/.test(length) ? Number(length) : undefined;
}

function valuesOf({ fields }: HttpHead, name: string): string[] {
  return fields
    .filter((field) => field.name === name)
    .flatMap(({ value }) => value.split(","))
    .map((value) => value.trim())
    .filter((value) => value !== "");
}
