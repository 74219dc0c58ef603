// Holds the readers against what Node's own clients and servers put on the wire.
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { Resolver } from "node:dns/promises";
import { once } from "node:events";
import { createServer as createHttp1, request as http1Request, Agent } from "node:http";
import { connect as http2Connect, createServer as createHttp2 } from "node:http2";
import {
  connect as tcpConnect,
  createServer as createTcp,
  type AddressInfo,
  type Server,
} from "node:net";
import { connect as tlsConnect } from "node:tls";
import { test } from "node:test";

import * as fc from "fast-check";

import { readDnsMessage } from "./dns.ts";
import { createHttpReader, type HttpEvent } from "./http1.ts";
import { createHttp2Reader, type Http2Event } from "./http2.ts";
import { createTlsReader, type TlsState } from "./tls.ts";

const RUNS = Number(process.env["OCELLI_FUZZ_RUNS"] ?? 60);

interface Piece {
  readonly side: "client" | "server";
  readonly bytes: Uint8Array;
}

async function portOf(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // A TCP server's address has a port.
  return (server.address() as AddressInfo).port;
}

/** Runs `talk` against `target` through a proxy and returns what went over the wire, in order. */
async function capture(target: Server, talk: (port: number) => Promise<void>): Promise<Piece[]> {
  const pieces: Piece[] = [];
  const targetPort = await portOf(target);
  const proxy = createTcp((client) => {
    const server = tcpConnect(targetPort, "127.0.0.1");
    client.on("data", (bytes: Buffer) => {
      pieces.push({ side: "client", bytes: Uint8Array.from(bytes) });
      server.write(bytes);
    });
    server.on("data", (bytes: Buffer) => {
      pieces.push({ side: "server", bytes: Uint8Array.from(bytes) });
      client.write(bytes);
    });
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.on("error", () => other.destroy());
      one.on("end", () => other.end());
    }
  });
  const port = await portOf(proxy);
  try {
    await talk(port);
  } finally {
    proxy.close();
    target.close();
  }
  return pieces;
}

/** The same bytes, each side's pieces cut anew at places that `sizes` says. */
function recut(pieces: readonly Piece[], sizes: readonly number[]): Piece[] {
  let turn = 0;
  return pieces.flatMap(({ side, bytes }) => {
    const cut: Piece[] = [];
    for (let at = 0; at < bytes.length;) {
      const size = sizes[turn++ % sizes.length] ?? 1;
      cut.push({ side, bytes: bytes.subarray(at, at + size) });
      at += size;
    }
    return cut;
  });
}

const sizes = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 8 });

test("createHttp2Reader() reads what Node's HTTP/2 says, however it is cut", async () => {
  const server = createHttp2();
  server.on("stream", (stream, headers) => {
    stream.respond({
      ":status": headers[":path"] === "/no" ? 404 : 200,
      "x-long": "é~\u0001".repeat(40),
      "x-path": headers[":path"],
    });
    stream.end("y".repeat(70_000));
  });
  const pieces = await capture(server, async (port) => {
    const session = http2Connect(`http://127.0.0.1:${port}`);
    for (const [path, body] of [
      ["/a?b=c", "x".repeat(20_000)],
      ["/no", ""],
      ["/a?b=c", "z"],
    ] as const) {
      const request = session.request({
        ":method": body === "" ? "GET" : "POST",
        ":path": path,
        "user-agent": "test/1 (Linux; ~{}|\\^)",
        cookie: "a=1",
      });
      if (body !== "") request.end(body);
      request.resume();
      await once(request, "close");
    }
    session.close();
    await once(session, "close");
  });
  const read = (list: readonly Piece[]): Record<string, Http2Event[]> => {
    const reader = createHttp2Reader();
    const events: Record<string, Http2Event[]> = { client: [], server: [] };
    for (const { side, bytes } of list) events[side]?.push(...reader.push(side, bytes));
    return events;
  };
  const whole = read(pieces);
  const short = (events: readonly Http2Event[] = []): unknown[] =>
    events.map((event) =>
      event.kind === "head"
        ? [
            event.stream,
            ...event.fields
              .filter(({ name }) =>
                [":method", ":path", ":status", "user-agent", "x-path"].includes(name),
              )
              .map(({ name, value }) => `${name} ${value}`),
          ]
        : event.kind === "end"
          ? [event.stream, event.bodyBytes]
          : [event.kind],
    );
  const agent = "user-agent test/1 (Linux; ~{}|\\^)";
  assert.deepEqual(short(whole["client"]), [
    [1, ":method POST", ":path /a?b=c", agent],
    [1, 20_000],
    [3, ":method GET", ":path /no", agent],
    [3, 0],
    [5, ":method POST", ":path /a?b=c", agent],
    [5, 1],
  ]);
  assert.deepEqual(short(whole["server"]), [
    [1, ":status 200", "x-path /a?b=c"],
    [1, 70_000],
    [3, ":status 404", "x-path /no"],
    [3, 70_000],
    [5, ":status 200", "x-path /a?b=c"],
    [5, 70_000],
  ]);
  const head = whole["server"]?.find((event) => event.kind === "head");
  assert.ok(head?.kind === "head");
  assert.equal(head.fields.find(({ name }) => name === "x-long")?.value, "é~\u0001".repeat(40));
  fc.assert(
    fc.property(sizes, (list) => {
      assert.deepEqual(read(recut(pieces, list)), whole);
    }),
    { numRuns: Math.ceil(RUNS / 4) },
  );
});

