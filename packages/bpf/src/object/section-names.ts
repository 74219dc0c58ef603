import type { AttachType } from "../abi/attach-types.ts";
import type { ProgramType } from "../abi/program-types.ts";
import { editDistance } from "../near.ts";

/** Whether a section name takes a target after a slash: `tp/sched/sched_switch`. */
type Target = "none" | "optional";

/** One name of the table: what a program in a section of that name is. */
export interface SectionDefinition {
  /** The name without its target, e.g. `fentry.s`. */
  readonly name: string;
  readonly type: ProgramType;
  /** What BPF_PROG_LOAD is told the program will be attached to; `undefined` leaves 0. */
  readonly attachType: AttachType | undefined;
  /** `optional`: a target may follow after a slash. Without one, attaching has to name it. */
  readonly target: Target;
  /** Loads with BPF_F_SLEEPABLE. */
  readonly sleepable: boolean;
  /** Loads with BPF_F_XDP_HAS_FRAGS. */
  readonly frags: boolean;
  /** The target is a type of the kernel's BTF, or a function of another program. */
  readonly attachesToBtf: boolean;
}

/** What the name of a program's section says. */
export interface SectionMeaning extends SectionDefinition {
  /** What follows the name's slash, `""` without one. */
  readonly attachTo: string;
  /** Off for names that start with `?`. */
  readonly autoload: boolean;
}

function define(
  name: string,
  type: ProgramType,
  attachType?: AttachType,
  traits: Partial<SectionDefinition> = {},
): SectionDefinition {
  return {
    name,
    type,
    attachType,
    target: "none",
    sleepable: name.endsWith(".s"),
    frags: name.startsWith("xdp.frags"),
    attachesToBtf: false,
    ...traits,
  };
}

/** Names that take a target. */
function targeted(
  names: readonly string[],
  type: ProgramType,
  attachType?: AttachType,
  traits: Partial<SectionDefinition> = {},
): SectionDefinition[] {
  return names.map((name) => define(name, type, attachType, { target: "optional", ...traits }));
}

const btf = { attachesToBtf: true } as const;

/**
 * Every section name that libbpf 1.5 knows, and the two of uprobe sessions. Names are told apart as in libbpf: a name with a
 * target matches itself and everything after its slash, any other name matches itself alone.
 */
