import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { readBtf, readCollection, writeCollection, type Btf } from "@ocelli/bpf";
import { loadCollection, type Feature } from "@ocelli/linux";
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

/** A program of each kind that reads what its context has, and the section that libbpf knows it by. */
const KINDS: readonly {
  readonly name: string;
  readonly needs: readonly Feature[];
  readonly section: string;
  readonly source: string;
}[] = [
  {
    name: "xdp",
    needs: ["xdp"],
    section: "xdp",
    source:
      "export const p = xdp((ctx) => (ctx.ingress_ifindex + ctx.rx_queue_index > 9 ? Xdp.DROP : Xdp.PASS));",
  },
  {
    name: "tc",
    needs: [],
    section: "tc",
    source:
      "export const p = tc((ctx) => { ctx.mark = ctx.len + ctx.cb[1] + ntohs(ctx.protocol); ctx.cb[2] = 5; return Tc.OK; });",
  },
  {
    name: "cgroupSkb",
    needs: [],
    section: "cgroup_skb/egress",
    source:
      'export const p = cgroupSkb("egress", (ctx) => { const { sk } = ctx; if (!sk) return Cgroup.ALLOW; return ntohs(sk.dst_port) !== 53 && sk.family === 2; });',
  },
  {
    name: "cgroupSock",
    needs: [],
    section: "cgroup/sock_create",
    source:
      'export const p = cgroupSock("create", (ctx) => { ctx.mark = 7; return ctx.type === 3 ? Cgroup.DENY : Cgroup.ALLOW; });',
  },
  {
    name: "cgroupSockAddr",
    needs: [],
    section: "cgroup/connect4",
    source:
      'export const p = cgroupSockAddr("connect4", (ctx) => { if (ntohs(ctx.user_port) === 80) { ctx.user_port = htons(8080); ctx.user_ip4 = htonl(0x7f000001); } return ctx.protocol === 6; });',
  },
  {
    name: "cgroupDevice",
    needs: [],
    section: "cgroup/dev",
    source: "export const p = cgroupDevice((ctx) => ctx.major === 1 && ctx.minor === 3);",
  },
  {
    name: "cgroupSysctl",
    needs: [],
    section: "cgroup/sysctl",
    source: "export const p = cgroupSysctl((ctx) => ctx.write === 0);",
  },
  {
    name: "sockOps",
    needs: [],
    section: "sockops",
    source:
      "export const p = sockOps((ctx) => { if (ctx.op === 4 && ctx.args[0] < 9) ctx.args[0] = ctx.srtt_us; return Cgroup.ALLOW; });",
  },
  {
    name: "skLookup",
    needs: ["sk_lookup"],
    section: "sk_lookup",
    source:
      "export const p = skLookup((ctx) => (ctx.local_port === 7 && ntohs(ctx.remote_port) < 9 ? Sk.DROP : Sk.PASS));",
  },
  {
    name: "socketFilter",
    needs: [],
    section: "socket",
    source: "export const p = socketFilter((ctx) => (ctx.pkt_type === 4 ? 0 : ctx.len));",
  },
  {
    name: "rawTracepoint",
    needs: [],
    section: "raw_tp/sys_enter",
    source: 'export const p = rawTracepoint("sys_enter", (ctx) => { hits.set(0, ctx.args[1]); });',
  },
  {
    name: "tpBtf",
    needs: ["tp_btf"],
    section: "tp_btf/sched_switch",
    source:
      'export const p = tpBtf("sched_switch", (preempt, prev, next) => { if (preempt) hits.set(0, u64(u32(next.real_parent.tgid)) + u64(next.comm[1]) + u64(prev.se.on_rq) + u64(u32(prev.rt.time_slice) + u32(prev.sched_reset_on_fork))); });',
  },
  {
    name: "fentry",
    needs: ["fentry"],
    section: "fentry/tcp_connect",
    source:
      'export const p = fentry("tcp_connect", (sk) => { hits.set(0, u64(sk.__sk_common.skc_num)); });',
  },
  {
    name: "fexit",
    needs: ["fentry"],
    section: "fexit/tcp_connect",
    source:
      'export const p = fexit("tcp_connect", (sk, result) => { if (result < 0) hits.set(0, u64(sk.__sk_common.skc_num)); });',
  },
  {
    name: "fmodRet",
    needs: ["fmod_ret"],
    section: "fmod_ret/security_file_open",
    source: 'export const p = fmodRet("security_file_open", (file, result) => result);',
  },
  {
    name: "lsm",
    needs: ["lsm"],
    section: "lsm/file_open",
    source:
      'export const p = lsm("file_open", (file, result) => { if (result !== 0) return result; return file.f_mode === 99 ? -1 : 0; });',
  },
  {
    name: "kprobe",
    needs: ["kprobe"],
    section: "kprobe/vfs_read",
    source:
      'export const p = kprobe("vfs_read", (file, buf, count) => { if (file.f_inode.i_ino > 5n) hits.set(0, count); });',
  },
  {
    name: "kretprobe",
    needs: ["kprobe"],
    section: "kretprobe/vfs_read",
    source:
      'export const p = kretprobe("vfs_read", (result) => { if (result > 0n) hits.set(0, u64(result)); });',
  },
  {
    name: "uprobe",
    needs: [],
    section: "uprobe//bin/bash:readline",
    source:
      'export const p = uprobe("/bin/bash:readline", (ctx) => { hits.set(0, ctx.arg(0) + ctx.ip()); });',
  },
  {
    name: "uretprobe",
    needs: [],
    section: "uretprobe//bin/bash:readline",
    source:
      'export const p = uretprobe("/bin/bash:readline", (ctx) => { hits.set(0, ctx.result()); });',
  },
  {
    name: "perfEvent",
    needs: ["perf_event"],
    section: "perf_event",
    source: "export const p = perfEvent((ctx) => { hits.set(0, ctx.sample_period + ctx.ip()); });",
  },
  {
    name: "iter",
    needs: ["iter"],
    section: "iter/task",
    source:
      'export const p = iter("task", (ctx) => { const { task } = ctx; if (!task) return; ctx.print(`${task.pid} ${task.tgid}\\n`); });',
  },
  {
    name: "syscall",
    needs: ["syscall_program"],
    section: "syscall",
    source: "export const p = syscall((ctx) => { ctx.args[1] = ctx.args[0] + 1n; return 0; });",
  },
];

