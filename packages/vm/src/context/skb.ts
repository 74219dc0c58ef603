import type { VmMemory } from "../memory/memory.ts";
import { createPacket, type PacketFields, type VmPacket } from "./packet.ts";

/** Offsets of the fields of `struct __sk_buff` (include/uapi/linux/bpf.h). */
export const SKB = {
  len: 0,
  pkt_type: 4,
  mark: 8,
  queue_mapping: 12,
  protocol: 16,
  vlan_present: 20,
  vlan_tci: 24,
  vlan_proto: 28,
  priority: 32,
  ingress_ifindex: 36,
  ifindex: 40,
  tc_index: 44,
  cb: 48,
  hash: 68,
  tc_classid: 72,
  data: 76,
  data_end: 80,
  family: 88,
  data_meta: 140,
  tstamp: 152,
  wire_len: 160,
  gso_segs: 164,
  gso_size: 176,
  hwtstamp: 184,
} as const;

/** Bytes of `struct __sk_buff`. */
export const SKB_BYTES = 192;

/** Bytes of an Ethernet header. */
export const ETHERNET_BYTES = 14;

const FIELDS: PacketFields = {
  data: SKB.data,
  dataEnd: SKB.data_end,
  dataMeta: SKB.data_meta,
  length: SKB.len,
};

/** Fields that a caller gives and gets back, as [offset, bytes]: those of convert___skb_to_skb() in net/bpf/test_run.c. */
export const SKB_GIVEN: readonly (readonly [offset: number, size: number])[] = [
  [SKB.mark, 4],
  [SKB.priority, 4],
  [SKB.ingress_ifindex, 4],
  [SKB.ifindex, 4],
  [SKB.cb, 20],
  [SKB.tstamp, 8],
  [SKB.wire_len, 4],
  [SKB.gso_segs, 4],
  [SKB.gso_size, 4],
  [SKB.hwtstamp, 8],
];

/** Room that programs may grow a packet into, before it and behind it. */
const HEADROOM = 512;
const TAILROOM = 4096;

/** ETH_P_IP and ETH_P_IPV6 as they lie in a packet, read little-endian. */
const IPV4 = 0x0008;
const IPV6 = 0xdd86;
const AF_INET = 2;
const AF_INET6 = 10;

/** How a packet is shown to a program. */
export interface SkbOptions {
  /** Whether programs see the Ethernet header: tc does; cgroups and socket filters begin at the network header. */
  readonly ethernet: boolean;
  /** Fields to begin with, a `struct __sk_buff` or its beginning. */
  readonly context?: Uint8Array | undefined;
}

/** Memory for contexts and packets up to a size, to be filled again and again. */
export interface SkbPlace {
  readonly context: number;
  readonly buffer: number;
  readonly room: number;
}

/** Sets memory aside for packets of so many bytes. */
export function allocateSkb(memory: VmMemory, bytes: number): SkbPlace {
  const context = memory.allocate(SKB_BYTES);
  const room = HEADROOM + bytes + TAILROOM;
  return { context, buffer: memory.allocate(room, 64), room };
}

/**
 * Lays out a frame and its `__sk_buff` as BPF_PROG_TEST_RUN does (net/bpf/test_run.c, bpf_prog_test_run_skb()): it came from
 * the loopback device, whose address is all zeros. The frame must have an Ethernet header.
 */
export function fillSkb(
  memory: VmMemory,
  { context, buffer, room }: SkbPlace,
  frame: Uint8Array,
  options: SkbOptions,
): VmPacket {
  const { bytes, view } = memory;
  bytes.fill(0, context, context + SKB_BYTES);
  const start = buffer + HEADROOM;
  bytes.fill(0, buffer, buffer + room);
  bytes.set(frame, start);
  const network = start + ETHERNET_BYTES;
  const protocol = protocolAt(memory, start + 12);
  view.setUint32(context + SKB.pkt_type, packetType(frame), true);
  view.setUint32(context + SKB.protocol, protocol, true);
  view.setUint32(context + SKB.ifindex, 1, true);
  if (protocol === IPV4 || protocol === IPV6)
    view.setUint32(context + SKB.family, protocol === IPV4 ? AF_INET : AF_INET6, true);
  const given = options.context ?? new Uint8Array();
  for (const [offset, size] of SKB_GIVEN) {
    const field = given.subarray(offset, offset + size);
    if (field.some((byte) => byte !== 0)) bytes.set(field, context + offset);
  }
  // TEST_RUN does this only when it was given a context, be it empty.
  if (options.context !== undefined && view.getUint32(context + SKB.wire_len, true) === 0)
    view.setUint32(
      context + SKB.wire_len,
      frame.length - (options.ethernet ? 0 : ETHERNET_BYTES),
      true,
    );
  const packet = createPacket(memory, FIELDS, {
    kind: "skb",
    context,
    start: buffer,
    limit: buffer + room,
    data: options.ethernet ? start : network,
    end: start + frame.length,
  });
  packet.mac = start;
  packet.network = network;
  return packet;
}

/** ETH_P_802_3 and ETH_P_802_2, as they lie in a packet read little-endian. */
const RAW_802_3 = 0x0100;
const LLC_802_2 = 0x0400;

/** What a frame carries, by the two bytes that say so: a type, or a length before 802.3 (net/ethernet/eth.c, eth_type_trans()). */
export function protocolAt({ view }: VmMemory, place: number): number {
  const type = view.getUint16(place, true);
  if ((type & 0xff) >= 6) return type;
  return view.getUint16(place + 2, true) === 0xffff ? RAW_802_3 : LLC_802_2;
}

const PACKET_MULTICAST = 2;
const PACKET_OTHERHOST = 3;

function packetType(frame: Uint8Array): number {
  const destination = frame.subarray(0, 6);
  if (destination.every((byte) => byte === 0)) return 0;
  // The loopback device has no broadcast address.
  return ((destination[0] ?? 0) & 1) === 1 ? PACKET_MULTICAST : PACKET_OTHERHOST;
}
