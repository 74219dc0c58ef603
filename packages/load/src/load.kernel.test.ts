import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";

import { ntohl } from "@ocelli/compiler";
import { possibleCpus } from "@ocelli/linux";
import { kernelTest } from "@ocelli/testkit";

import type * as Drop from "../fixtures/drop-port.bpf.ts";
import { registerProgramModules } from "./hook.ts";
import { load } from "./load.ts";

const sum = (values: readonly bigint[]): bigint => values.reduce((a, b) => a + b, 0n);

/** 54 bytes of Ethernet, IPv4 and TCP from 10.1.2.3. */
function tcpPacket(port: number): Uint8Array {
  const packet = new Uint8Array(54);
  const view = new DataView(packet.buffer);
  view.setUint16(12, 0x0800);
  packet[14] = 0x45;
  packet[14 + 9] = 6;
  packet.set([10, 1, 2, 3], 14 + 12);
  view.setUint16(14 + 20 + 2, port);
  return packet;
}

kernelTest(
  "load() gives an imported module's programs, maps and configuration",
  { needs: ["xdp"] },
  async () => {
    using _hook = registerProgramModules();
    const drop = await import("../fixtures/drop-port.bpf.ts");
    using app = load(drop, { config: { blockedPort: 9000 } });
    assert.equal(app.dropPort.run({ data: tcpPacket(9000) }).returnValue, 1);
    assert.equal(app.dropPort.run({ data: tcpPacket(9000) }).returnValue, 1);
    assert.equal(app.dropPort.run({ data: tcpPacket(8080) }).returnValue, 2);
    const found = [...app.drops.entries()].map(([sender, count]) => [ntohl(sender), count]);
    assert.deepEqual(found, [[0x0a01_0203, 2n]]);
  },
);

kernelTest(
  "load() streams the records of a ring as plain objects",
  { needs: ["ringbuf", "tracepoint"] },
  async () => {
    using _hook = registerProgramModules();
    const openat = await import("../fixtures/openat.bpf.ts");
    using app = load(openat);
    const file = `/tmp/ocelli-no-such-file-${process.pid}`;
    {
      using _links = app.attachAll();
      spawnSync("cat", [file]);
    }
    const viewed: unknown[] = [];
    app.opens.consume((record) => {
      if (record.file === file) viewed.push({ comm: record.comm, uid: record.uid });
    });
    assert.deepEqual(viewed, [{ comm: "cat", uid: 0 }]);
  },
);

kernelTest(
  "load() waits for records until the module is disposed of",
  { needs: ["ringbuf", "tracepoint"] },
  async () => {
    using _hook = registerProgramModules();
    const openat = await import("../fixtures/openat.bpf.ts");
    const app = load(openat);
    const file = `/tmp/ocelli-no-such-file-${process.pid}-b`;
    app.attachAll();
    spawnSync("cat", [file]);
    const found: unknown[] = [];
    for await (const { ts, ...record } of app.opens) {
      if (record.file !== file) continue;
      found.push({ ...record, pid: record.pid > 0, ts: ts > 0n });
      app[Symbol.dispose]();
    }
    assert.deepEqual(found, [{ ts: true, pid: true, uid: 0, comm: "cat", file }]);
  },
);

kernelTest(
  "load() types variables, per-CPU values, structs and histograms",
  { needs: ["syscall_program"] },
  async () => {
    using _hook = registerProgramModules();
    const globals = await import("../fixtures/globals.bpf.ts");
    using app = load(globals, { config: { step: 3 }, programs: ({ name }) => name === "probe" });
    const context = new Uint8Array(96);
    const view = new DataView(context.buffer);
    view.setBigUint64(0, 5n, true);
    view.setBigUint64(8, 1000n, true);
    assert.equal(app.probe.run({ context }).returnValue, 1);
    app.places.set(5, { a: 255, b: -4, name: "five", ports: [80, 0, 65_535] });
    assert.equal(app.probe.run({ context }).returnValue, 7);
    assert.deepEqual(
      [...app.places.entries()],
      [[5, { a: 255, b: -5, name: "five", ports: [80, 443, 65_535] }]],
    );
    assert.equal(app.runs.value, 6n);
    app.runs.value = 40n;
    assert.equal(app.probe.run({ context }).returnValue, 7);
    assert.equal(app.runs.value, 43n);
    const counts = app.sizes.slots();
    assert.deepEqual([counts.indexOf(2n), counts.length], [10, 65]);
    // Each run adds to the one CPU that it is on.
    const perCpu = [...app.perCpu.values()];
    assert.deepEqual(
      perCpu.map((values) => sum(values)),
      [0n, 9n],
    );
    assert.equal(perCpu[0]?.length, possibleCpus().length);
    app.sizes.clear();
    assert.equal(
      app.sizes.slots().some((count) => count !== 0n),
      false,
    );
    assert.deepEqual(Object.keys(app), [
      "collection",
      "programs",
      "attachAll",
      "perCpu",
      "places",
      "probe",
      "runs",
      "sizes",
    ]);
  },
);

kernelTest("load() counts stacks and reads them", { needs: ["perf_event"] }, async () => {
  using _hook = registerProgramModules();
  const profile = await import("../fixtures/profile.bpf.ts");
  using app = load(profile);
  {
    using _link = app.sample.attach({ pid: process.pid });
    const end = Date.now() + 200;
    while (Date.now() < end);
  }
  const samples = [...app.samples.entries()];
  assert.ok(samples.length > 0);
  for (const [key, count] of samples) {
    assert.equal(key.pid, process.pid);
    assert.ok(count > 0n);
  }
  const stacks = samples.flatMap(([key]) => [
    app.stacks.stack(key.kstack),
    app.stacks.stack(key.ustack),
  ]);
  assert.ok(stacks.some((stack) => stack.length > 2 && stack.every((address) => address > 0n)));
  assert.deepEqual(app.stacks.stack(-14), []);
});

kernelTest(
  "load() takes the source by its address where no hook is",
  { needs: ["xdp"] },
  async () => {
    const address: string = "../fixtures/drop-port.bpf.ts?without-hook";
    const drop = (await import(address)) as typeof Drop;
    assert.throws(() => load(drop), {
      name: "ModuleError",
      code: "unknown-source",
      message:
        'Cannot load this module: its source is not known. Start with node --import @ocelli/load/register, or give the option source: import.meta.resolve("./probe.bpf.ts")',
    });
    using app = load(drop, { source: import.meta.resolve("../fixtures/drop-port.bpf.ts") });
    assert.equal(app.dropPort.run({ data: tcpPacket(8080) }).returnValue, 1);
  },
);

kernelTest(
  "node --import @ocelli/load/register runs a program that imports kernel programs",
  { needs: ["xdp"] },
  () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [
        "--conditions=development",
        "--disable-warning=ExperimentalWarning",
        "--import",
        "@ocelli/load/register",
        join(import.meta.dirname, "../fixtures/user-side.ts"),
      ],
      { encoding: "utf8", cwd: import.meta.dirname },
    );
    assert.deepEqual(
      { status, stdout, stderr },
      { status: 0, stdout: 'XDP of interface "lo": 3 packets of 7f000001 dropped\n', stderr: "" },
    );
  },
);
