import { ETHERNET_BYTES } from "../context/skb.ts";
import type { VmPacket } from "../context/packet.ts";
import { ERRNO } from "../map/map.ts";
import type { VmSystem } from "../system/system.ts";
import { checkReadable, checkWritable, give64, helperTable } from "./define.ts";
import type { HelperTable } from "./helper.ts";
import { packetOf } from "./skb.ts";

/** Bytes of `struct xdp_frame`, which the kernel puts at the start of the headroom. */
const XDP_FRAME = 40;
const EACCES = 13;
const MOST_META = 252;

/** Helpers of XDP programs on their packet. */
export function xdpHelpers(system: VmSystem): HelperTable {
  const { memory } = system;
  const { bytes } = memory;
  const of = (context: number): VmPacket => packetOf(system, context, "xdp");
  const place = (packet: VmPacket, offset: number, size: number): number => {
    if (offset >>> 0 > 0xffff || size >>> 0 > 0xffff) return -ERRNO.EFAULT;
    return offset + size > packet.end - packet.data ? -ERRNO.EINVAL : packet.data + offset;
  };
  return helperTable({
    xdp_adjust_head: {
      result: "int",
      call: (_, context, offset) => {
        const packet = of(context);
        const metaBytes = packet.data - packet.meta;
        const data = packet.data + offset;
        if (data < packet.start + XDP_FRAME + metaBytes || data > packet.end - ETHERNET_BYTES)
          return -ERRNO.EINVAL;
        bytes.copyWithin(packet.meta + offset, packet.meta, packet.data);
        packet.meta += offset;
        packet.data = data;
        packet.sync();
        return 0;
      },
    },
    xdp_adjust_meta: {
      result: "int",
      call: (_, context, offset) => {
        const packet = of(context);
        const meta = packet.meta + offset;
        if (meta < packet.start + XDP_FRAME || meta > packet.data) return -ERRNO.EINVAL;
        const length = packet.data - meta;
        if ((length & 3) !== 0 || length > MOST_META) return -EACCES;
        packet.meta = meta;
        packet.sync();
        return 0;
      },
    },
    xdp_adjust_tail: {
      result: "int",
      call: (_, context, offset) => {
        const packet = of(context);
        const end = packet.end + offset;
        if (end > packet.limit || end < packet.data + ETHERNET_BYTES) return -ERRNO.EINVAL;
        if (offset > 0) bytes.fill(0, packet.end, end);
        packet.end = end;
        packet.sync();
        return 0;
      },
    },
    xdp_load_bytes: {
      result: "int",
      call: (_, context, offset, to, size) => {
        checkWritable(memory, "bytes of a packet", to, size >>> 0);
        const from = place(of(context), offset, size);
        if (from < 0) return from;
        bytes.copyWithin(to >>> 0, from, from + size);
        return 0;
      },
    },
    xdp_store_bytes: {
      result: "int",
      call: (_, context, offset, from, size) => {
        checkReadable(memory, "bytes for a packet", from, size >>> 0);
        const to = place(of(context), offset, size);
        if (to < 0) return to;
        bytes.copyWithin(to, from >>> 0, (from >>> 0) + size);
        return 0;
      },
    },
    xdp_get_buff_len: {
      result: "u64",
      call: (_, context) => {
        const { data, end } = of(context);
        return give64(memory, BigInt(end - data));
      },
    },
  });
}
