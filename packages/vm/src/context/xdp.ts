import type { VmMemory } from "../memory/memory.ts";
import { createPacket, type VmPacket } from "./packet.ts";

/** Offsets of the fields of `struct xdp_md` (include/uapi/linux/bpf.h). */
export const XDP = {
  data: 0,
  data_end: 4,
  data_meta: 8,
  ingress_ifindex: 12,
  rx_queue_index: 16,
  egress_ifindex: 20,
} as const;

/** Bytes of `struct xdp_md`. */
export const XDP_BYTES = 24;

/** What a driver leaves before a packet (XDP_PACKET_HEADROOM), and behind it (`struct skb_shared_info`). */
const HEADROOM = 256;
const SHARED_INFO = 320;
const FRAME_BYTES = 4096;

/** Memory for an `xdp_md` and a frame, to be filled again and again. */
export interface XdpPlace {
  readonly context: number;
  readonly buffer: number;
  readonly room: number;
}

/** Sets memory aside for packets of so many bytes: a page, or as much as they need. */
export function allocateXdp(memory: VmMemory, bytes: number): XdpPlace {
  const room = Math.max(FRAME_BYTES, HEADROOM + bytes + SHARED_INFO);
  return { context: memory.allocate(XDP_BYTES), buffer: memory.allocate(room, 64), room };
}

/** Lays out a frame and its `xdp_md`. `metaBytes` of the given bytes, the first, are metadata before the packet. */
export function fillXdp(
  memory: VmMemory,
  { context, buffer, room }: XdpPlace,
  frame: Uint8Array,
  given: Uint8Array = new Uint8Array(),
): VmPacket {
  const { bytes, view } = memory;
  bytes.fill(0, context, context + XDP_BYTES);
  bytes.fill(0, buffer, buffer + room);
  const fields = new Uint8Array(XDP_BYTES);
  fields.set(given.subarray(0, XDP_BYTES));
  const input = new DataView(fields.buffer);
  const metaBytes = input.getUint32(XDP.data, true);
  // TEST_RUN's frames come from the loopback device.
  view.setUint32(
    context + XDP.ingress_ifindex,
    input.getUint32(XDP.ingress_ifindex, true) || 1,
    true,
  );
  view.setUint32(context + XDP.rx_queue_index, input.getUint32(XDP.rx_queue_index, true), true);
  const first = buffer + HEADROOM;
  bytes.set(frame, first);
  const packet = createPacket(
    memory,
    { data: 0, dataEnd: 4, dataMeta: 8 },
    {
      kind: "xdp",
      context,
      start: buffer,
      limit: buffer + Math.max(FRAME_BYTES, HEADROOM + frame.length + SHARED_INFO) - SHARED_INFO,
      data: first + metaBytes,
      end: first + frame.length,
    },
  );
  packet.meta = first;
  packet.sync();
  return packet;
}
