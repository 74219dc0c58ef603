// Matrix: the oldest and the newest kernel: the language.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

import { readBtf, readCollection, writeCollection, type Btf } from "@ocelli/bpf";
import { attach, loadCollection, run, type Collection, type Feature } from "@ocelli/linux";
import { kernelTest } from "@ocelli/testkit";

import { compile } from "./compile.ts";
import { formatSourceDiagnostic } from "./parse/format.ts";

let types: Btf | undefined;

function kernelBtf(): Btf {
  if (types !== undefined) return types;
  const read = readBtf(new Uint8Array(readFileSync("/sys/kernel/btf/vmlinux")));
  assert.ok(read.ok);
  types = read.value;
  return types;
}

const HEADER = `import { array, arrayMap, attachCookie, cgroupId, cgroupSkb, char, comm, copyFromUser, csumDiff, currentTask, currentTaskBtf, dPath, fentry, fullSock, functionIp, getRetval, gid, hashMap, htons, iter, jiffies, kernelStack, kprobe, ktimeBootNs, lsm, ntohs, numaNode, perfEvent, pid, readKernel, readKernelStr, redirect, redirectPeer, ringBuf, scratch, sendSignal, setRetval, skStorage, snprintf, sockOps, struct, syscall, Tc, tc, taskStack, taskStorage, tcpSock, tpBtf, rawTracepoint, uid, tid, u8, u16, u32, u64, i32, userStack, Xdp, xdp } from "@ocelli/compiler";
import { bpf_fib_lookup, ethhdr, iphdr } from "@ocelli/compiler/vmlinux";
export const out = arrayMap({ value: u64, maxEntries: 8 });
const Text = struct("text", { text: char(64) });
const Stack = struct("stack", { addresses: array(u64, 16) });
const text = scratch(Text);
const frames = scratch(Stack);
`;

function load(source: string): Collection {
  const whole = HEADER + source;
  const compiled = compile(whole, {
    get kernel() {
      return kernelBtf();
    },
  });
  assert.deepEqual(
    compiled.diagnostics.map((one) => formatSourceDiagnostic("p.ts", whole, one)),
    [],
  );
  assert.ok(compiled.ok);
  const written = writeCollection(compiled.value.collection);
  assert.ok(written.ok);
  const read = readCollection(written.value);
  assert.ok(read.ok);
  return loadCollection(read.value);
}

function output(loaded: Collection, index: number): bigint {
  const value = loaded.map("out").lookup(new Uint8Array(new Uint32Array([index]).buffer));
  return value === undefined
    ? -1n
    : new DataView(value.buffer, value.byteOffset).getBigUint64(0, true);
}

/** Programs that the kernel has to take; what they compute is looked at below. */
const LOADS: readonly {
  readonly name: string;
  readonly needs: readonly Feature[];
  readonly source: string;
}[] = [
  {
    name: "stacks into buffers",
    needs: [],
    source: `export const p = rawTracepoint("sys_enter", () => {
  const f = frames.get();
  if (!f) return;
  out.set(0, u64(u32(kernelStack(f.addresses)) + u32(userStack(f.addresses))));
});`,
  },
  {
    name: "checksums and rewrites of packets in tc",
    needs: [],
    source: `const Two = struct("two", { a: u32 });
export const p = tc((ctx) => {
  const header = { a: 0 };
  const eth = ctx.packet().read(ethhdr);
  if (!eth || ntohs(eth.h_proto) !== 0x0800) return Tc.OK;
  eth.h_proto = htons(0x86dd);
  if (!ctx.pullData(34)) return Tc.SHOT;
  const pkt = ctx.packet();
  pkt.skip(14);
  const ip = pkt.read(iphdr);
  if (!ip) return Tc.OK;
  const old = ip.ttl;
  ip.ttl = 7;
  ctx.replaceL3Checksum(24, u64(old), 7n, 2n);
  ctx.vlanPush(htons(0x8100), 5);
  out.set(0, ctx.socketCookie() + u64(ctx.flowHash()));
  return redirect(1);
});`.replace("  const header = { a: 0 };\n", ""),
  },
  {
    name: "the routing table in XDP",
    needs: ["xdp"],
    source: `const fib = scratch(bpf_fib_lookup);
export const p = xdp((ctx) => {
  const f = fib.get();
  if (!f) return Xdp.PASS;
  f.family = 2;
  f.ifindex = ctx.ingress_ifindex;
  if (ctx.fibLookup(f) !== 0) return Xdp.PASS;
  return redirect(f.ifindex);
});`,
  },
  {
    name: "connections of sockets",
    needs: [],
    source: `export const p = cgroupSkb("egress", (ctx) => {
  const { sk } = ctx;
  if (!sk) return true;
  const full = fullSock(sk);
  if (!full) return true;
  const tcp = tcpSock(full);
  if (!tcp) return true;
  out.set(0, u64(tcp.srtt_us) + tcp.bytes_acked + ctx.socketCookie());
  return tcp.snd_cwnd > 0;
});`,
  },
  {
    name: "options of sockets",
    needs: [],
    source: `const Value = struct("value", { n: i32 });
const value = scratch(Value);
export const p = sockOps((ctx) => {
  const v = value.get();
  if (!v) return true;
  v.n = 10;
  out.set(0, u64(ctx.setOption(6, 2, v)));
  ctx.setCallbacks(7);
  return true;
});`,
  },
  {
    name: "paths in security hooks",
    // Linux 5.10 lets only programs that sleep ask for paths, and those have no values per CPU.
    needs: ["lsm", "bpf_loop"],
    source: `export const p = lsm("file_open", (file) => {
  const t = text.get();
  if (!t) return 0;
  return dPath(t.text, file.f_path) > 60 ? -1 : 0;
});`,
  },
  {
    name: "values of tasks",
    needs: ["task_storage", "tp_btf"],
    source: `export const starts = taskStorage(u64);
export const p = tpBtf("sched_switch", (_preempt, prev, next) => {
  const v = starts.lookupOrInit(next);
  if (v) v.value = ktimeBootNs();
  const w = starts.lookup(prev);
  if (w) { out.set(0, w.value); starts.delete(prev); }
});`,
  },
  {
    name: "values of sockets",
    needs: [],
    source: `export const bytes = skStorage(u64);
export const p = cgroupSkb("ingress", (ctx) => {
  const { sk } = ctx;
  if (!sk) return true;
  const full = fullSock(sk);
  if (!full) return true;
  bytes.lookupOrInit(full)?.add(u64(ctx.len));
  return true;
});`,
  },
  {
    name: "signals",
    needs: [],
    source: `export const p = rawTracepoint("sys_enter", () => { if (pid() === 1) sendSignal(0); });`,
  },
];

