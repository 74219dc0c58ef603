import { readFileSync } from "node:fs";
import { connect as connectSocket } from "node:net";
import { connect as connectTls } from "node:tls";

import { createClient, type Client } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { Observer } from "@ocelli/flow";

import { UsageError } from "../exit.ts";
import { readSwitch, type ObserveArguments } from "./flags.ts";

const DEFAULT_SERVER = "localhost:4245";

/** A client of the server that `--server` names, with the TLS flags obeyed. Nothing is connected yet. */
export function connectObserver(
  { values }: ObserveArguments,
  env: Readonly<Record<string, string | undefined>>,
): Client<typeof Observer> {
  const last = (name: string): string | undefined => values.get(name)?.at(-1);
  const isOn = (name: string): boolean => readSwitch(`--${name}`, last(name) ?? "false");
  const given = last("server") ?? env["HUBBLE_SERVER"] ?? DEFAULT_SERVER;
  const tls = isOn("tls") || given.startsWith("tls://");
  const server = given.replace(/^tls:\/\//, "");
  const path = /^unix:(?:\/\/)?(.+)$/.exec(server)?.[1];
  if (path === undefined && !/^[^\s/]+:[0-9]{1,5}$/.test(server)) {
    throw new UsageError(`Cannot use "${given}" as server: write HOST:PORT or unix:///PATH`);
  }
  const files = (name: string): string[] =>
    (values.get(name) ?? []).flatMap((list) => list.split(","));
  const [cert, key] = [last("tls-client-cert-file"), last("tls-client-key-file")];
  const serverName = last("tls-server-name");
  const secure = tls
    ? {
        ca: files("tls-ca-cert-files").map((file) => readFileSync(file)),
        rejectUnauthorized: !isOn("tls-allow-insecure"),
        ALPNProtocols: ["h2"],
        ...(cert !== undefined && { cert: readFileSync(cert) }),
        ...(key !== undefined && { key: readFileSync(key) }),
        ...(serverName !== undefined && { servername: serverName }),
      }
    : undefined;
  // Without authorities of one's own the system's are asked: an empty list would trust nobody.
  if (secure?.ca.length === 0) Reflect.deleteProperty(secure, "ca");
  const transport = createGrpcTransport({
    baseUrl: `${tls ? "https" : "http"}://${path === undefined ? server : "localhost"}`,
    nodeOptions:
      path === undefined
        ? { ...secure }
        : {
            createConnection: () =>
              secure === undefined ? connectSocket(path) : connectTls({ path, ...secure }),
          },
  });
  return createClient(Observer, transport);
}
