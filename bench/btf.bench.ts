// Reading the BTF of the running kernel, indexing it and finding five names: our lazy reader beside libbpf's parser, each case in a fresh process, by turns. Goals: index in 15 ms, 10 MB beyond the file. Needs Linux with BTF.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

import { readBtf } from "@ocelli/bpf";
import { peerPath } from "@ocelli/testkit";

import { compare } from "./support/measure.ts";

const NAMES = ["task_struct", "sk_buff", "file", "bpf_map", "vfs_read"];

/** What a case prints. Memory is private memory, the file's bytes included. */
interface Case {
  readonly types: number;
  readonly found: number;
  readonly readNs: number;
  /** Of `readNs`, without reading the file. */
  readonly indexNs?: number;
  readonly findNs: number;
  readonly kib: number;
}

function privateKib(): number {
  return Number(/RssAnon:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]);
}

function runOurs(): Case {
  const before = privateKib();
  const start = performance.now();
  const bytes = readFileSync("/sys/kernel/btf/vmlinux");
  const read = performance.now();
  const result = readBtf(bytes);
  if (!result.ok) throw new Error("The kernel's BTF cannot be read");
  const indexed = performance.now();
  const btf = result.value;
  const found = NAMES.filter((name) => btf.idsByName(name).length > 0).length;
  const done = performance.now();
  const ns = (ms: number): number => Math.round(ms * 1e6);
  return {
    types: btf.endId,
    found,
    readNs: ns(indexed - start),
    indexNs: ns(indexed - read),
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
    ["Reading and indexing", "ms", ({ readNs }) => readNs / 1e6],
    ["Finding five names", "ms", ({ findNs }) => findNs / 1e6],
    ["Both", "ms", ({ readNs, findNs }) => (readNs + findNs) / 1e6],
    ["Private memory", "MiB", ({ kib }) => kib / 1024],
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
  const runs = Array.from({ length: 9 }, ours);
  const index = runs.map(({ indexNs }) => (indexNs ?? 0) / 1e6).toSorted((a, b) => a - b);
  console.log(
    `\nIndexing alone, ${runs[0]?.types ?? 0} types in a fresh process: ${index[4]?.toFixed(1) ?? ""} ms`,
  );
}
