import type { Helper } from "@ocelli/bpf";

import type { ProgramKind } from "../author/programs.ts";

/**
 * What a parameter takes: a number; a buffer or record that the helper fills or reads; an address; a pointer that the verifier
 * knows; a socket.
 */
export type ParameterKind =
  | "u32"
  | "i32"
  | "u64"
  | "i64"
  | "be16"
  | "out"
  | "in"
  | "kernel"
  | "user"
  | "trusted"
  | "socket";

/** What is left of r0. `ok`: whether it is 0. `sock` and `tcp-sock`: a struct, or nothing. */
export type ResultKind = "void" | "u32" | "i32" | "u64" | "i64" | "ok" | "sock" | "tcp-sock";

/** How a call of the language becomes one of a helper. */
export interface HelperRow {
  readonly helper: Helper;
  readonly parameters: readonly (ParameterKind | readonly [ParameterKind, bigint])[];
  /**
   * The helper's own arguments: `ctx`, the value or address of a parameter by its number, `size` of a parameter's buffer, or
   * a constant.
   */
  readonly args: readonly ("ctx" | number | { readonly size: number } | bigint)[];
  readonly result: ResultKind;
}

const size = (parameter: number): { readonly size: number } => ({ size: parameter });

/** Functions. A parameter with a number may be left out. */
export const HELPER_FUNCTIONS: Readonly<Record<string, HelperRow>> = {
  ktimeNs: { helper: "ktime_get_ns", parameters: [], args: [], result: "u64" },
  ktimeBootNs: { helper: "ktime_get_boot_ns", parameters: [], args: [], result: "u64" },
  jiffies: { helper: "jiffies64", parameters: [], args: [], result: "u64" },
  tid: { helper: "get_current_pid_tgid", parameters: [], args: [], result: "u32" },
  uid: { helper: "get_current_uid_gid", parameters: [], args: [], result: "u32" },
  cpu: { helper: "get_smp_processor_id", parameters: [], args: [], result: "u32" },
  numaNode: { helper: "get_numa_node_id", parameters: [], args: [], result: "u32" },
  random: { helper: "get_prandom_u32", parameters: [], args: [], result: "u32" },
  cgroupId: { helper: "get_current_cgroup_id", parameters: [], args: [], result: "u64" },
  ancestorCgroupId: {
    helper: "get_current_ancestor_cgroup_id",
    parameters: ["i32"],
    args: [0],
    result: "u64",
  },
  comm: { helper: "get_current_comm", parameters: ["out"], args: [0, size(0)], result: "void" },
  sendSignal: { helper: "send_signal", parameters: ["u32"], args: [0], result: "i32" },
  sendSignalThread: { helper: "send_signal_thread", parameters: ["u32"], args: [0], result: "i32" },
  overrideReturn: {
    helper: "override_return",
    parameters: ["i64"],
    args: ["ctx", 0],
    result: "void",
  },
  kernelStack: {
    helper: "get_stack",
    parameters: ["out"],
    args: ["ctx", 0, size(0), 0n],
    result: "i32",
  },
  userStack: {
    helper: "get_stack",
    parameters: ["out"],
    // BPF_F_USER_STACK
    args: ["ctx", 0, size(0), 256n],
    result: "i32",
  },
  taskStack: {
    helper: "get_task_stack",
    parameters: ["trusted", "out"],
    args: [0, 1, size(1), 0n],
    result: "i32",
  },
  dPath: { helper: "d_path", parameters: ["out", "trusted"], args: [1, 0, size(0)], result: "i32" },
  functionIp: { helper: "get_func_ip", parameters: [], args: ["ctx"], result: "u64" },
  attachCookie: { helper: "get_attach_cookie", parameters: [], args: ["ctx"], result: "u64" },
  readKernel: {
    helper: "probe_read_kernel",
    parameters: ["out", "kernel"],
    args: [0, size(0), 1],
    result: "i32",
  },
  readKernelStr: {
    helper: "probe_read_kernel_str",
    parameters: ["out", "kernel"],
    args: [0, size(0), 1],
    result: "i32",
  },
  writeUser: {
    helper: "probe_write_user",
    parameters: ["user", "in"],
    args: [0, 1, size(1)],
    result: "i32",
  },
  copyFromUser: {
    helper: "copy_from_user",
    parameters: ["out", "user"],
    args: [0, size(0), 1],
    result: "i32",
  },
  redirect: { helper: "redirect", parameters: ["u32", ["u64", 0n]], args: [0, 1], result: "u32" },
  redirectPeer: {
    helper: "redirect_peer",
    parameters: ["u32", ["u64", 0n]],
    args: [0, 1],
    result: "u32",
  },
  redirectNeigh: {
    helper: "redirect_neigh",
    parameters: ["u32"],
    args: [0, 0n, 0n, 0n],
    result: "u32",
  },
  csumDiff: {
    helper: "csum_diff",
    parameters: ["in", "in", ["u32", 0n]],
    args: [0, size(0), 1, size(1), 2],
    result: "i64",
  },
  tcpSock: { helper: "tcp_sock", parameters: ["socket"], args: [0], result: "tcp-sock" },
  fullSock: { helper: "sk_fullsock", parameters: ["socket"], args: [0], result: "sock" },
  setRetval: { helper: "set_retval", parameters: ["i32"], args: [0], result: "i32" },
  getRetval: { helper: "get_retval", parameters: [], args: [], result: "i32" },
};