for (const { name, needs, source } of LOADS) {
  kernelTest(`compile() makes calls that the kernel takes: ${name}`, { needs }, () => {
    using loaded = load(source);
    assert.deepEqual([...loaded.programs.keys()], ["p"]);
  });
}

kernelTest(
  "compile() reads the current task by a helper where the pointer is only a number",
  { needs: ["tp_btf"] },
  () => {
    using loaded = load(`const Name = struct("name", { text: char(16) });
export const names = hashMap({ key: u32, value: Name, maxEntries: 1024 });
const room = scratch(Name);
export const p = rawTracepoint("sched_process_exit", () => {
  const task = currentTask();
  const name = room.get();
  if (!name) return;
  readKernelStr(name.text, task.comm);
  out.set(0, u64(u32(task.real_parent.tgid)));
  if (u32(task.tgid) === pid()) names.set(u32(task.pid), name);
});`);
    using _link = attach(loaded.program("p"));
    const child = spawnSync("true");
    const found = loaded.map("names").lookup(new Uint8Array(new Uint32Array([child.pid]).buffer));
    assert.ok(found !== undefined);
    assert.equal(new TextDecoder().decode(found.subarray(0, found.indexOf(0))), "true");
  },
);

kernelTest("compile() writes text into buffers", { needs: ["xdp", "bpf_loop"] }, () => {
  using loaded = load(`export const texts = arrayMap({ value: Text, maxEntries: 1 });
export const p = xdp((ctx) => {
  const t = texts.lookup(0);
  if (!t) return Xdp.PASS;
  out.set(0, u64(u32(snprintf(t.text, \`100% of \${7n * 6n} and \${i32(ctx.rx_queue_index) - 5}\`))));
  return Xdp.PASS;
});`);
  run(loaded.program("p"), { data: new Uint8Array(64) });
  const text = loaded.map("texts").lookup(new Uint8Array(4));
  assert.ok(text !== undefined);
  assert.deepEqual(
    [new TextDecoder().decode(text.subarray(0, text.indexOf(0))), output(loaded, 0)],
    ["100% of 42 and -5", 18n],
  );
});

kernelTest("compile() writes packets in place, behind a move too", { needs: ["xdp"] }, () => {
  using loaded = load(`export const p = xdp((ctx) => {
  const eth = ctx.packet().read(ethhdr);
  if (!eth) return Xdp.DROP;
  eth.h_dest[0] = 0xaa;
  eth.h_proto = htons(0x1234);
  if (!ctx.adjustHead(-4)) return Xdp.ABORTED;
  const again = ctx.packet().read(ethhdr);
  if (!again) return Xdp.DROP;
  again.h_source[5] = 0xbb;
  return Xdp.TX;
});`);
  const result = run(loaded.program("p"), { data: new Uint8Array(64) });
  assert.equal(result.returnValue, 3);
  const { data } = result;
  assert.deepEqual(
    [data.length, data[4], data[16], data[17], data[11]],
    [68, 0xaa, 0x12, 0x34, 0xbb],
  );
});
