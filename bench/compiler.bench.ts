// The compiler beside clang -O2 on the same logic: instructions of tools' programs, and the time of packet programs under
// BPF_PROG_TEST_RUN. Goals: at most 1.4 times the instructions in total, at most 1.15 times the time. Needs root and clang-19.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import {
  formatDiagnostic,
  printC,
  readBtf,
  readCollection,
  type CollectionSpec,
  type Result,
} from "@ocelli/bpf";
import { loadCollection, run } from "@ocelli/linux";
import { programFixture } from "@ocelli/testkit";

import { compare } from "./support/measure.ts";

const root = join(import.meta.dirname, "..");
const cache = join(root, ".cache/bench");
mkdirSync(cache, { recursive: true });

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join("\n"));
  return result.value;
}

const types = valueOf(readBtf(new Uint8Array(readFileSync("/sys/kernel/btf/vmlinux"))));
writeFileSync(join(cache, "vmlinux.h"), valueOf(printC(types)));

function byClang(name: string): CollectionSpec {
  const target = join(cache, `${name}.o`);
  const source = join(import.meta.dirname, "programs", `${name}.bpf.c`);
  const flags = ["--target=bpfel", "-mcpu=v3", "-D__TARGET_ARCH_x86", "-g", "-O2", `-I${cache}`];
  const { status, stderr } = spawnSync("clang-19", [...flags, "-c", source, "-o", target], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  return valueOf(readCollection(new Uint8Array(readFileSync(target))));
}

const TOOLS = "exitsnoop opensnoop portdrop ratelimit runqlat syscount tcbytes tcpconnect".split(
  " ",
);
const pairs = TOOLS.map((name) => ({
  name,
  clang: byClang(name),
  ours: programFixture(join(root, "packages/tools/src", `${name}.bpf.ts`)),
}));

let totals = { clang: 0, ours: 0 };
for (const { name, clang, ours } of pairs) {
  for (const [program, { instructions }] of clang.programs) {
    const own = ours.programs.get(program)?.instructions.length ?? Number.NaN;
    const ratio = (own / instructions.length).toFixed(2);
    console.log(
      `${`${name} ${program}`.padEnd(28)} clang ${String(instructions.length).padStart(4)}   Ocelli ${String(own).padStart(4)}   ${ratio}×`,
    );
    totals = { clang: totals.clang + instructions.length, ours: totals.ours + own };
  }
}
console.log(
  `instructions in total: clang ${totals.clang}, Ocelli ${totals.ours}: ${(totals.ours / totals.clang).toFixed(2)}×`,
);

/** 64 bytes of Ethernet, IPv4 and UDP. */
function packet(port: number): Uint8Array {
  const bytes = new Uint8Array(64);
  const view = new DataView(bytes.buffer);
  view.setUint16(12, 0x0800);
  bytes[14] = 0x45;
  bytes[14 + 9] = 17;
  bytes.set([10, 0, 0, 1], 14 + 12);
  view.setUint16(14 + 20 + 2, port);
  return bytes;
}

const REPEAT = 200_000;
for (const { name, clang, ours } of pairs) {
  if (!["portdrop", "ratelimit", "tcbytes"].includes(name)) continue;
  using theirs = loadCollection(clang);
  using own = loadCollection(ours);
  const data = packet(8080);
  const speed = (collection: typeof theirs) => (): number =>
    1000 / Math.max(1, run(collection.program("onPacket"), { data, repeat: REPEAT }).nsPerRun);
  await compare(`${name}: packets per run of BPF_PROG_TEST_RUN`, "M packets/s", [
    { name: "clang -O2", run: speed(theirs) },
    { name: "Ocelli", run: speed(own) },
  ]);
}
