// Headers of packets, whose layouts the network fixes and no kernel changes. Files that `ocelli btf types` writes declare
// this module again and add the kernel's own types.
import {
  array,
  be16,
  be32,
  bits,
  struct,
  u16,
  u32,
  u8,
  type Infer,
  type Schema,
} from "./schema.ts";

/** A thread. Files that `ocelli btf types` writes add the members that the sources name. */
export interface task_struct {}

/** Ethernet, 14 bytes. */
export const ethhdr: Schema<{
  h_dest: u8Array;
  h_source: u8Array;
  h_proto: Infer<typeof be16>;
}> = struct("ethhdr", { h_dest: array(u8, 6), h_source: array(u8, 6), h_proto: be16 });

type u8Array = Infer<typeof u8>[];

/** IPv4 without options, 20 bytes. */
export const iphdr: Schema<{
  ihl: Infer<typeof u8>;
  version: Infer<typeof u8>;
  tos: Infer<typeof u8>;
  tot_len: Infer<typeof be16>;
  id: Infer<typeof be16>;
  frag_off: Infer<typeof be16>;
  ttl: Infer<typeof u8>;
  protocol: Infer<typeof u8>;
  check: Infer<typeof u16>;
  saddr: Infer<typeof be32>;
  daddr: Infer<typeof be32>;
}> = struct("iphdr", {
  ihl: bits(u8, 4),
  version: bits(u8, 4),
  tos: u8,
  tot_len: be16,
  id: be16,
  frag_off: be16,
  ttl: u8,
  protocol: u8,
  check: u16,
  saddr: be32,
  daddr: be32,
});

/** TCP without options, 20 bytes. */
export const tcphdr: Schema<{
  source: Infer<typeof be16>;
  dest: Infer<typeof be16>;
  seq: Infer<typeof be32>;
  ack_seq: Infer<typeof be32>;
  flags: Infer<typeof be16>;
  window: Infer<typeof be16>;
  check: Infer<typeof u16>;
  urg_ptr: Infer<typeof be16>;
}> = struct("tcphdr", {
  source: be16,
  dest: be16,
  seq: be32,
  ack_seq: be32,
  flags: be16,
  window: be16,
  check: u16,
  urg_ptr: be16,
});

/** UDP, 8 bytes. */
export const udphdr: Schema<{
  source: Infer<typeof be16>;
  dest: Infer<typeof be16>;
  len: Infer<typeof be16>;
  check: Infer<typeof u16>;
}> = struct("udphdr", { source: be16, dest: be16, len: be16, check: u16 });

/** IPv6 without extensions, 40 bytes. */
export const ipv6hdr: Schema<{
  flow: Infer<typeof be32>;
  payload_len: Infer<typeof be16>;
  nexthdr: Infer<typeof u8>;
  hop_limit: Infer<typeof u8>;
  saddr: Infer<typeof u32>[];
  daddr: Infer<typeof u32>[];
}> = struct("ipv6hdr", {
  flow: be32,
  payload_len: be16,
  nexthdr: u8,
  hop_limit: u8,
  saddr: array(u32, 4),
  daddr: array(u32, 4),
});

/** The members of `struct bpf_fib_lookup`. */
export interface FibLookup {
  family: Infer<typeof u8>;
  l4_protocol: Infer<typeof u8>;
  sport: Infer<typeof be16>;
  dport: Infer<typeof be16>;
  tot_len: Infer<typeof u16>;
  ifindex: Infer<typeof u32>;
  tos: Infer<typeof u32>;
  src: Infer<typeof be32>[];
  dst: Infer<typeof be32>[];
  h_vlan_proto: Infer<typeof be16>;
  h_vlan_TCI: Infer<typeof be16>;
  smac: Infer<typeof u8>[];
  dmac: Infer<typeof u8>[];
}

/** The parameters of `bpf_fib_lookup()`, for IPv4 and IPv6; unions as the member that is used most. */
export const bpf_fib_lookup: Schema<FibLookup> = struct("bpf_fib_lookup", {
  family: u8,
  l4_protocol: u8,
  sport: be16,
  dport: be16,
  tot_len: u16,
  ifindex: u32,
  tos: u32,
  src: array(be32, 4),
  dst: array(be32, 4),
  h_vlan_proto: be16,
  h_vlan_TCI: be16,
  smac: array(u8, 6),
  dmac: array(u8, 6),
});
