import type { VmPacket } from "../context/packet.ts";
import { ETHERNET_BYTES, protocolAt, SKB } from "../context/skb.ts";
import { ERRNO } from "../map/map.ts";
import type { VmSystem } from "../system/system.ts";
import { helperTable, highArgument } from "./define.ts";
import type { HelperTable } from "./helper.ts";
import { packetOf } from "./skb.ts";

/** The longest packet of the loopback device: its MTU and an Ethernet header. */
const MOST_BYTES = 65_536 + 14;
const VLAN_BYTES = 4;
const ADDRESS_BYTES = 12;
const VLAN_ETHERNET_BYTES = 18;
/** ETH_P_8021Q, ETH_P_8021AD, ETH_P_IP and ETH_P_IPV6, as they lie in a packet read little-endian. */
const VLAN = 0x0081;
const SERVICE_VLAN = 0xa888;
const IPV4 = 0x0008;
const IPV6 = 0xdd86;
const ADJUST_MOST = 0xfff;

/** Helpers that make a packet longer or shorter, or move its tags. */
export function skbResizeHelpers(system: VmSystem): HelperTable {
  const { memory } = system;
  const { bytes, view } = memory;
  const of = (context: number): VmPacket => packetOf(system, context, "skb");
  const field = (packet: VmPacket, offset: number): number =>
    view.getUint32(packet.context + offset, true);
  const setField = (packet: VmPacket, offset: number, value: number): void => {
    view.setUint32(packet.context + offset, value, true);
  };
  /** Makes room for bytes before `place`, by moving what is before it down; false when there is no headroom. */
  const open = (packet: VmPacket, place: number, size: number): boolean => {
    if (packet.data - size < packet.start) return false;
    bytes.copyWithin(packet.data - size, packet.data, place);
    packet.data -= size;
    return true;
  };
  /** Takes bytes out behind `place`, by moving what is before it up. */
  const close = (packet: VmPacket, place: number, size: number): void => {
    bytes.copyWithin(packet.data + size, packet.data, place);
    packet.data += size;
  };
  const tag = (packet: VmPacket, protocol: number, tci: number): void => {
    setField(packet, SKB.vlan_present, 1);
    setField(packet, SKB.vlan_proto, protocol);
    setField(packet, SKB.vlan_tci, tci & 0xffff);
  };
  const untag = (packet: VmPacket): void => {
    for (const offset of [SKB.vlan_present, SKB.vlan_proto, SKB.vlan_tci])
      setField(packet, offset, 0);
  };
  const isVlan = (protocol: number): boolean => protocol === VLAN || protocol === SERVICE_VLAN;
  return helperTable({
    skb_change_tail: {
      result: "int",
      wide: true,
      call: (_, context, length, flags) => {
        const packet = of(context);
        const size = length >>> 0;
        const least = Math.max(0, packet.network - packet.data);
        if (flags !== 0 || highArgument(memory, 2) !== 0) return -ERRNO.EINVAL;
        if (size > MOST_BYTES || size < least) return -ERRNO.EINVAL;
        const end = packet.data + size;
        if (end > packet.limit) return -ERRNO.ENOMEM;
        if (end > packet.end) bytes.fill(0, packet.end, end);
        packet.end = end;
        packet.sync();
        return 0;
      },
    },
    skb_change_head: {
      result: "int",
      wide: true,
      call: (_, context, room, flags) => {
        const packet = of(context);
        const size = room >>> 0;
        if (flags !== 0 || highArgument(memory, 2) !== 0) return -ERRNO.EINVAL;
        if (packet.end - packet.data + size > MOST_BYTES) return -ERRNO.EINVAL;
        if (packet.data - size < packet.start) return -ERRNO.ENOMEM;
        packet.data -= size;
        bytes.fill(0, packet.data, packet.data + size);
        packet.mac = packet.data;
        packet.sync();
        return 0;
      },
    },
    skb_vlan_push: {
      result: "int",
      call: (_, context, given, tci) => {
        const packet = of(context);
        const protocol = isVlan(given & 0xffff) ? given & 0xffff : VLAN;
        if (field(packet, SKB.vlan_present) === 1) {
          // The tag that is there goes into the packet; the new one takes its place beside it.
          if (!open(packet, packet.mac + ADDRESS_BYTES, VLAN_BYTES)) return -ERRNO.ENOMEM;
          packet.mac = packet.data;
          // What was the network's header is behind a tag now, and the tag is what the protocol says.
          packet.network -= VLAN_BYTES;
          const place = packet.mac + ADDRESS_BYTES;
          view.setUint16(place, field(packet, SKB.vlan_proto), true);
          view.setUint16(place + 2, field(packet, SKB.vlan_tci), false);
          setField(packet, SKB.protocol, field(packet, SKB.vlan_proto));
        }
        tag(packet, protocol, tci);
        packet.sync();
        return 0;
      },
    },
    skb_vlan_pop: {
      result: "int",
      call: (_, context) => {
        const packet = of(context);
        /** Takes the tag out of the packet: its value, or a negative errno. */
        const pull = (): number => {
          if (packet.end - packet.data < VLAN_ETHERNET_BYTES) return -ERRNO.ENOMEM;
          setField(packet, SKB.protocol, protocolAt(memory, packet.mac + ADDRESS_BYTES + 4));
          const tci = view.getUint16(packet.mac + ADDRESS_BYTES + 2, false);
          close(packet, packet.mac + ADDRESS_BYTES, VLAN_BYTES);
          packet.mac = packet.data;
          packet.network = Math.max(packet.network, packet.data + ETHERNET_BYTES);
          packet.sync();
          return tci;
        };
        if (field(packet, SKB.vlan_present) === 1) untag(packet);
        else {
          if (!isVlan(field(packet, SKB.protocol))) return 0;
          const first = pull();
          if (first < 0) return first;
        }
        const next = field(packet, SKB.protocol);
        if (!isVlan(next)) return 0;
        const second = pull();
        if (second < 0) return second;
        tag(packet, next, second);
        return 0;
      },
    },
    skb_adjust_room: {
      result: "int",
      wide: true,
      call: (_, context, difference, mode, flags) => {
        const packet = of(context);
        const size = Math.abs(difference);
        const protocol = field(packet, SKB.protocol);
        if (highArgument(memory, 3) !== 0 || (flags & ~0x1ff) !== 0) return -ERRNO.EINVAL;
        if (size > ADJUST_MOST) return -ERRNO.EFAULT;
        if (protocol !== IPV4 && protocol !== IPV6) return -ERRNO.ENOTSUPP;
        const header = protocol === IPV4 ? 20 : 40;
        // BPF_ADJ_ROOM_NET 0: behind the network header; BPF_ADJ_ROOM_MAC 1: before it.
        if (mode >>> 0 > 1) return -ERRNO.ENOTSUPP;
        const length = packet.end - packet.network;
        if (difference < 0 && (size >= length || length - size < header)) return -ERRNO.ENOTSUPP;
        if (packet.end - packet.data + difference > MOST_BYTES) return -ERRNO.ENOTSUPP;
        const place = packet.network + (mode === 0 ? header : 0);
        if (difference > 0) {
          if (!open(packet, place, size)) return -ERRNO.ENOMEM;
          bytes.fill(0, place - size, place);
          packet.network -= size;
        } else {
          close(packet, place, size);
          packet.network += size;
        }
        packet.mac = packet.data;
        packet.sync();
        return 0;
      },
    },
  });
}