const SKB_LOAD: HelperRow = {
  helper: "skb_load_bytes",
  parameters: ["u32", "out"],
  args: ["ctx", 0, 1, size(1)],
  result: "ok",
};
const COOKIE: HelperRow = {
  helper: "get_socket_cookie",
  parameters: [],
  args: ["ctx"],
  result: "u64",
};
const SOCKET_OPTIONS: Readonly<Record<string, HelperRow>> = {
  setOption: {
    helper: "setsockopt",
    parameters: ["i32", "i32", "in"],
    args: ["ctx", 0, 1, 2, size(2)],
    result: "ok",
  },
  getOption: {
    helper: "getsockopt",
    parameters: ["i32", "i32", "out"],
    args: ["ctx", 0, 1, 2, size(2)],
    result: "ok",
  },
};
const UID: HelperRow = { helper: "get_socket_uid", parameters: [], args: ["ctx"], result: "u32" };
const FIB: HelperRow = {
  helper: "fib_lookup",
  parameters: ["out", ["u32", 0n]],
  args: ["ctx", 0, size(0), 1],
  result: "i32",
};

/** Methods of contexts, by the kind of program. */
export const CONTEXT_METHODS: Readonly<
  Partial<Record<ProgramKind, Readonly<Record<string, HelperRow>>>>
> = {
  xdp: {
    adjustHead: { helper: "xdp_adjust_head", parameters: ["i32"], args: ["ctx", 0], result: "ok" },
    adjustTail: { helper: "xdp_adjust_tail", parameters: ["i32"], args: ["ctx", 0], result: "ok" },
    adjustMeta: { helper: "xdp_adjust_meta", parameters: ["i32"], args: ["ctx", 0], result: "ok" },
    loadBytes: { ...SKB_LOAD, helper: "xdp_load_bytes" },
    storeBytes: {
      helper: "xdp_store_bytes",
      parameters: ["u32", "in"],
      args: ["ctx", 0, 1, size(1)],
      result: "ok",
    },
    length: { helper: "xdp_get_buff_len", parameters: [], args: ["ctx"], result: "u64" },
    fibLookup: FIB,
  },
  tc: {
    loadBytes: SKB_LOAD,
    storeBytes: {
      helper: "skb_store_bytes",
      parameters: ["u32", "in", ["u64", 0n]],
      args: ["ctx", 0, 1, size(1), 2],
      result: "ok",
    },
    pullData: { helper: "skb_pull_data", parameters: ["u32"], args: ["ctx", 0], result: "ok" },
    changeTail: {
      helper: "skb_change_tail",
      parameters: ["u32", ["u64", 0n]],
      args: ["ctx", 0, 1],
      result: "ok",
    },
    changeHead: {
      helper: "skb_change_head",
      parameters: ["u32", ["u64", 0n]],
      args: ["ctx", 0, 1],
      result: "ok",
    },
    changeType: { helper: "skb_change_type", parameters: ["u32"], args: ["ctx", 0], result: "ok" },
    changeProto: {
      helper: "skb_change_proto",
      parameters: ["be16", ["u64", 0n]],
      args: ["ctx", 0, 1],
      result: "ok",
    },
    adjustRoom: {
      helper: "skb_adjust_room",
      parameters: ["i32", "u32", ["u64", 0n]],
      args: ["ctx", 0, 1, 2],
      result: "ok",
    },
    vlanPush: {
      helper: "skb_vlan_push",
      parameters: ["be16", "u32"],
      args: ["ctx", 0, 1],
      result: "ok",
    },
    vlanPop: { helper: "skb_vlan_pop", parameters: [], args: ["ctx"], result: "ok" },
    replaceL3Checksum: {
      helper: "l3_csum_replace",
      parameters: ["u32", "u64", "u64", "u64"],
      args: ["ctx", 0, 1, 2, 3],
      result: "ok",
    },
    replaceL4Checksum: {
      helper: "l4_csum_replace",
      parameters: ["u32", "u64", "u64", "u64"],
      args: ["ctx", 0, 1, 2, 3],
      result: "ok",
    },
    cloneRedirect: {
      helper: "clone_redirect",
      parameters: ["u32", ["u64", 0n]],
      args: ["ctx", 0, 1],
      result: "ok",
    },
    flowHash: { helper: "get_hash_recalc", parameters: [], args: ["ctx"], result: "u32" },
    cgroupId: { helper: "skb_cgroup_id", parameters: [], args: ["ctx"], result: "u64" },
    socketCookie: COOKIE,
    socketUid: UID,
    fibLookup: FIB,
  },
  "cgroup-skb": {
    loadBytes: SKB_LOAD,
    socketCookie: COOKIE,
    socketUid: UID,
    cgroupId: { helper: "skb_cgroup_id", parameters: [], args: ["ctx"], result: "u64" },
  },
  "socket-filter": { loadBytes: SKB_LOAD, socketCookie: COOKIE, socketUid: UID },
  "cgroup-sock": { socketCookie: COOKIE },
  "cgroup-sock-addr": { socketCookie: COOKIE, ...SOCKET_OPTIONS },
  "sock-ops": {
    socketCookie: COOKIE,
    ...SOCKET_OPTIONS,
    setCallbacks: {
      helper: "sock_ops_cb_flags_set",
      parameters: ["u32"],
      args: ["ctx", 0],
      result: "ok",
    },
  },
};

/** Helpers after which the packet lies elsewhere: pointers into it are gone. */
export const MOVES_PACKET: ReadonlySet<string> = new Set([
  "xdp_adjust_head",
  "xdp_adjust_tail",
  "xdp_adjust_meta",
  "skb_store_bytes",
  "skb_pull_data",
  "skb_change_tail",
  "skb_change_head",
  "skb_change_proto",
  "skb_adjust_room",
  "skb_vlan_push",
  "skb_vlan_pop",
  "l3_csum_replace",
  "l4_csum_replace",
  "clone_redirect",
]);
