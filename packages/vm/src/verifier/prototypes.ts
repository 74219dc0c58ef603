// What helpers take and give: the kernel's `struct bpf_func_proto` of each. One line a helper, "arguments -> result".
//
//   any          a number, or anything              map          a map
//   key value    bytes of the map's size            uvalue       the same, to be written
//   mem N        initialised bytes, read            umem         bytes that are written and need no content
//   wmem         initialised bytes that are written              mem:8  exactly so many bytes; umem:8 too, aligned
//   size size0   bytes of the argument before, at least 1 or 0   csize0 a known number that says how large the result is
//   ctx          the context, unchanged             socket sockcommon sock   sockets
//   lock timer kptr func str stack percpu ring dynptr            see check-argument.ts
//   btf:NAME     a pointer to that struct of the kernel's
//
// A `?` after a kind allows null. Flags after the result: `gpl`, `pkt` takes packet pointers for memory, `changes` makes
// packet pointers worthless.
import { HELPERS, type Helper } from "@ocelli/bpf";

/** One argument of a helper. */
export interface ArgumentKind {
  readonly kind: string;
  readonly nullable: boolean;
  /** The struct's name of `btf`, bytes of a fixed size. */
  readonly detail: string;
}

/** What a helper takes and gives. */
export interface Prototype {
  readonly name: Helper;
  readonly arguments: readonly ArgumentKind[];
  readonly result: ArgumentKind;
  readonly gpl: boolean;
  readonly packetMemory: boolean;
  readonly changesPacket: boolean;
}

