import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { splitAddress } from "./listen.ts";

/** A server of metrics. */
export interface MetricsServer extends AsyncDisposable {
  /** `host:port`. */
  readonly address: string;
}

/**
 * Serves `text()` under `/metrics` in Prometheus' format, over HTTP. Throws RangeError for an address that is none, the
 * system's error when it cannot be had.
 */
export async function listenMetrics(address: string, text: () => string): Promise<MetricsServer> {
  const { host, port } = splitAddress(address);
  const server = createServer((request, response) => {
    const [path] = (request.url ?? "").split("?");
    if (path !== "/metrics" || (request.method !== "GET" && request.method !== "HEAD")) {
      response.writeHead(path === "/metrics" ? 405 : 404).end();
      return;
    }
    response.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
    response.end(request.method === "HEAD" ? undefined : text());
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen({ host, port }, () => {
    server.off("error", reject);
    resolve();
  });
  await promise;
  // A server that listens on a port has an address of this form.
  const { address: ip, port: own, family } = server.address() as AddressInfo;
  return {
    address: family === "IPv6" ? `[${ip}]:${own}` : `${ip}:${own}`,
    [Symbol.asyncDispose]: async () => {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      server.closeAllConnections();
      await closed.promise;
    },
  };
}
