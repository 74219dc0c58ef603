import { buildCommand, numberParser, type Command } from "@stricli/core";

import { withContext, type CliContext } from "../context.ts";
import type { ServeFlags } from "./serve.ts";

/** `ocelli serve --flows FILE`. */
export const serveCommand: Command<CliContext> = buildCommand<ServeFlags, [], CliContext>({
  loader: async () => withContext((await import("./serve.ts")).serve),
  parameters: {
    flags: {
      flows: {
        kind: "parsed",
        parse: String,
        brief: "Export to serve: what `hubble observe -o json` prints",
        placeholder: "FILE",
      },
      listen: {
        kind: "parsed",
        parse: String,
        default: "127.0.0.1:4245",
        brief: "Address of the gRPC server, HOST:PORT or unix:///PATH",
        placeholder: "ADDRESS",
      },
      ringSize: {
        kind: "parsed",
        parse: numberParser,
        optional: true,
        brief: "Flows the ring holds (default: all of the export, at least 4095)",
        placeholder: "N",
      },
      nodeName: {
        kind: "parsed",
        parse: String,
        optional: true,
        brief: "Name of this node, CLUSTER/NODE (default: default/ and the host's name)",
        placeholder: "NAME",
      },
      tlsCert: {
        kind: "parsed",
        parse: String,
        optional: true,
        brief: "Certificate, PEM",
        placeholder: "FILE",
      },
      tlsKey: {
        kind: "parsed",
        parse: String,
        optional: true,
        brief: "Its key, PEM",
        placeholder: "FILE",
      },
      tlsClientCa: {
        kind: "parsed",
        parse: String,
        optional: true,
        brief: "Let in only clients with a certificate of this authority",
        placeholder: "FILE",
      },
      tlsServerName: {
        kind: "parsed",
        parse: String,
        optional: true,
        brief: "Name in the certificate, told to relays",
        placeholder: "NAME",
      },
      metrics: {
        kind: "parsed",
        parse: String,
        variadic: true,
        optional: true,
        brief: "Hubble's metrics of the flows, as in --metrics flow --metrics dns:query",
        placeholder: "CONFIG",
      },
      metricsListen: {
        kind: "parsed",
        parse: String,
        default: "127.0.0.1:9965",
        brief: "Address of /metrics, where metrics are wanted",
        placeholder: "HOST:PORT",
      },
      json: { kind: "boolean", default: false, brief: "Print JSON instead of lines" },
    },
  },
  docs: {
    brief: "Serve recorded flows under Hubble's API",
    fullDescription: [
      "Answers observer.Observer, peer.Peer and grpc.health.v1 over gRPC, gRPC-Web and Connect until Ctrl-C, so that hubble,",
      "hubble-relay, Hubble UI or `ocelli observe` can browse an export. As with Hubble the newest flow is shown once the next",
      "one has come.",
      "",
      "EXAMPLE",
      "  ocelli serve --flows flows.ndjson --listen 127.0.0.1:4245",
      "  hubble observe --server localhost:4245 --verdict DROPPED",
    ].join("\n"),
  },
});