test("createHttpReader() reads what Node's HTTP/1.1 says, however it is cut", async () => {
  const server = createHttp1((request, response) => {
    request.resume();
    request.on("end", () => {
      if (request.url === "/chunked") {
        response.setHeader("Trailer", "X-Sum");
        response.write("one");
        response.write("three");
        response.addTrailers({ "X-Sum": "8" });
        response.end();
      } else if (request.url === "/none") {
        response.writeHead(204).end();
      } else {
        response.writeHead(201, { "Content-Length": "5", "X-A": "b" });
        response.end(request.method === "HEAD" ? "" : "hello");
      }
    });
  });
  const methods: string[] = [];
  const pieces = await capture(server, async (port) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (const [method, path, body] of [
      ["GET", "/chunked", ""],
      ["POST", "/x?y=1", "1234567"],
      ["HEAD", "/x", ""],
      ["PUT", "/none", "chunks"],
      ["GET", "/last", ""],
    ] as const) {
      methods.push(method);
      const headers =
        method === "PUT"
          ? { "transfer-encoding": "chunked", expect: "100-continue" }
          : { "content-length": String(body.length) };
      const request = http1Request({ port, host: "127.0.0.1", method, path, agent, headers });
      request.end(body);
      const [response] = (await once(request, "response")) as [NodeJS.ReadableStream];
      response.resume();
      await once(response, "end");
    }
    agent.destroy();
  });
  const read = (list: readonly Piece[]): { client: HttpEvent[]; server: HttpEvent[] } => {
    const readers = { client: createHttpReader("request"), server: createHttpReader("response") };
    for (const method of methods) readers.server.expect(method);
    const events: { client: HttpEvent[]; server: HttpEvent[] } = { client: [], server: [] };
    for (const { side, bytes } of list) events[side].push(...readers[side].push(bytes));
    return events;
  };
  const whole = read(pieces);
  const short = (events: readonly HttpEvent[]): unknown[] =>
    events.map((event) => {
      if (event.kind !== "head") return event.kind === "end" ? event.bodyBytes : event.reason;
      const { head } = event;
      return head.kind === "request" ? `${head.method} ${head.target}` : head.status;
    });
  assert.deepEqual(short(whole.client), [
    "GET /chunked",
    0,
    "POST /x?y=1",
    7,
    "HEAD /x",
    0,
    "PUT /none",
    6,
    "GET /last",
    0,
  ]);
  assert.deepEqual(short(whole.server), [200, 8, 201, 5, 201, 0, 100, 204, 0, 201, 5]);
  fc.assert(
    fc.property(sizes, (list) => {
      assert.deepEqual(read(recut(pieces, list)), whole);
    }),
    { numRuns: RUNS },
  );
});

