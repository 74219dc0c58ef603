// Prints how many MiB a process grew by 100,000 flows in a ring: argument `ring`, or `objects` for keeping them as they
// are in an array. Its own process, since memory that was used once stays with it.
import { fromBinary } from "@bufbuild/protobuf";
import { createRing, FlowSchema, type Flow } from "@ocelli/flow";

import { encodedFlows } from "./flows.ts";

const COUNT = 100_000;
const encoded = encodedFlows();
const ring = process.argv[2] === "ring" ? createRing(COUNT) : undefined;
const kept: Flow[] = [];

// The code is compiled and the heap has its shape before anything is counted.
for (let index = 0; index < 2000; index += 1) {
  fromBinary(FlowSchema, encoded[index % encoded.length] ?? new Uint8Array());
}
globalThis.gc?.();
const before = process.memoryUsage().rss;
for (let index = 0; index < COUNT; index += 1) {
  const flow = fromBinary(FlowSchema, encoded[index % encoded.length] ?? new Uint8Array());
  if (ring === undefined) kept.push(flow);
  else ring.write({ kind: "flow", time: flow.time ?? { seconds: 0n, nanos: 0 }, flow });
}
globalThis.gc?.();
const { rss } = process.memoryUsage();
console.log(((rss - before) / 2 ** 20).toFixed(1));
if (kept.length + (ring?.size() ?? 0) !== COUNT) throw new Error("Flows went missing");
