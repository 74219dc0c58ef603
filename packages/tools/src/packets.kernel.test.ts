import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { createSocket } from "node:dgram";
import { rmdirSync } from "node:fs";
import { join } from "node:path";

import { load } from "@ocelli/load";
import { kernelTest, makeCgroup, programFixture } from "@ocelli/testkit";

import { ipv4 } from "./address.ts";
import * as portdrop from "./portdrop.bpf.ts";
import * as ratelimit from "./ratelimit.bpf.ts";
import * as tcbytes from "./tcbytes.bpf.ts";
import { createObserver } from "./observe.ts";

const { observe, toolObject } = createObserver(programFixture);

/** Ethernet, IPv4 and the ports of UDP. */
function packet(from: readonly number[], port: number, protocol = 17): Uint8Array {
  const bytes = new Uint8Array(14 + 20 + 8);
  const view = new DataView(bytes.buffer);
  view.setUint16(12, 0x0800);
  bytes[14] = 0x45;
  bytes[14 + 9] = protocol;
  bytes.set(from, 14 + 12);
  view.setUint16(14 + 20 + 2, port);
  return bytes;
}

const PASS = 2;
const DROP = 1;

kernelTest(
  "portdrop drops one port of TCP and UDP, and counts by sender",
  { needs: ["xdp"] },
  () => {
    using app = load(portdrop, { spec: toolObject("portdrop"), config: { port: 53 } });
    const verdict = (data: Uint8Array): number => app.onPacket.run({ data }).returnValue;
    assert.deepEqual(
      [
        verdict(packet([10, 0, 0, 1], 53)),
        verdict(packet([10, 0, 0, 1], 53, 6)),
        verdict(packet([10, 0, 0, 2], 53)),
        verdict(packet([10, 0, 0, 1], 54)),
        verdict(packet([10, 0, 0, 1], 53, 1)),
        verdict(packet([10, 0, 0, 1], 53).subarray(0, 38)),
      ],
      [DROP, DROP, DROP, PASS, PASS, PASS],
    );
    const counts = [...app.dropped.entries()].map(([from, count]) => `${ipv4(from)} ${count}`);
    assert.deepEqual(new Set(counts), new Set(["10.0.0.1 2", "10.0.0.2 1"]));
  },
);

kernelTest("ratelimit lets a burst pass and fills up again", { needs: ["xdp"] }, () => {
  using app = load(ratelimit, { spec: toolObject("ratelimit"), config: { rate: 1n, burst: 5n } });
  const run = (from: readonly number[]): number =>
    app.onPacket.run({ data: packet(from, 1) }).returnValue;
  const verdicts = Array.from({ length: 7 }, () => run([10, 0, 0, 1]));
  assert.deepEqual(verdicts.slice(0, 6), [PASS, PASS, PASS, PASS, PASS, DROP]);
  assert.equal(run([10, 0, 0, 2]), PASS);
  // As if a second had passed.
  const sender = [...app.buckets.keys()].find((one) => ipv4(one) === "10.0.0.1");
  assert.ok(sender !== undefined);
  const bucket = app.buckets.get(sender);
  assert.ok(bucket !== undefined);
  app.buckets.set(sender, { ...bucket, time: bucket.time - 1_000_000_000n });
  assert.equal(run([10, 0, 0, 1]), PASS);
  assert.equal(app.passed.value + app.dropped.value, 9n);
  assert.deepEqual([...app.buckets.keys()].map(ipv4).toSorted(), ["10.0.0.1", "10.0.0.2"]);
});

kernelTest("tcbytes counts packets and bytes by protocol", { needs: [] }, () => {
  using app = load(tcbytes, { spec: toolObject("tcbytes") });
  const data = packet([10, 0, 0, 1], 80);
  for (let i = 0; i < 3; i += 1) assert.equal(app.onPacket.run({ data }).returnValue, 0);
  const other = Uint8Array.from(data);
  new DataView(other.buffer).setUint16(12, 0x0806);
  assert.equal(app.onPacket.run({ data: other }).returnValue, 0);
  const sum = (cpus: readonly { packets: bigint; bytes: bigint }[]): bigint[] => [
    cpus.reduce((total, { packets }) => total + packets, 0n),
    cpus.reduce((total, { bytes }) => total + bytes, 0n),
  ];
  const rows = [...app.traffic.entries()].map(([protocol, cpus]) => [protocol, sum(cpus)] as const);
  assert.deepEqual(
    rows.toSorted(([a], [b]) => a - b),
    [
      [0x0800, [3n, 126n]],
      [0x0806, [1n, 42n]],
    ],
  );
});

kernelTest("tcbytes counts what a device receives", { needs: ["tcx"] }, async () => {
  const rows = await observe(
    "tcbytes",
    async () => {
      const socket = createSocket("udp4").bind(0, "127.0.0.1");
      await once(socket, "listening");
      const { port } = socket.address();
      socket.send(Buffer.alloc(100), port, "127.0.0.1");
      await once(socket, "message");
      socket.close();
    },
    { attach: { interface: "lo" } },
  );
  const ip = rows.find(({ protocol }) => protocol === "0x0800");
  assert.ok(Number(ip?.["packets"]) >= 1 && Number(ip?.["bytes"]) >= 142);
});

kernelTest("egressfilter keeps a cgroup from one network", { needs: ["cgroup_link"] }, async () => {
  const cgroup = makeCgroup("egress");
  try {
    const send = (address: string): number | null => {
      const code = `const s=require("node:dgram").createSocket("udp4");s.send("x",9,${JSON.stringify(address)},(e)=>process.exit(e?1:0))`;
      const script = `echo $$ > ${join(cgroup, "cgroup.procs")} && exec ${process.execPath} -e '${code}'`;
      return spawnSync("sh", ["-c", script]).status;
    };
    const rows = await observe(
      "egressfilter",
      () => {
        assert.deepEqual([send("127.7.0.1"), send("127.8.0.1")], [1, 0]);
      },
      { attach: { cgroup }, config: { network: 0x7f07_0000, mask: 0xffff_0000 } },
    );
    assert.deepEqual(
      rows.map(({ to, denied }) => ({ to, denied })),
      [{ to: "127.7.0.1", denied: 1n }],
    );
    assert.ok(Number(rows[0]?.["allowed_bytes"]) >= 29);
  } finally {
    rmdirSync(cgroup);
  }
});
