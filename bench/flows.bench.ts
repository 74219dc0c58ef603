// Flows: how fast GetFlows streams to a gRPC client on the same processor, how fast flows are taken in, what 100,000 of
// them cost in memory. The peer of streaming is Connect alone with messages that are ready; of taking in, a push into an
// array; of memory, the decoded messages in an array. Needs nothing.
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:http2";
import { join } from "node:path";

import { create, toBinary } from "@bufbuild/protobuf";
import { createObserver, hubbleRoutes, listenRpc } from "@ocelli/agent/hubble";
import {
  createFlowMetrics,
  GetFlowsRequestSchema,
  GetFlowsResponseSchema,
  Observer,
  readPacket,
  type Flow,
  type GetFlowsRequest,
  type RingEvent,
} from "@ocelli/flow";

import { fixtureFlows } from "./support/flows.ts";
import { compare } from "./support/measure.ts";

const COUNT = 4000;
const flows = fixtureFlows();
const events = Array.from({ length: COUNT }, (_, index): RingEvent => {
  const flow = flows[index % flows.length];
  if (flow === undefined) throw new Error("The fixture has no flows");
  return { kind: "flow", time: flow.time ?? { seconds: 0n, nanos: 0 }, flow };
});
const observer = createObserver({ capacity: 4095, nodeName: "bench/node", version: "bench" });
for (const event of events) observer.write(event);
const served = { address: "", tlsServerName: "" };
await using server = await listenRpc({
  routes: hubbleRoutes(observer, () => served),
  address: "127.0.0.1:0",
});
const ready = flows.map((flow) =>
  create(GetFlowsResponseSchema, { responseTypes: { case: "flow", value: flow } }),
);
await using bare = await listenRpc({
  routes: (router) => {
    router.service(Observer, {
      getFlows: async function* answer() {
        for (let index = 0; index < COUNT; index += 1) {
          const response = ready[index % ready.length];
          if (response !== undefined) yield response;
        }
      },
    });
  },
  address: "127.0.0.1:0",
});

/** Asks over plain HTTP/2 and only counts the bytes: the server is measured, not a client's decoding. */
async function stream(address: string, request: GetFlowsRequest): Promise<number> {
  const body = toBinary(GetFlowsRequestSchema, request);
  const frame = Buffer.alloc(5 + body.length);
  frame.writeUInt32BE(body.length, 1);
  frame.set(body, 5);
  const startedAt = performance.now();
  const session = connect(`http://${address}`);
  const call = session.request({
    ":method": "POST",
    ":path": "/observer.Observer/GetFlows",
    "content-type": "application/grpc",
    te: "trailers",
  });
  call.end(frame);
  call.resume();
  await once(call, "close");
  session.close();
  return COUNT / (performance.now() - startedAt);
}

const all = create(GetFlowsRequestSchema, { first: true });
const masked = create(GetFlowsRequestSchema, {
  first: true,
  fieldMask: { paths: ["time", "verdict", "IP", "l4", "source.pod_name", "node_name", "Summary"] },
});
const filtered = create(GetFlowsRequestSchema, {
  first: true,
  whitelist: [{ sourcePod: ["shop/cart"], protocol: ["tcp"] }],
});
const rounds = { rounds: 15, warmUp: 5 };
await compare(
  "GetFlows of 4000 flows over gRPC",
  "thousand flows/s",
  [
    { name: "Connect, messages ready", run: () => stream(bare.address, all) },
    { name: "GetFlows", run: () => stream(server.address, all) },
    { name: "GetFlows, masked", run: () => stream(server.address, masked) },
    { name: "GetFlows, filtered", run: () => stream(server.address, filtered) },
  ],
  rounds,
);

function ingest(
  name: string,
  take: (event: RingEvent, flow: Flow) => void,
): { name: string; run: () => number } {
  return {
    name,
    run: () => {
      const startedAt = performance.now();
      for (const event of events) if (event.kind === "flow") take(event, event.flow);
      return COUNT / (performance.now() - startedAt);
    },
  };
}

let array: RingEvent[] = [];
const large = createObserver({ capacity: 65_535, nodeName: "bench/node", version: "bench" });
const metrics = createFlowMetrics(["flow", "drop", "tcp", "dns", "httpV2", "port-distribution"]);
await compare("Taking flows in", "thousand flows/s", [
  ingest("array", (event) => {
    array.push(event);
    if (array.length > 100_000) array = [];
  }),
  ingest("ring of 4095", (event) => observer.write(event)),
  ingest("ring of 65535", (event) => large.write(event)),
  ingest("six metrics", (_, flow) => metrics.processFlow(flow)),
]);

const frame = Buffer.from(
  `02000000000b02000000000a08004500002800010000400600000a0000010a0000029c40005000000001000000025012ffff00000000`,
  "hex",
);
await compare("Packets taken apart", "M packets/s", [
  {
    name: "readPacket()",
    run: () => {
      const startedAt = performance.now();
      let ports = 0;
      for (let index = 0; index < 20_000; index += 1) {
        const { l4 } = readPacket(frame);
        if (l4?.kind === "tcp") ports += l4.destinationPort;
      }
      if (ports !== 80 * 20_000) throw new Error("A packet was misread");
      return 20_000 / (performance.now() - startedAt) / 1000;
    },
  },
]);

function grown(how: "ring" | "objects"): number {
  const script = join(import.meta.dirname, "support/flow-memory.ts");
  // As `ocelli` runs (heap.ts of the command line): V8 would keep what it used once.
  const args = [
    "--expose-gc",
    "--semi-space-growth-factor=1",
    "--conditions=development",
    script,
    how,
  ];
  const { stdout } = spawnSync(process.execPath, args, { encoding: "utf8" });
  return Number(stdout);
}

await compare(
  "Memory of 100,000 flows",
  "MiB",
  [
    { name: "decoded messages", run: () => grown("objects") },
    { name: "ring", run: () => grown("ring") },
  ],
  { rounds: 3, warmUp: 0 },
);
