import { createServer as createHttp1, type RequestListener } from "node:http";
import {
  createSecureServer,
  createServer as createHttp2,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from "node:http2";
import { rmSync, statSync } from "node:fs";
import { createServer as createTcp, type Server, type Socket } from "node:net";

import type { ConnectRouter } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";

/** Certificates of a server, PEM. */
export interface ServerTls {
  readonly cert: string;
  readonly key: string;
  /** Whose clients are let in: mutual TLS. Without it any client is. */
  readonly clientCa?: string | undefined;
}

/** Where and what to serve. */
export interface ListenOptions {
  readonly routes: (router: ConnectRouter) => void;
  /** `host:port`, `[::1]:0`, or `unix:///path` for a socket file. */
  readonly address: string;
  readonly tls?: ServerTls | undefined;
}

/** A listening server. Disposing closes it and ends the streams that clients still read. */
export interface RpcServer extends AsyncDisposable {
  /** The address with the port that was given: `127.0.0.1:4244` or `unix:///path`. */
  readonly address: string;
}

// The first bytes of every HTTP/2 connection (RFC 9113, 3.4).
const PREFACE = Buffer.from("PRI * HTTP/2.0");

/**
 * Serves gRPC, gRPC-Web and Connect on one address. Without TLS HTTP/2 and HTTP/1.1 are told apart by their first bytes,
 * so that Go's gRPC clients and browsers share the port. Throws the system's error when the address cannot be had.
 */
export async function listenRpc({ routes, address, tls }: ListenOptions): Promise<RpcServer> {
  const stopping = new AbortController();
  const handler = connectNodeAdapter({ routes, shutdownSignal: stopping.signal });
  const sockets = new Set<Socket>();
  const server = tls === undefined ? plainServer(handler) : secureServer(handler, tls);
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await listen(server, address);
  return {
    address: addressOf(server, address),
    [Symbol.asyncDispose]: async () => {
      stopping.abort(new Error("The server is shutting down"));
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      // Streams get a moment for their last words; idle connections are not waited for.
      const timer = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, 50);
      await promise;
      clearTimeout(timer);
    },
  };
}

type Handler = (
  request: Http2ServerRequest & Parameters<RequestListener>[0],
  response: Http2ServerResponse & Parameters<RequestListener>[1],
) => void;

function plainServer(adapter: ReturnType<typeof connectNodeAdapter>): Server {
  // The adapter takes requests of both versions of the protocol.
  const handler = adapter as Handler;
  const http2 = createHttp2(handler as Parameters<typeof createHttp2>[1]);
  const http1 = createHttp1(handler as RequestListener);
  return createTcp((socket) => {
    socket.on("error", () => socket.destroy());
    socket.once("readable", () => {
      // The chunk goes back; both servers read what a socket holds before they go on with its handle.
      const chunk = socket.read() as Buffer | null;
      if (chunk === null) return;
      socket.unshift(chunk);
      const length = Math.min(chunk.length, PREFACE.length);
      const isHttp2 = chunk.subarray(0, length).equals(PREFACE.subarray(0, length));
      (isHttp2 ? http2 : http1).emit("connection", socket);
    });
  });
}

function secureServer(
  adapter: ReturnType<typeof connectNodeAdapter>,
  { cert, key, clientCa }: ServerTls,
): Server {
  const mutual = clientCa === undefined ? {} : { ca: clientCa, requestCert: true };
  return createSecureServer(
    { cert, key, allowHTTP1: true, minVersion: "TLSv1.3", rejectUnauthorized: true, ...mutual },
    adapter as Parameters<typeof createSecureServer>[1],
  );
}

async function listen(server: Server, address: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  const done = (): void => {
    server.off("error", reject);
    resolve();
  };
  const path = unixPath(address);
  if (path === undefined) {
    const { host, port } = splitAddress(address);
    server.listen({ host, port }, done);
  } else {
    removeStaleSocket(path);
    server.listen({ path }, done);
  }
  await promise;
}

/** The file of a `unix://` address; undefined for other addresses. */
export function unixPath(address: string): string | undefined {
  return /^unix:(?:\/\/)?(.+)$/.exec(address)?.[1];
}

/** Splits `host:port`; the host may be left out or in brackets. Throws RangeError. */
export function splitAddress(address: string): { readonly host: string; readonly port: number } {
  const match = /^(?:\[([^\]]*)\]|([^:]*)):([0-9]{1,5})$/.exec(address);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) {
    throw new RangeError(`Cannot use "${address}" as address: write HOST:PORT or unix:///PATH`);
  }
  const host = match[1] ?? match[2] ?? "";
  return { host: host === "" ? "0.0.0.0" : host, port };
}

/** A socket file that a process left behind would make listening fail. Other files are not touched. */
function removeStaleSocket(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isSocket() === true) rmSync(path);
}

function addressOf(server: Server, wanted: string): string {
  const address = server.address();
  if (address === null || typeof address === "string") return wanted;
  return address.family === "IPv6"
    ? `[${address.address}]:${address.port}`
    : `${address.address}:${address.port}`;
}
