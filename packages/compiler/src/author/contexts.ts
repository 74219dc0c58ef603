// What programs see of their contexts, laid out as include/uapi/linux/bpf.h has them. Members are in the order of their offsets.
import { array, be16, be32, i32, struct, u32, u64, u8, type Schema } from "./schema.ts";
import type {
  be16 as Be16,
  be32 as Be32,
  i32 as I32,
  u32 as U32,
  u64 as U64,
  u8 as U8,
} from "./types.ts";

const ip6 = array(be32, 4);

/** The members of `struct bpf_sock`. */
export interface BpfSock {
  bound_dev_if: U32;
  family: U32;
  type: U32;
  protocol: U32;
  mark: U32;
  priority: U32;
  src_ip4: Be32;
  src_ip6: Be32[];
  src_port: U32;
  dst_port: Be16;
  dst_ip4: Be32;
  dst_ip6: Be32[];
  state: U32;
  rx_queue_mapping: I32;
}

/** `struct bpf_sock`: what a program may read of a socket. Ports of its own are in host order, those of the other side are not. */
export const bpf_sock: Schema<BpfSock> = struct("bpf_sock", {
  bound_dev_if: u32,
  family: u32,
  type: u32,
  protocol: u32,
  mark: u32,
  priority: u32,
  src_ip4: be32,
  src_ip6: ip6,
  src_port: u32,
  dst_port: be16,
  dst_ip4: be32,
  dst_ip6: ip6,
  state: u32,
  rx_queue_mapping: i32,
});

/** The members of `struct xdp_md`. */
export interface XdpFields {
  data: U32;
  data_end: U32;
  data_meta: U32;
  ingress_ifindex: U32;
  rx_queue_index: U32;
  egress_ifindex: U32;
}

/** `struct xdp_md`. */
export const XDP_MD: Schema<XdpFields> = struct("xdp_md", {
  data: u32,
  data_end: u32,
  data_meta: u32,
  ingress_ifindex: u32,
  rx_queue_index: u32,
  egress_ifindex: u32,
});

/** The members of `struct __sk_buff`. */
export interface SkBuffFields {
  len: U32;
  pkt_type: U32;
  mark: U32;
  queue_mapping: U32;
  protocol: Be16;
  vlan_present: U32;
  vlan_tci: U32;
  vlan_proto: Be16;
  priority: U32;
  ingress_ifindex: U32;
  ifindex: U32;
  tc_index: U32;
  cb: U32[];
  hash: U32;
  tc_classid: U32;
  data: U32;
  data_end: U32;
  napi_id: U32;
  family: U32;
  remote_ip4: Be32;
  local_ip4: Be32;
  remote_ip6: Be32[];
  local_ip6: Be32[];
  remote_port: Be32;
  local_port: U32;
  data_meta: U32;
  flow_keys: U64;
  tstamp: U64;
  wire_len: U32;
  gso_segs: U32;
  sk: U64;
  gso_size: U32;
  tstamp_type: U8;
  hwtstamp: U64;
}

/** `struct __sk_buff`. `remote_port` is in network order in the upper half, as `ntohl()` turns it round. */
export const SK_BUFF: Schema<SkBuffFields> = struct("__sk_buff", {
  len: u32,
  pkt_type: u32,
  mark: u32,
  queue_mapping: u32,
  protocol: be16,
  vlan_present: u32,
  vlan_tci: u32,
  vlan_proto: be16,
  priority: u32,
  ingress_ifindex: u32,
  ifindex: u32,
  tc_index: u32,
  cb: array(u32, 5),
  hash: u32,
  tc_classid: u32,
  data: u32,
  data_end: u32,
  napi_id: u32,
  family: u32,
  remote_ip4: be32,
  local_ip4: be32,
  remote_ip6: ip6,
  local_ip6: ip6,
  remote_port: be32,
  local_port: u32,
  data_meta: u32,
  flow_keys: u64,
  tstamp: u64,
  wire_len: u32,
  gso_segs: u32,
  sk: u64,
  gso_size: u32,
  tstamp_type: u8,
  hwtstamp: u64,
});

/** The members of `struct bpf_sock_addr`. */
export interface SockAddrFields {
  user_family: U32;
  user_ip4: Be32;
  user_ip6: Be32[];
  user_port: Be16;
  family: U32;
  type: U32;
  protocol: U32;
  msg_src_ip4: Be32;
  msg_src_ip6: Be32[];
  sk: U64;
}

/** `struct bpf_sock_addr`: an address that a process binds or connects to, or that a packet goes to. */
export const SOCK_ADDR: Schema<SockAddrFields> = struct("bpf_sock_addr", {
  user_family: u32,
  user_ip4: be32,
  user_ip6: ip6,
  user_port: be16,
  family: u32,
  type: u32,
  protocol: u32,
  msg_src_ip4: be32,
  msg_src_ip6: ip6,
  sk: u64,
});

