import { LinuxError } from "../error.ts";
import type { BpfMap } from "../map/map.ts";
import type { TcDirection } from "../netlink/tc.ts";
import type { Program } from "../program/program.ts";
import { attachCgroup } from "./cgroup.ts";
import { attachFreplace } from "./freplace.ts";
import { attachIterator, type IteratorOptions } from "./iterator.ts";
import { attachKprobeMulti } from "./kprobe-multi.ts";
import { attachKprobe, attachKsyscall } from "./kprobe.ts";
import type { Link } from "./link.ts";
import { attachLirc } from "./lirc.ts";
import { attachNetfilter, type NetfilterOptions } from "./netfilter.ts";
import { attachNetkit } from "./netkit.ts";
import { attachFlowDissector, attachSkLookup } from "./netns.ts";
import { attachRawTracepoint } from "./raw-tracepoint.ts";
import { attachPerfEvent, type SamplingOptions } from "./sampling.ts";
import { attachSocketFilter } from "./socket-filter.ts";
import { attachSockmap } from "./sockmap.ts";
import { attachTcx } from "./tcx.ts";
import { attachTracepoint } from "./tracepoint.ts";
import { attachLsm, attachTracing } from "./tracing.ts";
import { attachUprobeMulti } from "./uprobe-multi.ts";
import { attachUprobe } from "./uprobe.ts";
import { attachUsdt } from "./usdt.ts";
import { attachXdp } from "./xdp.ts";

/** What a section name does not say. Each hook takes what concerns it, and asks for what it cannot do without. */
export interface AttachOptions {
  /** In place of what follows the slash of the section's name. */
  readonly to?: string;
  readonly cookie?: bigint;
  /** One process, for uprobes and static probes. */
  readonly pid?: number;
  /** Name or index, for XDP and traffic programs. */
  readonly interface?: string | number;
  /** For traffic programs whose section names no side. */
  readonly direction?: TcDirection;
  /** The folder of a cgroup v2. */
  readonly cgroup?: string;
  /** A file that stands for a network namespace; the current one by default. */
  readonly netns?: string;
  readonly netfilter?: NetfilterOptions;
  readonly sampling?: SamplingOptions;
  readonly iterator?: IteratorOptions;
  /** A map of sockets. */
  readonly map?: BpfMap;
  readonly socketFd?: number;
  /** An infrared receiver. */
  readonly device?: string;
}

type Attacher = (program: Program, options: AttachOptions, to: string) => Link;

/**
 * Attaches a program to what its section name says, as libbpf does: `kprobe/vfs_read`, `uprobe/libc.so.6:malloc`,
 * `usdt/FILE:PROVIDER:NAME`, `tp/sched/sched_switch`, … What the name leaves open comes from `options`; the message of
 * the error names the option that is missing. A program that was not read from an object goes by its type.
 */
export function attach(program: Program, options: AttachOptions = {}): Link {
  const section = program.section.replace(/^\?/, "").split("/", 1)[0] ?? "";
  const to = options.to ?? program.attachTo;
  const attacher = BY_SECTION[section.replace(/\.s$/, "")] ?? BY_TYPE[program.type] ?? refuse;
  return attacher(program, options, to);
}

function refuse(program: Program): never {
  throw new LinuxError(
    "invalid",
    `Cannot attach "${program.name}": programs of type ${program.type} are not attached to a hook but ${USES[program.type] ?? "used otherwise"}`,
  );
}

const USES: Partial<Record<Program["type"], string>> = {
  syscall: "run by runProgram()",
  struct_ops: "named by a struct_ops map: use attachStructOps() with that map",
  lwt_in: "named by a route: ip route add … encap bpf",
  lwt_out: "named by a route: ip route add … encap bpf",
  lwt_xmit: "named by a route: ip route add … encap bpf",
  lwt_seg6local: "named by a route: ip route add … encap seg6local",
  sched_act: "named by a traffic filter: tc filter add … action bpf",
};

function required<K extends keyof AttachOptions>(
  program: Program,
  options: AttachOptions,
  key: K,
): NonNullable<AttachOptions[K]> {
  const value = options[key];
  if (value !== undefined && value !== null) return value;
  throw new LinuxError(
    "invalid",
    `Cannot attach "${program.name}": a program of section "${program.section}" and type ${program.type} needs the option "${key}"`,
  );
}

function target(program: Program, to: string, example: string): string {
  if (to !== "") return to;
  throw new LinuxError(
    "invalid",
    `Cannot attach "${program.name}": section "${program.section}" does not say where; give the option "to", e.g. "${example}"`,
  );
}

const cookieOf = ({ cookie }: AttachOptions): { cookie?: bigint } =>
  cookie === undefined ? {} : { cookie };
const pidOf = ({ pid }: AttachOptions): { pid?: number } => (pid === undefined ? {} : { pid });

function kprobe(atReturn: boolean): Attacher {
  return (program, options, to) =>
    attachKprobe(program, {
      symbol: target(program, to, "vfs_read"),
      atReturn,
      ...cookieOf(options),
    });
}

function ksyscall(atReturn: boolean): Attacher {
  return (program, options, to) =>
    attachKsyscall(program, {
      name: target(program, to, "openat"),
      atReturn,
      ...cookieOf(options),
    });
}

function kprobeMulti(atReturn: boolean): Attacher {
  return (program, options, to) => {
    const pattern = target(program, to, "vfs_*");
    return attachKprobeMulti(program, {
      functions: /[*?]/.test(pattern) ? { pattern } : { names: [pattern] },
      atReturn,
      ...(options.cookie === undefined ? {} : { cookies: [options.cookie] }),
    });
  };
}

