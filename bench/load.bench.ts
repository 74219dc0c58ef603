// Opening and loading an object with 30 programs (CO-RE, maps, globals) beside libbpf: the first time in a process, and
// once more in the same one, where the kernel's types are known already. Each case in a process of its own. Needs root.
import { spawnSync } from "node:child_process";
import { join } from "node:path";

import { fixturePath, peerPath } from "@ocelli/testkit";

import { compare, median, type Contender } from "./support/measure.ts";

const LOADS = 4;
const object = fixturePath("load-thirty");
const ours = [
  process.execPath,
  "--conditions=development",
  join(import.meta.dirname, "support/load-case.ts"),
];
const theirs = [peerPath("bench-load")];

function times([command = "", ...args]: readonly string[]): readonly number[] {
  const { status, stdout, stderr } = spawnSync(command, [...args, object, String(LOADS)], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${command}: ${stderr}`);
  return stdout.trim().split(" ").map(Number);
}

const contenders = (pick: (all: readonly number[]) => number): Contender[] => [
  { name: "libbpf (C)", run: () => pick(times(theirs)) },
  { name: "Ocelli", run: () => pick(times(ours)) },
];

const rounds = { rounds: 11, warmUp: 1 };
await compare(
  "Loading 30 programs, the first load of a process",
  "ms",
  contenders(([first = Number.NaN]) => first),
  rounds,
);
await compare(
  "Loading 30 programs, the next loads",
  "ms",
  contenders(([, ...next]) => median(next)),
  rounds,
);
