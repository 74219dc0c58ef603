import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import type { Agent } from "../agent.ts";
import { readPageFile } from "./files.ts";
import { refusalOf, SAFE_HEADERS } from "./guard.ts";
import type { Hub } from "./hub.ts";
import { formatMetrics } from "./metrics.ts";

/** A server that listens. */
export interface RunningServer {
  readonly url: string;
  readonly close: () => Promise<void>;
}

type View = Pick<Agent, "status" | "events" | "alerts" | "rules" | "processes">;

const MOST_EVENTS = 5000;

/** Serves the page, the API and the metrics. Rejects when the port is taken. */
export async function startServer(
  { host, port }: { readonly host: string; readonly port: number },
  pageFolder: string | undefined,
  view: View,
  hub: Hub,
): Promise<RunningServer> {
  let bound = port;
  const server = createServer((request, response) => {
    answer(request, response, bound, pageFolder, view, hub).catch((error: unknown) => {
      if (!response.headersSent) send(response, 500, "text/plain", String(error));
      else response.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  // A TCP server's address is no text.
  bound = (server.address() as AddressInfo).port;
  const name = host === "::1" ? "[::1]" : host;
  return {
    url: `http://${name}:${bound}/`,
    close: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  port: number,
  pageFolder: string | undefined,
  view: View,
  hub: Hub,
): Promise<void> {
  for (const [name, value] of Object.entries(SAFE_HEADERS)) response.setHeader(name, value);
  const refusal = refusalOf(request, port);
  if (refusal !== undefined) {
    send(response, 403, "text/plain; charset=utf-8", `${refusal}\n`);
    return;
  }
  const url = new URL(request.url ?? "/", "http://localhost");
  switch (url.pathname) {
    case "/healthz":
      send(response, 200, "application/json", '{"status":"ok"}\n');
      return;
    case "/metrics":
      send(
        response,
        200,
        "application/openmetrics-text; version=1.0.0; charset=utf-8",
        formatMetrics(view.status),
      );
      return;
    case "/api/status":
      json(response, JSON.stringify(view.status));
      return;
    case "/api/events":
      json(response, `[${view.events.last(limitOf(url)).join(",")}]`);
      return;
    case "/api/alerts":
      json(response, JSON.stringify(view.alerts.last(limitOf(url))));
      return;
    case "/api/rules":
      json(response, JSON.stringify(view.rules()));
      return;
    case "/api/processes":
      json(response, JSON.stringify(view.processes()));
      return;
    case "/api/stream":
      hub.add(response);
      return;
    default:
  }
  const file = pageFolder === undefined ? undefined : await readPageFile(pageFolder, url.pathname);
  if (file === undefined) {
    send(response, 404, "text/plain; charset=utf-8", "There is nothing here\n");
    return;
  }
  response.setHeader(
    "cache-control",
    file.isImmutable ? "public, max-age=31536000, immutable" : "no-cache",
  );
  response.setHeader("content-type", file.type);
  response.end(file.bytes);
}

function limitOf(url: URL): number {
  const asked = Number(url.searchParams.get("limit") ?? 1000);
  return Number.isInteger(asked) && asked > 0 ? Math.min(asked, MOST_EVENTS) : 1000;
}

function json(response: ServerResponse, text: string): void {
  response.setHeader("cache-control", "no-store");
  send(response, 200, "application/json; charset=utf-8", text);
}

function send(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { "content-type": type });
  response.end(text);
}
