// Reading the BTF of the running kernel, indexing it and finding five names, as loading an object does: kernelTypes() beside
// btf__parse(), each case in a fresh process, by turns. Goals: 15 ms and 10 MiB. Needs Linux with BTF.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

import type { BtfKind } from "@ocelli/bpf";
import { kernelTypes, openKernel } from "@ocelli/linux";
import { peerPath } from "@ocelli/testkit";

import { compare } from "./support/measure.ts";

const NAMES: readonly (readonly [name: string, kind: BtfKind])[] = [
  ["task_struct", "struct"],
  ["sk_buff", "struct"],
  ["file", "struct"],
  ["bpf_map", "struct"],
  ["vfs_read", "func"],
];

/** What a case prints. Memory is private memory, the file's bytes included. */
interface Case {
  readonly types: number;
  readonly found: number;
  readonly readNs: number;
  readonly findNs: number;
  readonly kib: number;
}

function privateKib(): number {
  return Number(/RssAnon:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]);
}

function runOurs(): Case {
  openKernel();
  const before = privateKib();
  const start = performance.now();
  const btf = kernelTypes().kernel;
  const indexed = performance.now();
  const found = NAMES.filter(([name, kind]) => btf.idsByName(name, kind).length > 0).length;
  const done = performance.now();
  const ns = (ms: number): number => Math.round(ms * 1e6);
  return {
    types: btf.endId,
    found,
    readNs: ns(indexed - start),
    findNs: ns(done - indexed),
    kib: privateKib() - before,
  };
}

function runChild(file: string, args: readonly string[]): Case {
  const answer = JSON.parse(execFileSync(file, args, { encoding: "utf8" })) as Case;
  if (answer.found !== NAMES.length) throw new Error(`${file} found ${answer.found} names of 5`);
  return answer;
}

if (process.argv[2] === "child") {
  console.log(JSON.stringify(runOurs()));
} else {
  const peer = peerPath("bench-btf");
  const ours = (): Case =>
    runChild(process.execPath, ["--conditions=development", import.meta.filename, "child"]);
  const theirs = (): Case => runChild(peer, []);
  const few = { rounds: 9, warmUp: 1 };
  const cases: [title: string, unit: string, value: (each: Case) => number][] = [
    ["vmlinux: reading and indexing", "ms", ({ readNs }) => readNs / 1e6],
    ["vmlinux: finding five names", "ms", ({ findNs }) => findNs / 1e6],
    ["vmlinux: both", "ms", ({ readNs, findNs }) => (readNs + findNs) / 1e6],
    ["vmlinux: private memory", "MiB", ({ kib }) => kib / 1024],
  ];
  for (const [title, unit, value] of cases) {
    await compare(
      title,
      unit,
      [
        { name: "libbpf (C)", run: () => value(theirs()) },
        { name: "Ocelli", run: () => value(ours()) },
      ],
      few,
    );
  }
}
