import {
  bpf_sock,
  CGROUP_DEVICE,
  SK_BUFF,
  SK_LOOKUP,
  SOCK_ADDR,
  SOCK_OPS,
  SYSCTL,
  XDP_MD,
  type BpfSock,
  type CgroupDeviceFields,
  type SkBuffFields,
  type SkLookupFields,
  type SockAddrFields,
  type SockOpsFields,
} from "./contexts.ts";
import type { StructLayout } from "./layout.ts";

/** What the kernel lets a program do with the members of a context. */
export interface ContextShape {
  readonly layout: StructLayout;
  /** Members that the program may read; all, if absent. */
  readonly readable?: readonly string[];
  /** Members that the program may write. */
  readonly writable: readonly string[];
  /** Members that are loaded by their whole 4 bytes although they show fewer. */
  readonly whole: readonly string[];
  /** Offsets of the packet's two ends, where the program reads packets. */
  readonly packet?: { readonly data: number; readonly end: number };
}

function shape(
  schema: { readonly layout: unknown },
  rest: Partial<Omit<ContextShape, "layout">> = {},
): ContextShape {
  // struct() gives no other layout.
  return { layout: schema.layout as StructLayout, writable: [], whole: [], ...rest };
}

const WHOLE = ["protocol", "vlan_proto", "user_port"];
const PACKET = { data: 76, end: 80 };
const SKB_FILTER = [
  "len",
  "pkt_type",
  "mark",
  "queue_mapping",
  "protocol",
  "vlan_present",
  "vlan_tci",
  "vlan_proto",
  "priority",
  "ingress_ifindex",
  "ifindex",
  "hash",
  "napi_id",
  "cb",
] as const;
const SKB_SOCKET = [
  "family",
  "remote_ip4",
  "local_ip4",
  "remote_ip6",
  "local_ip6",
  "remote_port",
  "local_port",
  "sk",
] as const;

type Members<S, K extends PropertyKey, W extends PropertyKey> = {
  readonly [N in keyof S as N extends K ? (N extends W | "sk" ? never : N) : never]: S[N];
} & { -readonly [N in keyof S as N extends W ? N : never]: S[N] } & ("sk" extends K
    ? { readonly sk: Readonly<BpfSock> | undefined }
    : unknown);

/** The members of `__sk_buff` that tc programs have. */
export type TcMembers = Members<
  SkBuffFields,
  Exclude<keyof SkBuffFields, "data" | "data_end" | "data_meta" | "flow_keys">,
  "mark" | "priority" | "queue_mapping" | "tc_index" | "tc_classid" | "tstamp" | "cb"
>;
/** The members of `__sk_buff` that cgroup programs have. */
export type CgroupSkbMembers = Members<
  SkBuffFields,
  (typeof SKB_FILTER)[number] | (typeof SKB_SOCKET)[number],
  "mark" | "priority" | "cb"
>;
/** The members of `__sk_buff` that socket filters have. */
export type SocketFilterMembers = Members<SkBuffFields, (typeof SKB_FILTER)[number], "cb">;
/** The members of `bpf_sock` that cgroup socket programs have. */
export type CgroupSockMembers = Members<
  BpfSock,
  keyof BpfSock,
  "bound_dev_if" | "mark" | "priority"
>;
/** The members of `bpf_sock_addr`. */
export type SockAddrMembers = Members<
  SockAddrFields,
  keyof SockAddrFields,
  "user_ip4" | "user_ip6" | "user_port" | "msg_src_ip4" | "msg_src_ip6"
>;
/** The members of `bpf_sock_ops`. */
export type SockOpsMembers = Members<SockOpsFields, keyof SockOpsFields, "args" | "sk_txhash">;
/** The members of `bpf_sk_lookup`. */
export type SkLookupMembers = Members<SkLookupFields, keyof SkLookupFields, never>;
/** The members of `bpf_cgroup_dev_ctx`. */
export type CgroupDeviceMembers = Readonly<CgroupDeviceFields>;

/** Contexts by the kind of program; kinds that are missing here have arguments instead, or nothing. */
export const CONTEXT_SHAPES: Readonly<Record<string, ContextShape>> = {
  xdp: shape(XDP_MD, {
    readable: ["ingress_ifindex", "rx_queue_index", "egress_ifindex"],
    packet: { data: 0, end: 4 },
  }),
  tc: shape(SK_BUFF, {
    writable: ["mark", "priority", "queue_mapping", "tc_index", "tc_classid", "tstamp", "cb"],
    whole: WHOLE,
    packet: PACKET,
  }),
  "cgroup-skb": shape(SK_BUFF, {
    readable: [...SKB_FILTER, ...SKB_SOCKET],
    writable: ["mark", "priority", "cb"],
    whole: WHOLE,
    packet: PACKET,
  }),
  "socket-filter": shape(SK_BUFF, { readable: SKB_FILTER, writable: ["cb"], whole: WHOLE }),
  "cgroup-sock": shape(bpf_sock, { writable: ["bound_dev_if", "mark", "priority"] }),
  "cgroup-sock-addr": shape(SOCK_ADDR, {
    writable: ["user_ip4", "user_ip6", "user_port", "msg_src_ip4", "msg_src_ip6"],
    whole: WHOLE,
  }),
  "sock-ops": shape(SOCK_OPS, { writable: ["args", "sk_txhash"] }),
  "sk-lookup": shape(SK_LOOKUP),
  "cgroup-device": shape(CGROUP_DEVICE),
  "cgroup-sysctl": shape(SYSCTL, { writable: ["file_pos"] }),
};