const TABLE: Readonly<Partial<Record<Helper, string>>> = {
  map_lookup_elem: "map key -> value? pkt",
  map_update_elem: "map key value any -> int pkt",
  map_delete_elem: "map key -> int pkt",
  probe_read: "umem size0 any -> int gpl",
  ktime_get_ns: "-> int",
  trace_printk: "mem size -> int gpl",
  get_prandom_u32: "-> int",
  get_smp_processor_id: "-> int",
  skb_store_bytes: "ctx any mem size any -> int changes",
  l3_csum_replace: "ctx any any any any -> int changes",
  l4_csum_replace: "ctx any any any any -> int changes",
  tail_call: "ctx map any -> void changes",
  clone_redirect: "ctx any any -> int changes",
  get_current_pid_tgid: "-> int",
  get_current_uid_gid: "-> int",
  get_current_comm: "umem size -> int",
  get_cgroup_classid: "ctx -> int",
  skb_vlan_push: "ctx any any -> int changes",
  skb_vlan_pop: "ctx -> int changes",
  skb_get_tunnel_key: "ctx umem size any -> int",
  skb_set_tunnel_key: "ctx mem size any -> int",
  perf_event_read: "map any -> int gpl",
  redirect: "any any -> int",
  get_route_realm: "ctx -> int",
  perf_event_output: "ctx map any mem size0 -> int gpl",
  skb_load_bytes: "ctx any umem size -> int",
  get_stackid: "ctx map any -> int gpl",
  csum_diff: "mem? size0 mem? size0 any -> int pkt",
  skb_get_tunnel_opt: "ctx umem size -> int",
  skb_set_tunnel_opt: "ctx mem size -> int",
  skb_change_proto: "ctx any any -> int changes",
  skb_change_type: "ctx any -> int",
  skb_under_cgroup: "ctx map any -> int",
  get_hash_recalc: "ctx -> int",
  get_current_task: "-> int gpl",
  probe_write_user: "any mem size -> int gpl",
  current_task_under_cgroup: "map any -> int",
  skb_change_tail: "ctx any any -> int changes",
  skb_pull_data: "ctx any -> int changes",
  csum_update: "ctx any -> int",
  set_hash_invalid: "ctx -> int",
  get_numa_node_id: "-> int",
  skb_change_head: "ctx any any -> int changes",
  xdp_adjust_head: "ctx any -> int changes",
  probe_read_str: "umem size0 any -> int gpl",
  get_socket_cookie: "ctx -> int",
  get_socket_uid: "ctx -> int",
  set_hash: "ctx any -> int",
  setsockopt: "ctx any any mem size -> int",
  skb_adjust_room: "ctx any any any -> int changes",
  redirect_map: "map any any -> int",
  sk_redirect_map: "ctx map any any -> int",
  sock_map_update: "ctx map key any -> int pkt",
  xdp_adjust_meta: "ctx any -> int changes",
  perf_event_read_value: "map any umem size -> int gpl",
  perf_prog_read_value: "ctx umem size -> int gpl",
  getsockopt: "ctx any any umem size -> int",
  override_return: "ctx any -> int gpl",
  sock_ops_cb_flags_set: "ctx any -> int",
  msg_redirect_map: "ctx map any any -> int",
  msg_apply_bytes: "ctx any -> int",
  msg_cork_bytes: "ctx any -> int",
  msg_pull_data: "ctx any any any -> int changes",
  bind: "ctx mem size -> int",
  xdp_adjust_tail: "ctx any -> int changes",
  skb_get_xfrm_state: "ctx any umem size any -> int",
  get_stack: "ctx umem size0 any -> int gpl",
  skb_load_bytes_relative: "ctx any umem size any -> int",
  fib_lookup: "ctx wmem size any -> int gpl",
  sock_hash_update: "ctx map key any -> int pkt",
  msg_redirect_hash: "ctx map key any -> int",
  sk_redirect_hash: "ctx map key any -> int",
  lwt_push_encap: "ctx any mem size -> int changes",
  lwt_seg6_store_bytes: "ctx any mem size -> int changes",
  lwt_seg6_adjust_srh: "ctx any any -> int changes",
  lwt_seg6_action: "ctx any mem size -> int changes",
  skb_cgroup_id: "ctx -> int",
  get_current_cgroup_id: "-> int",
  get_local_storage: "map any -> mapvalue",
  sk_select_reuseport: "ctx map key any -> int",
  skb_ancestor_cgroup_id: "ctx any -> int",
  sk_lookup_tcp: "ctx mem size any any -> socket? pkt",
  sk_lookup_udp: "ctx mem size any any -> socket? pkt",
  sk_release: "release -> int",
  map_push_elem: "map value any -> int pkt",
  map_pop_elem: "map uvalue -> int",
  map_peek_elem: "map uvalue -> int",
  msg_push_data: "ctx any any any -> int changes",
  msg_pop_data: "ctx any any any -> int changes",
  spin_lock: "lock -> void",
  spin_unlock: "lock -> void",
  sk_fullsock: "sockcommon -> socket?",
  tcp_sock: "sockcommon -> tcpsock?",
  skb_ecn_set_ce: "ctx -> int",
  get_listener_sock: "sockcommon -> socket?",
  skc_lookup_tcp: "ctx mem size any any -> sockcommon? pkt",
  tcp_check_syncookie: "sock mem size mem size -> int pkt",
  sysctl_get_name: "ctx umem size any -> int",
  sysctl_get_current_value: "ctx umem size -> int",
  sysctl_get_new_value: "ctx umem size -> int",
  sysctl_set_new_value: "ctx mem size -> int",
  strtol: "mem size any umem:8 -> int",
  strtoul: "mem size any umem:8 -> int",
  sk_storage_get: "map sock value? any -> value?",
  sk_storage_delete: "map sock -> int",
  send_signal: "any -> int",
  tcp_gen_syncookie: "sock mem size mem size -> int pkt",
  skb_output: "btf:sk_buff map any mem size0 -> int gpl",
  probe_read_user: "umem size0 any -> int gpl",
  probe_read_kernel: "umem size0 any -> int gpl",
  probe_read_user_str: "umem size0 any -> int gpl",
  probe_read_kernel_str: "umem size0 any -> int gpl",
  send_signal_thread: "any -> int",
  jiffies64: "-> int",
  read_branch_records: "ctx umem? size0 any -> int gpl",
  get_ns_current_pid_tgid: "any any umem size -> int",
  xdp_output: "btf:xdp_buff map any mem size0 -> int gpl",
  get_netns_cookie: "ctx? -> int",
  get_current_ancestor_cgroup_id: "any -> int",
  sk_assign: "ctx sock any -> int",
  ktime_get_boot_ns: "-> int",
  seq_printf: "btf:seq_file mem size mem? size0 -> int gpl",
  seq_write: "btf:seq_file mem size0 -> int gpl",
  sk_cgroup_id: "sock -> int",
  sk_ancestor_cgroup_id: "sock any -> int",
  ringbuf_output: "map mem size0 any -> int",
  ringbuf_reserve: "map csize0 any -> ring?",
  ringbuf_submit: "ring any -> void",
  ringbuf_discard: "ring any -> void",
  ringbuf_query: "map any -> int",
  csum_level: "ctx any -> int",
  skc_to_tcp6_sock: "sock -> btf?:tcp6_sock",
  skc_to_tcp_sock: "sock -> btf?:tcp_sock",
  skc_to_tcp_timewait_sock: "sock -> btf?:tcp_timewait_sock",
  skc_to_tcp_request_sock: "sock -> btf?:tcp_request_sock",
  skc_to_udp6_sock: "sock -> btf?:udp6_sock",
  get_task_stack: "btf:task_struct umem size0 any -> int",
  load_hdr_opt: "ctx wmem size any -> int",
  store_hdr_opt: "ctx mem size any -> int changes",
  reserve_hdr_opt: "ctx any any -> int",
  inode_storage_get: "map btf?:inode value? any -> value?",
  inode_storage_delete: "map btf?:inode -> int",
  d_path: "btf:path umem size0 -> int",
  copy_from_user: "umem size0 any -> int",
  snprintf_btf: "umem size mem size any -> int gpl",
  seq_printf_btf: "btf:seq_file mem size0 any -> int gpl",
  skb_cgroup_classid: "ctx -> int",
  redirect_neigh: "any mem? size0 any -> int",
  per_cpu_ptr: "percpu any -> percpuvalue?",
  this_cpu_ptr: "percpu -> percpuvalue",
  redirect_peer: "any any -> int",
  task_storage_get: "map btf?:task_struct value? any -> value?",
  task_storage_delete: "map btf?:task_struct -> int",
  get_current_task_btf: "-> btf:task_struct gpl",
  bprm_opts_set: "btf:linux_binprm any -> int",
  ktime_get_coarse_ns: "-> int",
  ima_inode_hash: "btf:inode umem size -> int",
  sock_from_file: "btf:file -> btf?:socket",
  check_mtu: "ctx any wmem:4 any any -> int gpl",
  for_each_map_elem: "map func stack? any -> int",
  snprintf: "umem? size0 str mem? size0 -> int gpl",
  sys_bpf: "any mem size -> int",
  btf_find_by_name_kind: "mem size any any -> int",
  sys_close: "any -> int",
  timer_init: "timer map any -> int gpl",
  timer_set_callback: "timer func -> int gpl",
  timer_start: "timer any any -> int gpl",
  timer_cancel: "timer -> int gpl",
  get_func_ip: "ctx -> int gpl",
  get_attach_cookie: "ctx -> int",
  task_pt_regs: "btf:task_struct -> btf:pt_regs gpl",
  get_branch_snapshot: "umem size0 any -> int gpl",
  trace_vprintk: "mem size mem? size0 -> int gpl",
  skc_to_unix_sock: "sock -> btf?:unix_sock",
  kallsyms_lookup_name: "mem size0 any umem:8 -> int",
  find_vma: "btf:task_struct any func stack? any -> int",
  loop: "any func stack? any -> int",
  strncmp: "mem size str -> int",
  get_func_arg: "ctx any umem:8 -> int",
  get_func_ret: "ctx umem:8 -> int",
  get_func_arg_cnt: "ctx -> int",
  get_retval: "-> int",
  set_retval: "any -> int",
  xdp_get_buff_len: "ctx -> int",
  xdp_load_bytes: "ctx any umem size -> int",
  xdp_store_bytes: "ctx any mem size -> int",
  copy_from_user_task: "umem size0 any btf:task_struct any -> int gpl",
  skb_set_tstamp: "ctx any any -> int",
  ima_file_hash: "btf:file umem size -> int",
  kptr_xchg: "kptr owned? -> kptr?",
  map_lookup_percpu_elem: "map key any -> value? pkt",
  skc_to_mptcp_sock: "sock -> btf?:mptcp_sock",
  dynptr_from_mem: "dynmem size0 any udynptr:local -> int",
  ringbuf_reserve_dynptr: "map any any udynptr:ringbuf -> int",
  ringbuf_submit_dynptr: "rdynptr any -> void",
  ringbuf_discard_dynptr: "rdynptr any -> void",
  dynptr_read: "umem size0 dynptr any any -> int",
  dynptr_write: "dynptr any mem size0 any -> int",
  dynptr_data: "dynptr any csize0 -> dynmem?",
  tcp_raw_gen_syncookie_ipv4: "mem:20 mem size -> int gpl pkt",
  tcp_raw_gen_syncookie_ipv6: "mem:40 mem size -> int gpl pkt",
  tcp_raw_check_syncookie_ipv4: "mem:20 mem:20 -> int gpl pkt",
  tcp_raw_check_syncookie_ipv6: "mem:40 mem:20 -> int gpl pkt",
  ktime_get_tai_ns: "-> int",
  user_ringbuf_drain: "map func stack? any -> int",
  cgrp_storage_get: "map btf?:cgroup value? any -> value?",
  cgrp_storage_delete: "map btf?:cgroup -> int",
};

function readKind(word: string): ArgumentKind {
  const [kind = "", detail = ""] = word.split(":");
  const nullable = kind.endsWith("?");
  return { kind: nullable ? kind.slice(0, -1) : kind, nullable, detail };
}

/** Reads one line of the table. */
export function readPrototype(name: Helper, line: string): Prototype {
  const [taken = "", given = ""] = line.split("->");
  const [result = "", ...flags] = given.trim().split(" ");
  const words = taken.trim();
  return {
    name,
    arguments: words === "" ? [] : words.split(" ").map(readKind),
    result: readKind(result),
    gpl: flags.includes("gpl"),
    packetMemory: flags.includes("pkt"),
    changesPacket: flags.includes("changes"),
  };
}

const prototypes: ReadonlyMap<number, Prototype> = new Map(
  // Every key of the table is a helper's name.
  (Object.entries(TABLE) as [Helper, string][]).map(([name, line]) => [
    HELPERS[name],
    readPrototype(name, line),
  ]),
);

/** What the helper of that number takes and gives; `undefined` where there is no such helper. */
export function prototypeOf(helper: number): Prototype | undefined {
  return prototypes.get(helper);
}