// `FILE:FUNCTION`, where the file may hold colons, too.
function fileAndPlace(
  program: Program,
  to: string,
  example: string,
): [file: string, place: string] {
  const colon = to.lastIndexOf(":");
  if (colon > 0 && colon < to.length - 1) return [to.slice(0, colon), to.slice(colon + 1)];
  const given = target(program, to, example);
  throw new LinuxError(
    "invalid",
    `Cannot attach "${program.name}": "${given}" is no place in a file; write file and function, e.g. "${example}"`,
  );
}

function uprobe(atReturn: boolean): Attacher {
  return (program, options, to) => {
    const [path, at] = fileAndPlace(program, to, "libc.so.6:malloc");
    const place = /^(0x[0-9a-f]+|\d+)$/i.test(at) ? Number(at) : at;
    return attachUprobe(program, {
      path,
      at: place,
      atReturn,
      ...cookieOf(options),
      ...pidOf(options),
    });
  };
}

function uprobeMulti(atReturn: boolean): Attacher {
  return (program, options, to) => {
    const [path, pattern] = fileAndPlace(program, to, "libc.so.6:mem*");
    return attachUprobeMulti(program, {
      path,
      functions: /[*?]/.test(pattern) ? { pattern } : { names: [pattern] },
      atReturn,
      ...pidOf(options),
      ...(options.cookie === undefined ? {} : { cookies: [options.cookie] }),
    });
  };
}

const usdt: Attacher = (program, options, to) => {
  const example = "/usr/bin/python3:python:function__entry";
  const [rest, name] = fileAndPlace(program, to, example);
  const [path, provider] = fileAndPlace(program, rest, example);
  return attachUsdt(program, { path, provider, name, ...cookieOf(options), ...pidOf(options) });
};

const BY_SECTION: Readonly<Record<string, Attacher>> = {
  kprobe: kprobe(false),
  kretprobe: kprobe(true),
  ksyscall: ksyscall(false),
  kretsyscall: ksyscall(true),
  "kprobe.multi": kprobeMulti(false),
  "kretprobe.multi": kprobeMulti(true),
  "kprobe.session": kprobeMulti(false),
  uprobe: uprobe(false),
  uretprobe: uprobe(true),
  "uprobe.multi": uprobeMulti(false),
  "uretprobe.multi": uprobeMulti(true),
  "uprobe.session": uprobeMulti(false),
  usdt,
};

const cgroup: Attacher = (program, options) =>
  attachCgroup(program, { cgroup: required(program, options, "cgroup") });

const rawTracepoint: Attacher = (program, options, to) =>
  attachRawTracepoint(program, {
    tracepoint: target(program, to, "sched_switch"),
    ...cookieOf(options),
  });

const sockmap: Attacher = (program, options) =>
  attachSockmap(program, { map: required(program, options, "map") });

const netnsOf = ({ netns }: AttachOptions): { netns?: string } =>
  netns === undefined ? {} : { netns };

const traffic: Attacher = (program, options) => {
  const interfaceName = required(program, options, "interface");
  switch (program.attachType) {
    case "netkit_primary":
      return attachNetkit(program, { interface: interfaceName, end: "primary" });
    case "netkit_peer":
      return attachNetkit(program, { interface: interfaceName, end: "peer" });
    case "tcx_ingress":
      return attachTcx(program, { interface: interfaceName, direction: "ingress" });
    case "tcx_egress":
      return attachTcx(program, { interface: interfaceName, direction: "egress" });
    default: {
      const direction = required(program, options, "direction");
      return attachTcx(program, { interface: interfaceName, direction });
    }
  }
};

const BY_TYPE: Partial<Record<Program["type"], Attacher>> = {
  tracepoint: (program, options, to) =>
    attachTracepoint(program, {
      tracepoint: target(program, to, "sched/sched_switch"),
      ...cookieOf(options),
    }),
  raw_tracepoint: rawTracepoint,
  raw_tracepoint_writable: rawTracepoint,
  tracing: (program, options) =>
    program.attachType === "trace_iter"
      ? attachIterator(program, options.iterator)
      : attachTracing(program, cookieOf(options)),
  lsm: (program, options, to) =>
    program.attachType === "lsm_cgroup"
      ? cgroup(program, options, to)
      : attachLsm(program, cookieOf(options)),
  ext: (program) => attachFreplace(program),
  perf_event: (program, options) =>
    attachPerfEvent(program, required(program, options, "sampling")),
  xdp: (program, options) =>
    attachXdp(program, { interface: required(program, options, "interface") }),
  sched_cls: traffic,
  cgroup_skb: cgroup,
  cgroup_sock: cgroup,
  cgroup_sock_addr: cgroup,
  cgroup_device: cgroup,
  cgroup_sysctl: cgroup,
  cgroup_sockopt: cgroup,
  sock_ops: cgroup,
  sk_skb: sockmap,
  sk_msg: sockmap,
  sk_lookup: (program, options) => attachSkLookup(program, netnsOf(options)),
  flow_dissector: (program, options) => attachFlowDissector(program, netnsOf(options)),
  netfilter: (program, options) =>
    attachNetfilter(program, required(program, options, "netfilter")),
  socket_filter: (program, options) =>
    attachSocketFilter(program, { socketFd: required(program, options, "socketFd") }),
  sk_reuseport: (program, options) =>
    attachSocketFilter(program, { socketFd: required(program, options, "socketFd") }),
  lirc_mode2: (program, options) =>
    attachLirc(program, { device: required(program, options, "device") }),
};