const HEADER = `import { arrayMap, Cgroup, cgroupDevice, cgroupSkb, cgroupSock, cgroupSockAddr, cgroupSysctl, fentry, fexit, fmodRet, htonl, htons, iter, kprobe, kretprobe, lsm, ntohs, perfEvent, rawTracepoint, Sk, skLookup, socketFilter, sockOps, syscall, Tc, tc, tpBtf, u32, u64, uprobe, uretprobe, Xdp, xdp } from "@ocelli/compiler";
export const hits = arrayMap({ value: u64, maxEntries: 1 });
`;

for (const { name, needs, section, source } of KINDS) {
  kernelTest(`compile() makes ${name} programs that the kernel loads`, { needs }, () => {
    const text = HEADER + source;
    const compiled = compile(text, {
      get kernel() {
        return kernelBtf();
      },
      arch: process.arch === "arm64" ? "arm64" : "x86-64",
    });
    assert.deepEqual(
      compiled.diagnostics.map((one) => formatSourceDiagnostic("p.ts", text, one)),
      [],
    );
    assert.ok(compiled.ok);
    const written = writeCollection(compiled.value.collection);
    assert.ok(written.ok);
    const read = readCollection(written.value);
    assert.ok(read.ok);
    assert.equal(read.value.programs.get("p")?.section, section);
    using loaded = loadCollection(read.value);
    assert.deepEqual([...loaded.programs.keys()], ["p"]);
  });
}
