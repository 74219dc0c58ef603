// What watching costs. First the time of a call with nobody watching, with the probe on, and with bpftrace counting the same calls:
// `open` is reported with its path as the kernel has it, the others only counted or, for bpftrace, not looked at. Then how many
// events a second become objects with process, user and container on one core, from the recording that ships. Goals: no more than Falco
// 0.44.1, which adds 960 ns to an open and close and 50 ns to a read; 1,000,000 events/s. Needs root.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { openRecording, Sensor } from "@ocelli/sensor";
import { peerPath } from "@ocelli/testkit";

import { compare, type Contender } from "./support/measure.ts";
import { startPeer } from "./support/peer.ts";

const root = join(import.meta.dirname, "..");

using peer = startPeer(peerPath("bench-calls"), [], []);
const timeOf = async (call: string, times: number): Promise<number> =>
  Number(await peer.ask(`${call} ${times}`));

function watched(call: string, times: number): Contender {
  return {
    name: "Ocelli",
    run: async () => {
      using _ = new Sensor({ events: ["open", "openat", "connect"], onEvent: () => undefined });
      return timeOf(call, times);
    },
  };
}

async function withBpftrace(call: string, times: number): Promise<number> {
  const program =
    "tracepoint:syscalls:sys_exit_openat { @opens = count(); } tracepoint:syscalls:sys_exit_connect { @connects = count(); }";
  const child = spawn("bpftrace", ["-e", program], { stdio: "ignore" });
  const closed = once(child, "close");
  // It does not say when its programs are attached.
  await sleep(2000);
  try {
    return await timeOf(call, times);
  } finally {
    child.kill("SIGINT");
    await closed;
  }
}

for (const [call, times] of [
  ["getpid", 1_000_000],
  ["read", 500_000],
  ["open", 100_000],
  ["connect", 20_000],
] as const)
  await compare(
    `One ${call}`,
    "ns",
    [
      { name: "nobody watches", run: () => timeOf(call, times) },
      watched(call, times),
      ...(existsSync("/usr/bin/bpftrace")
        ? [{ name: "bpftrace counts", run: () => withBpftrace(call, times) }]
        : []),
    ],
    { rounds: 3, warmUp: 0 },
  );

const recording = openRecording(readFileSync(join(root, "packages/cli/recordings/demo.ocelli.gz")));
if (recording === undefined) throw new Error("The recording cannot be read");
let sum = 0;
const decode = (look: (name: string, pid: number, container: string) => number): number => {
  let events = 0;
  const start = performance.now();
  for (let round = 0; round < 20; round += 1) {
    using _ = recording.read(({ name, process }) => {
      events += 1;
      sum += look(name, process.pid, process.container?.id ?? "host");
    });
  }
  return events / (performance.now() - start) / 1000;
};
await compare("Events with their processes", "M events/s", [
  {
    name: "Ocelli",
    run: () => decode((name, pid, container) => name.length + pid + container.length),
  },
]);
if (sum === 0) throw new Error("Nothing was decoded");