export const SECTION_DEFINITIONS: readonly SectionDefinition[] = [
  define("socket", "socket_filter"),
  define("sk_reuseport/migrate", "sk_reuseport", "sk_reuseport_select_or_migrate"),
  define("sk_reuseport", "sk_reuseport", "sk_reuseport_select"),
  ...targeted(["kprobe", "kretprobe", "ksyscall", "kretsyscall"], "kprobe"),
  ...targeted(["uprobe", "uprobe.s", "uretprobe", "uretprobe.s", "usdt", "usdt.s"], "kprobe"),
  ...targeted(["kprobe.multi", "kretprobe.multi"], "kprobe", "trace_kprobe_multi"),
  ...targeted(["kprobe.session"], "kprobe", "trace_kprobe_session"),
  ...targeted(
    ["uprobe.multi", "uprobe.multi.s", "uretprobe.multi", "uretprobe.multi.s"],
    "kprobe",
    "trace_uprobe_multi",
  ),
  ...targeted(["uprobe.session", "uprobe.session.s"], "kprobe", "trace_uprobe_session"),
  define("tc/ingress", "sched_cls", "tcx_ingress"),
  define("tc/egress", "sched_cls", "tcx_egress"),
  define("tcx/ingress", "sched_cls", "tcx_ingress"),
  define("tcx/egress", "sched_cls", "tcx_egress"),
  define("netkit/primary", "sched_cls", "netkit_primary"),
  define("netkit/peer", "sched_cls", "netkit_peer"),
  define("tc", "sched_cls"),
  define("classifier", "sched_cls"),
  define("action", "sched_act"),
  ...targeted(["tracepoint", "tp"], "tracepoint"),
  ...targeted(["raw_tracepoint", "raw_tp"], "raw_tracepoint"),
  ...targeted(["raw_tracepoint.w", "raw_tp.w"], "raw_tracepoint_writable"),
  ...targeted(["tp_btf"], "tracing", "trace_raw_tp", btf),
  ...targeted(["fentry", "fentry.s"], "tracing", "trace_fentry", btf),
  ...targeted(["fexit", "fexit.s"], "tracing", "trace_fexit", btf),
  ...targeted(["fmod_ret", "fmod_ret.s"], "tracing", "modify_return", btf),
  ...targeted(["iter", "iter.s"], "tracing", "trace_iter", btf),
  ...targeted(["freplace"], "ext", undefined, btf),
  ...targeted(["lsm", "lsm.s"], "lsm", "lsm_mac", btf),
  ...targeted(["lsm_cgroup"], "lsm", "lsm_cgroup", btf),
  define("syscall", "syscall", undefined, { sleepable: true }),
  define("xdp", "xdp", "xdp"),
  define("xdp.frags", "xdp", "xdp"),
  define("xdp/devmap", "xdp", "xdp_devmap"),
  define("xdp.frags/devmap", "xdp", "xdp_devmap"),
  define("xdp/cpumap", "xdp", "xdp_cpumap"),
  define("xdp.frags/cpumap", "xdp", "xdp_cpumap"),
  define("perf_event", "perf_event"),
  define("lwt_in", "lwt_in"),
  define("lwt_out", "lwt_out"),
  define("lwt_xmit", "lwt_xmit"),
  define("lwt_seg6local", "lwt_seg6local"),
  define("sockops", "sock_ops", "cgroup_sock_ops"),
  define("sk_skb/stream_parser", "sk_skb", "sk_skb_stream_parser"),
  define("sk_skb/stream_verdict", "sk_skb", "sk_skb_stream_verdict"),
  define("sk_skb/verdict", "sk_skb", "sk_skb_verdict"),
  define("sk_skb", "sk_skb"),
  define("sk_msg", "sk_msg", "sk_msg_verdict"),
  define("lirc_mode2", "lirc_mode2", "lirc_mode2"),
  define("flow_dissector", "flow_dissector", "flow_dissector"),
  define("cgroup_skb/ingress", "cgroup_skb", "cgroup_inet_ingress"),
  define("cgroup_skb/egress", "cgroup_skb", "cgroup_inet_egress"),
  define("cgroup/skb", "cgroup_skb"),
  define("cgroup/sock_create", "cgroup_sock", "cgroup_inet_sock_create"),
  define("cgroup/sock_release", "cgroup_sock", "cgroup_inet_sock_release"),
  define("cgroup/sock", "cgroup_sock", "cgroup_inet_sock_create"),
  define("cgroup/post_bind4", "cgroup_sock", "cgroup_inet4_post_bind"),
  define("cgroup/post_bind6", "cgroup_sock", "cgroup_inet6_post_bind"),
  define("cgroup/bind4", "cgroup_sock_addr", "cgroup_inet4_bind"),
  define("cgroup/bind6", "cgroup_sock_addr", "cgroup_inet6_bind"),
  define("cgroup/connect4", "cgroup_sock_addr", "cgroup_inet4_connect"),
  define("cgroup/connect6", "cgroup_sock_addr", "cgroup_inet6_connect"),
  define("cgroup/connect_unix", "cgroup_sock_addr", "cgroup_unix_connect"),
  define("cgroup/sendmsg4", "cgroup_sock_addr", "cgroup_udp4_sendmsg"),
  define("cgroup/sendmsg6", "cgroup_sock_addr", "cgroup_udp6_sendmsg"),
  define("cgroup/sendmsg_unix", "cgroup_sock_addr", "cgroup_unix_sendmsg"),
  define("cgroup/recvmsg4", "cgroup_sock_addr", "cgroup_udp4_recvmsg"),
  define("cgroup/recvmsg6", "cgroup_sock_addr", "cgroup_udp6_recvmsg"),
  define("cgroup/recvmsg_unix", "cgroup_sock_addr", "cgroup_unix_recvmsg"),
  define("cgroup/getpeername4", "cgroup_sock_addr", "cgroup_inet4_getpeername"),
  define("cgroup/getpeername6", "cgroup_sock_addr", "cgroup_inet6_getpeername"),
  define("cgroup/getpeername_unix", "cgroup_sock_addr", "cgroup_unix_getpeername"),
  define("cgroup/getsockname4", "cgroup_sock_addr", "cgroup_inet4_getsockname"),
  define("cgroup/getsockname6", "cgroup_sock_addr", "cgroup_inet6_getsockname"),
  define("cgroup/getsockname_unix", "cgroup_sock_addr", "cgroup_unix_getsockname"),
  define("cgroup/sysctl", "cgroup_sysctl", "cgroup_sysctl"),
  define("cgroup/getsockopt", "cgroup_sockopt", "cgroup_getsockopt"),
  define("cgroup/setsockopt", "cgroup_sockopt", "cgroup_setsockopt"),
  define("cgroup/dev", "cgroup_device", "cgroup_device"),
  ...targeted(["struct_ops", "struct_ops.s"], "struct_ops"),
  define("sk_lookup", "sk_lookup", "sk_lookup"),
  define("netfilter", "netfilter", "netfilter"),
];

const byName = new Map(SECTION_DEFINITIONS.map((definition) => [definition.name, definition]));

/** What a program in the section is; `undefined` for a name that is not in the table. */
export function parseSectionName(section: string): SectionMeaning | undefined {
  const autoload = !section.startsWith("?");
  const name = autoload ? section : section.slice(1);
  const exact = byName.get(name);
  if (exact !== undefined) return { ...exact, attachTo: "", autoload };
  const slash = name.indexOf("/");
  const prefix = byName.get(slash === -1 ? name : name.slice(0, slash));
  if (prefix?.target !== "optional") return undefined;
  return { ...prefix, attachTo: name.slice(slash + 1), autoload };
}

/** The name of the table that a person most likely meant: the one with the fewest letters to change. */
export function nearestSectionName(section: string): string {
  const wanted = (section.startsWith("?") ? section.slice(1) : section).slice(0, 64);
  const head = wanted.split("/")[0] ?? "";
  let best = { name: "", distance: Infinity };
  for (const { name, target } of SECTION_DEFINITIONS) {
    const distance = editDistance(target === "optional" ? head : wanted, name);
    if (distance < best.distance) best = { name: target === "none" ? name : `${name}/`, distance };
  }
  return best.name;
}