test("createTlsReader() finds the name that Node's TLS asks for, however it is cut", async () => {
  const server = createTcp((socket) => socket.once("data", () => socket.destroy()));
  const pieces = await capture(server, async (port) => {
    const socket = tlsConnect({
      port,
      host: "127.0.0.1",
      servername: "Shop.Example.org",
      ALPNProtocols: ["h2", "http/1.1"],
    });
    // The server hangs up on the hello: that is an error, and all that was wanted.
    await once(socket, "error");
  });
  const hello = { serverName: "shop.example.org", protocols: ["h2", "http/1.1"], version: 0x0304 };
  const read = (list: readonly Piece[]): TlsState | undefined => {
    const reader = createTlsReader();
    let state: TlsState | undefined;
    for (const { side, bytes } of list) if (side === "client") state = reader.push(bytes);
    return state;
  };
  assert.deepEqual(read(pieces), { kind: "hello", hello });
  fc.assert(
    fc.property(sizes, (list) => {
      assert.deepEqual(read(recut(pieces, list)), { kind: "hello", hello });
    }),
    { numRuns: RUNS },
  );
});

test("readDnsMessage() reads what Node's resolver asks, and an answer with pointers", async () => {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const resolver = new Resolver({ timeout: 1000, tries: 1 });
  resolver.setServers([`127.0.0.1:${socket.address().port}`]);
  const asked = once(socket, "message") as Promise<[Buffer, { port: number }]>;
  const answer = resolver.resolve4("WWW.Example.org", { ttl: true });
  const [query, from] = await asked;
  const read = readDnsMessage(query);
  assert.ok(read.ok);
  const { id } = read.value;
  assert.deepEqual(read.value, {
    id,
    isResponse: false,
    rcode: 0,
    truncated: false,
    questions: [{ name: "www.example.org.", type: "A" }],
    answers: [],
  });
  // The question again, then www CNAME web (a pointer into the question), web A 192.0.2.7.
  const question = query.subarray(12, 12 + 17 + 4);
  const response = Buffer.concat([
    query.subarray(0, 2),
    Buffer.from("8180 0001 0002 0000 0000".replaceAll(" ", ""), "hex"),
    question,
    Buffer.from("c00c 0005 0001 0000003c 0006 03776562 c010".replaceAll(" ", ""), "hex"),
    Buffer.from("c02d 0001 0001 00000e10 0004 c0000207".replaceAll(" ", ""), "hex"),
  ]);
  const parsed = readDnsMessage(response);
  assert.ok(parsed.ok);
  assert.deepEqual(parsed.value, {
    id,
    isResponse: true,
    rcode: 0,
    truncated: false,
    questions: [{ name: "www.example.org.", type: "A" }],
    answers: [
      { name: "www.example.org.", type: "CNAME", ttl: 60, value: "web.example.org." },
      { name: "web.example.org.", type: "A", ttl: 3600, value: "192.0.2.7" },
    ],
  });
  socket.send(response, from.port, "127.0.0.1");
  assert.deepEqual(await answer, [{ address: "192.0.2.7", ttl: 60 }]);
  socket.close();
});

test("the readers take any bytes in any pieces without failing", () => {
  const word = fc.oneof(
    fc.uint8Array({ maxLength: 30 }),
    fc
      .constantFrom(
        "GET / HTTP/1.1\r\n",
        "HTTP/1.1 200 OK\r\n",
        "\r\n",
        "Content-Length: 3\r\n",
        "Transfer-Encoding: chunked\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "\u0000\u0000\u0004\u0001\u0004\u0000\u0000\u0000\u0001",
        "\u0016\u0003\u0001\u0000\u0010\u0001\u0000\u0000",
      )
      .map((text) => Uint8Array.from(Buffer.from(text, "latin1"))),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 10 }), (chunks) => {
      const readers = [createHttpReader("request"), createHttpReader("response")];
      const http2 = createHttp2Reader();
      const tls = createTlsReader();
      for (const chunk of chunks) {
        for (const reader of readers) reader.push(chunk);
        http2.push("client", chunk);
        http2.push("server", chunk);
        tls.push(chunk);
        readDnsMessage(chunk);
      }
    }),
    { numRuns: RUNS * 10 },
  );
});
