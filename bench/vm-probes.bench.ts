// Programs in TypeScript, compiled by Ocelli, in the JIT without a kernel beside the kernel's JIT (BPF_PROG_TEST_RUN) on the same
// bytecode and packet, by turns; each in a process of its own. Goal: at most 1.5× of the kernel. Needs root.
import { spawnSync } from "node:child_process";
import { join } from "node:path";

import { readCollection, writeCollection, formatDiagnostic } from "@ocelli/bpf";
import { compile } from "@ocelli/compiler/compile";
import { loadCollection, run as runInKernel } from "@ocelli/linux";
import { hostCompileOptions } from "@ocelli/load";
import { createContextAt, loadInVm } from "@ocelli/vm";

import { compare } from "./support/measure.ts";

const HEAD = `import { xdp, Xdp, hashMap, config, u16, u64, be32, ntohs } from '@ocelli/compiler';
import { ethhdr, iphdr, tcphdr } from '@ocelli/compiler/vmlinux';
`;
const PARSE = `
  const pkt = ctx.packet();
  const eth = pkt.read(ethhdr);
  if (!eth || ntohs(eth.h_proto) !== 0x0800) return Xdp.PASS;
  const ip = pkt.read(iphdr);
  if (!ip || ip.protocol !== 6) return Xdp.PASS;`;

const PROGRAMS: Readonly<Record<string, string>> = {
  dropPort: `${HEAD}
export const blockedPort = config(u16, 8080);
export const drops = hashMap({ key: be32, value: u64, maxEntries: 10_240, lru: true });
export const dropPort = xdp((ctx) => {${PARSE}
  pkt.skip((ip.ihl - 5) * 4);
  const tcp = pkt.read(tcphdr);
  if (!tcp || ntohs(tcp.dest) !== blockedPort.value) return Xdp.PASS;
  drops.lookupOrInit(ip.saddr, 0n)?.add(1n);
  return Xdp.DROP;
});`,
  countSenders: `${HEAD}
export const senders = hashMap({ key: be32, value: u64, maxEntries: 1024 });
export const countSenders = xdp((ctx) => {${PARSE}
  senders.lookupOrInit(ip.saddr, 0n)?.add(1n);
  return Xdp.PASS;
});`,
  filterOnly: `${HEAD}
export const filterOnly = xdp((ctx) => {${PARSE}
  pkt.skip((ip.ihl - 5) * 4);
  const tcp = pkt.read(tcphdr);
  if (!tcp) return Xdp.PASS;
  return ntohs(tcp.dest) < 1024 ? Xdp.PASS : Xdp.DROP;
});`,
};

const PACKET = new Uint8Array(128);
PACKET.set([0x08, 0x00, 0x45], 12);
PACKET[23] = 6;
PACKET.set([0x1f, 0x90], 36);
const ROUND_NS = 2_000_000;
const WARM_UP_MS = 300;

async function measure(name: string, text: string): Promise<void> {
  const path = join(import.meta.dirname, "../packages/load/fixtures/drop-port.bpf.ts");
  const compiled = compile(text, hostCompileOptions(path));
  if (!compiled.ok) throw new Error(compiled.diagnostics.map(formatDiagnostic).join("\n"));
  const object = writeCollection(compiled.value.collection);
  const spec = object.ok ? readCollection(object.value) : object;
  if (!spec.ok) throw new Error(spec.diagnostics.map(formatDiagnostic).join("\n"));
  using collection = loadCollection(spec.value);
  const kernel = collection.program(name);
  const inKernel = (repeat: number): { returnValue: number; nsPerRun: number } =>
    runInKernel(kernel, { data: PACKET, repeat });
  const loaded = loadInVm(spec.value);
  const machine = loaded.programs.get(name);
  if (machine === undefined) throw new Error(`There is no program "${name}"`);
  const context = createContextAt(loaded, name, { data: PACKET });
  const found = machine.run(context);
  const expected = inKernel(1).returnValue;
  if (found !== expected) throw new Error(`The JIT gives ${found}, the kernel ${expected}`);
  const ours = (runs: number): number => {
    const start = performance.now();
    for (let i = 0; i < runs; i += 1) machine.run(context);
    return ((performance.now() - start) * 1e6) / runs;
  };
  for (const end = performance.now() + WARM_UP_MS; performance.now() < end;) machine.run(context);
  const runs = Math.max(1, Math.round(ROUND_NS / ours(1000)));
  const repeat = Math.max(1, Math.round(ROUND_NS / Math.max(1, inKernel(1000).nsPerRun)));
  await compare(
    `${name}: a run`,
    "ns",
    [
      { name: "kernel", run: () => inKernel(repeat).nsPerRun },
      { name: "jit", run: () => ours(runs) },
    ],
    { rounds: 25, warmUp: 2 },
  );
}

const [only] = process.argv.slice(2);
const text = PROGRAMS[only ?? ""];
if (only !== undefined && text !== undefined) await measure(only, text);
else {
  for (const name of Object.keys(PROGRAMS)) {
    const args = [...process.execArgv, import.meta.filename, name];
    const { status } = spawnSync(process.execPath, args, { stdio: "inherit" });
    if (status !== 0) process.exitCode = 1;
  }
}