/** The members of `struct bpf_sock_ops`. */
export interface SockOpsFields {
  op: U32;
  args: U32[];
  family: U32;
  remote_ip4: Be32;
  local_ip4: Be32;
  remote_ip6: Be32[];
  local_ip6: Be32[];
  remote_port: Be32;
  local_port: U32;
  is_fullsock: U32;
  snd_cwnd: U32;
  srtt_us: U32;
  bpf_sock_ops_cb_flags: U32;
  state: U32;
  rtt_min: U32;
  snd_ssthresh: U32;
  rcv_nxt: U32;
  snd_nxt: U32;
  snd_una: U32;
  mss_cache: U32;
  ecn_flags: U32;
  rate_delivered: U32;
  rate_interval_us: U32;
  packets_out: U32;
  retrans_out: U32;
  total_retrans: U32;
  segs_in: U32;
  data_segs_in: U32;
  segs_out: U32;
  data_segs_out: U32;
  lost_out: U32;
  sacked_out: U32;
  sk_txhash: U32;
  bytes_received: U64;
  bytes_acked: U64;
  sk: U64;
}

/** `struct bpf_sock_ops`. `args` are read; what is written to `reply` lies in their place. */
export const SOCK_OPS: Schema<SockOpsFields> = struct("bpf_sock_ops", {
  op: u32,
  args: array(u32, 4),
  family: u32,
  remote_ip4: be32,
  local_ip4: be32,
  remote_ip6: ip6,
  local_ip6: ip6,
  remote_port: be32,
  local_port: u32,
  is_fullsock: u32,
  snd_cwnd: u32,
  srtt_us: u32,
  bpf_sock_ops_cb_flags: u32,
  state: u32,
  rtt_min: u32,
  snd_ssthresh: u32,
  rcv_nxt: u32,
  snd_nxt: u32,
  snd_una: u32,
  mss_cache: u32,
  ecn_flags: u32,
  rate_delivered: u32,
  rate_interval_us: u32,
  packets_out: u32,
  retrans_out: u32,
  total_retrans: u32,
  segs_in: u32,
  data_segs_in: u32,
  segs_out: u32,
  data_segs_out: u32,
  lost_out: u32,
  sacked_out: u32,
  sk_txhash: u32,
  bytes_received: u64,
  bytes_acked: u64,
  sk: u64,
});

/** The members of `struct bpf_sk_lookup`. */
export interface SkLookupFields {
  cookie: U64;
  family: U32;
  protocol: U32;
  remote_ip4: Be32;
  remote_ip6: Be32[];
  remote_port: Be16;
  local_ip4: Be32;
  local_ip6: Be32[];
  local_port: U32;
  ingress_ifindex: U32;
}

/** `struct bpf_sk_lookup`: the packet for which a socket is sought. */
export const SK_LOOKUP: Schema<SkLookupFields> = struct("bpf_sk_lookup", {
  cookie: u64,
  family: u32,
  protocol: u32,
  remote_ip4: be32,
  remote_ip6: ip6,
  remote_port: be16,
  local_ip4: be32,
  local_ip6: ip6,
  local_port: u32,
  ingress_ifindex: u32,
});

/** The members of `struct bpf_cgroup_dev_ctx`. */
export interface CgroupDeviceFields {
  access_type: U32;
  major: U32;
  minor: U32;
}

/** `struct bpf_cgroup_dev_ctx`: an access to a device, `access_type` being access << 16 | type. */
export const CGROUP_DEVICE: Schema<CgroupDeviceFields> = struct("bpf_cgroup_dev_ctx", {
  access_type: u32,
  major: u32,
  minor: u32,
});

/** The members of `struct bpf_sysctl`. */
export interface SysctlFields {
  write: U32;
  file_pos: U32;
}

/** `struct bpf_sysctl`. */
export const SYSCTL: Schema<SysctlFields> = struct("bpf_sysctl", { write: u32, file_pos: u32 });

/** The members of `struct bpf_tcp_sock`: what a program may read of a TCP connection. */
export interface TcpSock {
  snd_cwnd: U32;
  srtt_us: U32;
  rtt_min: U32;
  snd_ssthresh: U32;
  rcv_nxt: U32;
  snd_nxt: U32;
  snd_una: U32;
  mss_cache: U32;
  ecn_flags: U32;
  rate_delivered: U32;
  rate_interval_us: U32;
  packets_out: U32;
  retrans_out: U32;
  total_retrans: U32;
  segs_in: U32;
  data_segs_in: U32;
  segs_out: U32;
  data_segs_out: U32;
  lost_out: U32;
  sacked_out: U32;
  bytes_received: U64;
  bytes_acked: U64;
  dsack_dups: U32;
  delivered: U32;
  delivered_ce: U32;
  icsk_retransmits: U32;
}

/** `struct bpf_tcp_sock`. Linux 5.1. */
export const TCP_SOCK: Schema<TcpSock> = struct("bpf_tcp_sock", {
  snd_cwnd: u32,
  srtt_us: u32,
  rtt_min: u32,
  snd_ssthresh: u32,
  rcv_nxt: u32,
  snd_nxt: u32,
  snd_una: u32,
  mss_cache: u32,
  ecn_flags: u32,
  rate_delivered: u32,
  rate_interval_us: u32,
  packets_out: u32,
  retrans_out: u32,
  total_retrans: u32,
  segs_in: u32,
  data_segs_in: u32,
  segs_out: u32,
  data_segs_out: u32,
  lost_out: u32,
  sacked_out: u32,
  bytes_received: u64,
  bytes_acked: u64,
  dsack_dups: u32,
  delivered: u32,
  delivered_ce: u32,
  icsk_retransmits: u32,
});
