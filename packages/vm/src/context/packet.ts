import type { VmMemory } from "../memory/memory.ts";

/** Where a context has its 32-bit pointers and its length, in bytes. */
export interface PacketFields {
  readonly data: number;
  readonly dataEnd: number;
  readonly dataMeta: number;
  /** Only `__sk_buff` has it. */
  readonly length?: number;
}

/**
 * A packet and its context in a machine's memory. What counts lies here, outside: a program that nobody verified may write
 * into its context whatever it likes.
 *
 * ```
 * start        meta      data                 end            limit
 * | headroom   | metadata | packet             | tailroom     |
 * ```
 */
export interface VmPacket {
  readonly kind: "skb" | "xdp";
  /** Address of the `__sk_buff` or `xdp_md`. */
  readonly context: number;
  readonly start: number;
  readonly limit: number;
  meta: number;
  data: number;
  end: number;
  /** Where the Ethernet header and what follows it begin; they need not be inside the packet. */
  mac: number;
  network: number;
  /** How many checksums in a row are known to be right, less one; -1 for none (CHECKSUM_NONE). */
  checksumLevel: number;
  /** Writes the pointers and the length into the context. */
  readonly sync: () => void;
  /** Bytes of the packet, or `undefined` when they are not all there. Not copied. */
  readonly read: (offset: number, size: number) => Uint8Array | undefined;
}

/** Makes a packet of memory that is there already. */
export function createPacket(
  memory: VmMemory,
  fields: PacketFields,
  place: Pick<VmPacket, "kind" | "context" | "start" | "limit" | "data" | "end">,
): VmPacket {
  const { view, bytes } = memory;
  const packet: VmPacket = {
    ...place,
    meta: place.data,
    mac: place.data,
    network: place.data,
    checksumLevel: -1,
    sync: () => {
      const { context, data, end, meta } = packet;
      view.setUint32(context + fields.data, data, true);
      view.setUint32(context + fields.dataEnd, end, true);
      view.setUint32(context + fields.dataMeta, meta, true);
      if (fields.length !== undefined) view.setUint32(context + fields.length, end - data, true);
    },
    read: (offset, size) => {
      const at = packet.data + offset;
      return offset >= 0 && size >= 0 && at + size <= packet.end
        ? bytes.subarray(at, at + size)
        : undefined;
    },
  };
  packet.sync();
  return packet;
}
