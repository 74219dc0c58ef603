import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { create } from "@bufbuild/protobuf";
import { createClient, ConnectError, Code, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import {
  FlowSchema,
  GetFlowsRequestSchema,
  Health,
  Observer as ObserverService,
  Peer,
  readExportLine,
  type GetFlowsResponse,
} from "@ocelli/flow";

import { listenRpc, splitAddress, type ListenOptions, type RpcServer } from "./listen.ts";
import { createObserver, ringEventOf, type Observer } from "./observer.ts";
import { hubbleRoutes } from "./services.ts";

const fixture = join(import.meta.dirname, "../../../flow/fixtures/flows.ndjson");
const scratch = mkdtempSync(join(tmpdir(), "ocelli-hubble-"));
after(() => rmSync(scratch, { recursive: true }));

// 2026-03-04T10:20:15Z: one and three quarters of a second after the last flow of the fixture.
const NOW = 1_772_619_615_000;

function fill(capacity = 4095): Observer {
  let clock = NOW - 1000;
  const observer = createObserver({
    capacity,
    nodeName: "prod/alpha",
    version: "test v1",
    now: () => clock,
  });
  for (const line of readFileSync(fixture, "utf8").trim().split("\n")) {
    const read = readExportLine(line);
    const event = read.ok ? ringEventOf(read.value) : undefined;
    assert.ok(event);
    observer.write(event);
  }
  clock = NOW;
  return observer;
}

async function serve(observer: Observer, options: Partial<ListenOptions> = {}): Promise<RpcServer> {
  const served = { address: "192.0.2.1:4244", tlsServerName: "alpha.example" };
  return await listenRpc({
    routes: hubbleRoutes(observer, () => served),
    address: "127.0.0.1:0",
    ...options,
  });
}

function grpc(server: RpcServer): Transport {
  return createGrpcTransport({ baseUrl: `http://${server.address}` });
}

async function collect(answers: AsyncIterable<GetFlowsResponse>): Promise<string[]> {
  const seen: string[] = [];
  for await (const { responseTypes } of answers) {
    seen.push(
      responseTypes.case === "flow"
        ? responseTypes.value.uuid.slice(-2)
        : `${responseTypes.case ?? ""} ${responseTypes.case === "lostEvents" ? responseTypes.value.numEventsLost : ""}`,
    );
  }
  return seen;
}

test("listenRpc() answers status, namespaces, nodes, peers and health as a node", async () => {
  await using server = await serve(fill());
  const client = createClient(ObserverService, grpc(server));
  const status = await client.serverStatus({});
  assert.deepEqual(status, {
    $typeName: "observer.ServerStatusResponse",
    numFlows: 14n,
    maxFlows: 4095n,
    seenFlows: 13n,
    uptimeNs: 1_000_000_000n,
    unavailableNodes: [],
    version: "test v1",
    // 12 readable flows in the 14.75 seconds that the ring covers.
    flowsRate: 12 / 14.75,
  });
  assert.deepEqual(
    (await client.getNamespaces({})).namespaces.map(({ cluster, namespace }) => [
      cluster,
      namespace,
    ]),
    [["prod", "shop"]],
  );
  assert.deepEqual(
    (await client.getNodes({})).nodes.map(({ name, state, address, seenFlows }) => [
      name,
      state,
      address,
      seenFlows,
    ]),
    [
      ["prod/alpha", 1, "192.0.2.1:4244", 8n],
      ["prod/beta", 1, "", 5n],
    ],
  );
  const stop = new AbortController();
  for await (const peer of createClient(Peer, grpc(server)).notify({}, { signal: stop.signal })) {
    assert.deepEqual(
      [peer.name, peer.address, peer.type, peer.tls?.serverName],
      ["prod/alpha", "192.0.2.1:4244", 1, "alpha.example"],
    );
    break;
  }
  const health = createClient(Health, grpc(server));
  assert.equal((await health.check({ service: "hubble.server.Observer" })).status, 1);
  await assert.rejects(health.check({ service: "nope" }), (error) => {
    assert.ok(error instanceof ConnectError);
    return error.code === Code.NotFound && error.rawMessage === "unknown service";
  });
});

test("listenRpc() speaks gRPC, gRPC-Web and Connect on one port, over HTTP/2 and HTTP/1.1", async () => {
  await using server = await serve(fill());
  const baseUrl = `http://${server.address}`;
  const transports = [
    grpc(server),
    createGrpcWebTransport({ baseUrl, httpVersion: "1.1" }),
    createGrpcWebTransport({ baseUrl, httpVersion: "2" }),
    createConnectTransport({ baseUrl, httpVersion: "1.1" }),
    createConnectTransport({ baseUrl, httpVersion: "2" }),
  ];
  for (const transport of transports) {
    const client = createClient(ObserverService, transport);
    assert.deepEqual(await collect(client.getFlows({ number: 3n })), ["09", "10", "11"]);
  }
});

test("listenRpc() refuses bad requests with Hubble's texts", async () => {
  await using server = await serve(fill());
  const client = createClient(ObserverService, grpc(server));
  const refusal = async (
    request: Parameters<typeof client.getFlows>[0],
  ): Promise<[string, string]> => {
    try {
      await collect(client.getFlows(request));
    } catch (error) {
      if (error instanceof ConnectError) return [Code[error.code], error.rawMessage];
      throw error;
    }
    return ["", "accepted"];
  };
  assert.deepEqual(
    [
      await refusal({ first: true, follow: true }),
      await refusal({ whitelist: [{ protocol: ["x"] }] }),
      await refusal({ fieldMask: { paths: ["nope"] } }),
    ],
    [
      ["InvalidArgument", "first cannot be specified with follow"],
      ["Unknown", 'invalid protocol filter: unknown protocol: "x"'],
      ["Unknown", "invalid fieldmask"],
    ],
  );
});

test("listenRpc() follows: the newest flow comes when the next one is written, losses are told", async () => {
  const observer = fill(15);
  await using server = await serve(observer);
  const client = createClient(ObserverService, grpc(server));
  const stop = new AbortController();
  const seen: string[] = [];
  const write = (uuid: string): void => {
    const flow = create(FlowSchema, { uuid, time: { seconds: 1_772_619_620n, nanos: 0 } });
    observer.write({ kind: "flow", time: { seconds: 1_772_619_620n, nanos: 0 }, flow });
  };
  const request = create(GetFlowsRequestSchema, { follow: true, number: 1n });
  for await (const { responseTypes } of client.getFlows(request, { signal: stop.signal })) {
    seen.push(
      responseTypes.case === "lostEvents"
        ? `lost ${responseTypes.value.numEventsLost}`
        : responseTypes.case === "flow"
          ? responseTypes.value.uuid.slice(-2)
          : "",
    );
    if (seen.length === 2) {
      // Forty at once: more than the ring holds before the reader comes back.
      for (let index = 10; index < 50; index += 1) write(`x${index}`);
    }
    if (seen.at(-1) === "48") break;
  }
  // 14 events were written before and 40 now; the reader had read 13, and the last 15 before the newest are left.
  const left = Array.from({ length: 15 }, (_, index) => String(34 + index));
  assert.deepEqual(seen, ["11", "lost 5", "lost 25", ...left]);
});

test("listenRpc() listens on a socket file, also where a dead process left one", async () => {
  const path = join(scratch, "hubble.sock");
  const abandoned = createServer().listen(path);
  await new Promise((resolve) => abandoned.once("listening", resolve));
  {
    await using server = await serve(fill(), { address: `unix://${path}` });
    assert.equal(server.address, `unix://${path}`);
    const transport = createGrpcTransport({
      baseUrl: "http://localhost",
      nodeOptions: { createConnection: () => connectTcp(path) },
    });
    const status = await createClient(ObserverService, transport).serverStatus({});
    assert.equal(status.numFlows, 14n);
  }
  abandoned.close();
  const file = join(scratch, "precious");
  writeFileSync(file, "kept");
  await assert.rejects(serve(fill(), { address: `unix://${file}` }), { code: "EADDRINUSE" });
  assert.equal(readFileSync(file, "utf8"), "kept");
});

const openssl = ["/usr/bin/openssl", "/usr/local/bin/openssl"].find((path) => existsSync(path));

test(
  "listenRpc() speaks TLS, and with an authority for clients lets in only those it vouches for",
  { skip: openssl === undefined ? "openssl is not installed" : false },
  async () => {
    const make = (name: string, signer?: string): { cert: string; key: string } => {
      const [cert, key] = [join(scratch, `${name}.crt`), join(scratch, `${name}.key`)];
      const signing =
        signer === undefined
          ? []
          : ["-CA", join(scratch, `${signer}.crt`), "-CAkey", join(scratch, `${signer}.key`)];
      execFileSync(
        openssl ?? "openssl",
        [
          "req",
          "-x509",
          "-newkey",
          "ec",
          "-pkeyopt",
          "ec_paramgen_curve:P-256",
          "-nodes",
          "-days",
          "2",
          "-subj",
          `/CN=${name}`,
          "-addext",
          "subjectAltName=IP:127.0.0.1,DNS:localhost",
          "-keyout",
          key,
          "-out",
          cert,
          ...signing,
        ],
        { stdio: "ignore" },
      );
      return { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
    };
    const ca = make("ca");
    const own = make("server", "ca");
    const friend = make("friend", "ca");
    const stranger = make("stranger");
    const tls = { ...own, clientCa: ca.cert };
    await using server = await serve(fill(), { tls });
    const ask = async (client: { cert?: string; key?: string }): Promise<bigint> => {
      const transport = createGrpcTransport({
        baseUrl: `https://${server.address}`,
        nodeOptions: { ca: ca.cert, ...client },
      });
      return (await createClient(ObserverService, transport).serverStatus({})).numFlows;
    };
    assert.equal(await ask(friend), 14n);
    await assert.rejects(ask({}));
    await assert.rejects(ask(stranger));
  },
);

test("splitAddress() reads hosts and ports and refuses the rest", () => {
  assert.deepEqual(
    ["127.0.0.1:4244", "[::1]:0", ":9965"].map((address) => splitAddress(address)),
    [
      { host: "127.0.0.1", port: 4244 },
      { host: "::1", port: 0 },
      { host: "0.0.0.0", port: 9965 },
    ],
  );
  for (const address of ["localhost", "a:b", "::1:80", "h:99999", ""]) {
    assert.throws(() => splitAddress(address), RangeError);
  }
});
