import type { VmPacket } from "../context/packet.ts";
import { SKB } from "../context/skb.ts";
import { VmError } from "../error.ts";
import { ERRNO } from "../map/map.ts";
import { EXIT_FLAG } from "../memory/layout.ts";
import type { VmSystem } from "../system/system.ts";
import {
  foldTo16,
  replaceByDifference,
  replaceSum,
  replaceSum16,
  subtractSum,
  sumBytes,
} from "./checksum.ts";
import { checkReadable, checkWritable, give64, helperTable, highArgument } from "./define.ts";
import { PACKET_LOAD, type HelperTable, type VmHelper } from "./helper.ts";

const EACCES = 13;
const SIZE_MASK = 0xf;
const PSEUDO = 0x10;
const MARK_ZERO = 0x20;
const FORCE = 0x40;
const MOST_LEVEL = 3;

/** The packet of a context. Throws `helper` when the address is none's. */
export function packetOf(system: VmSystem, context: number, kind: VmPacket["kind"]): VmPacket {
  const packet = system.packets.get(context >>> 0);
  if (packet?.kind === kind) return packet;
  throw new VmError(
    "helper",
    `Cannot use 0x${(context >>> 0).toString(16)} as the context of a packet: give the helper what the program got in r1`,
  );
}

/** `bpf_csum_diff()`, which XDP programs have, too. */
export function checksumHelpers(system: VmSystem): HelperTable {
  const { memory } = system;
  return helperTable({
    csum_diff: {
      result: "int",
      call: (_, from, fromSize, to, toSize, seed) => {
        if (((fromSize | toSize) & 3) !== 0) return -ERRNO.EINVAL;
        if (fromSize !== 0) checkReadable(memory, "what is summed", from, fromSize >>> 0);
        if (toSize !== 0) checkReadable(memory, "what is summed", to, toSize >>> 0);
        const added = sumBytes(memory, to >>> 0, toSize >>> 0, seed);
        if (fromSize === 0) return foldTo16(added);
        return foldTo16(subtractSum(added, sumBytes(memory, from >>> 0, fromSize >>> 0, 0)));
      },
    },
  });
}

/** Helpers of programs that see a socket buffer: bytes, checksums and marks. */
export function skbHelpers(system: VmSystem): HelperTable {
  const { memory } = system;
  const { bytes, view } = memory;
  const of = (context: number): VmPacket => packetOf(system, context, "skb");
  const copyOut = (from: number, to: number, size: number, fits: boolean): number => {
    if (!fits) {
      bytes.fill(0, to >>> 0, (to >>> 0) + size);
      return -ERRNO.EFAULT;
    }
    bytes.copyWithin(to >>> 0, from, from + size);
    return 0;
  };
  /** Where a checksum lies, or a negative errno. */
  const checksumAt = (context: number, offset: number, flags: number, known: number): number => {
    if ((flags & ~known) !== 0) return -ERRNO.EINVAL;
    if (offset >>> 0 > 0xffff || (offset & 1) !== 0) return -ERRNO.EFAULT;
    const packet = of(context);
    return packet.read(offset, 2) === undefined ? -ERRNO.EFAULT : packet.data + offset;
  };
  const replaced = (old: number, from: number, to: number, size: number): number | undefined => {
    switch (size) {
      case 0:
        return from === 0 ? replaceByDifference(old, to >>> 0) : undefined;
      case 2:
        return replaceSum16(old, from, to);
      case 4:
        return replaceSum(old, from >>> 0, to >>> 0);
      default:
        return undefined;
    }
  };
  const table = helperTable({
    skb_load_bytes: {
      result: "int",
      call: (_, context, offset, to, size) => {
        checkWritable(memory, "bytes of a packet", to, size >>> 0);
        const packet = of(context);
        return copyOut(packet.data + offset, to, size, packet.read(offset, size) !== undefined);
      },
    },
    skb_load_bytes_relative: {
      result: "int",
      call: (_, context, offset, to, size, header) => {
        checkWritable(memory, "bytes of a packet", to, size >>> 0);
        const packet = of(context);
        const isKnown = (header === 0 || header === 1) && offset >>> 0 <= 0xffff;
        const from = (header === 0 ? packet.mac : packet.network) + offset;
        return copyOut(from, to, size, isKnown && from + size <= packet.end);
      },
    },
    skb_store_bytes: {
      result: "int",
      call: (_, context, offset, from, size, flags) => {
        checkReadable(memory, "bytes for a packet", from, size >>> 0);
        // BPF_F_RECOMPUTE_CSUM and BPF_F_INVALIDATE_HASH.
        if ((flags & ~3) !== 0) return -ERRNO.EINVAL;
        const packet = of(context);
        if (packet.read(offset, size) === undefined) return -ERRNO.EFAULT;
        bytes.copyWithin(packet.data + offset, from >>> 0, (from >>> 0) + size);
        if ((flags & 2) !== 0) view.setUint32(packet.context + SKB.hash, 0, true);
        return 0;
      },
    },
    l3_csum_replace: {
      result: "int",
      wide: true,
      call: (_, context, offset, from, to, flags) => {
        const place = checksumAt(context, offset, flags | highArgument(memory, 4), SIZE_MASK);
        if (place < 0) return place;
        const sum = replaced(
          view.getUint16(place, true),
          from | highArgument(memory, 2),
          to,
          flags,
        );
        if (sum === undefined) return -ERRNO.EINVAL;
        view.setUint16(place, sum, true);
        return 0;
      },
    },
    l4_csum_replace: {
      result: "int",
      wide: true,
      call: (_, context, offset, from, to, flags) => {
        const known = SIZE_MASK | PSEUDO | MARK_ZERO | FORCE;
        const place = checksumAt(context, offset, flags | highArgument(memory, 4), known);
        if (place < 0) return place;
        const old = view.getUint16(place, true);
        const marksZero = (flags & MARK_ZERO) !== 0;
        // A UDP checksum of 0 says that there is none.
        if (marksZero && (flags & FORCE) === 0 && old === 0) return 0;
        const size = flags & SIZE_MASK;
        // inet_proto_csum_replace2() goes through the form for four bytes.
        const sum =
          size === 2
            ? replaceSum(old, from & 0xffff, to & 0xffff)
            : replaced(old, from | highArgument(memory, 2), to, size);
        if (sum === undefined) return -ERRNO.EINVAL;
        view.setUint16(place, marksZero && sum === 0 ? 0xffff : sum, true);
        return 0;
      },
    },
    // The packet's checksum was not computed by a device (CHECKSUM_NONE).
    csum_update: { result: "int", call: () => -ERRNO.ENOTSUPP },
    csum_level: {
      result: "int",
      call: (_, context, action) => changeLevel(of(context), action),
    },
    get_hash_recalc: {
      result: "u32",
      call: (_, context) => view.getUint32(of(context).context + SKB.hash, true),
    },
    set_hash: {
      result: "int",
      call: (_, context, hash) => {
        view.setUint32(of(context).context + SKB.hash, hash, true);
        return 0;
      },
    },
    set_hash_invalid: {
      result: "int",
      call: (_, context) => {
        view.setUint32(of(context).context + SKB.hash, 0, true);
        return 0;
      },
    },
    skb_pull_data: {
      result: "int",
      call: (_, context, length) => {
        const packet = of(context);
        return length >>> 0 <= packet.end - packet.data ? 0 : -ERRNO.ENOMEM;
      },
    },
    skb_change_type: {
      result: "int",
      call: (_, context, type) => {
        const at = of(context).context + SKB.pkt_type;
        // PACKET_OTHERHOST is the last that programs may set.
        if (type >>> 0 > 3 || view.getUint32(at, true) > 3) return -ERRNO.EINVAL;
        view.setUint32(at, type, true);
        return 0;
      },
    },
    get_socket_cookie: { result: "u64", call: () => give64(memory, 0n) },
    get_socket_uid: { result: "u32", call: () => 65_534 },
    get_cgroup_classid: { result: "u32", call: () => 0 },
    get_route_realm: { result: "u32", call: () => 0 },
  });
  const load: VmHelper = {
    name: "legacy packet load",
    result: "u32",
    mayExit: true,
    call: (_, context, offset, width) => {
      const packet = of(context);
      const from = placeOfLegacy(packet, offset);
      if (from < packet.start || from < packet.mac || from + width > packet.end) {
        memory.words[EXIT_FLAG / 4] = 1;
        return 0;
      }
      if (width === 1) return bytes[from] ?? 0;
      return width === 2 ? view.getUint16(from, false) : view.getInt32(from, false);
    },
  };
  return new Map([...table, [PACKET_LOAD, load]]);
}

// BPF_CSUM_LEVEL_QUERY 0, INC 1, DEC 2, RESET 3.
function changeLevel(packet: VmPacket, action: number): number {
  const { checksumLevel } = packet;
  switch (action) {
    case 0:
      return checksumLevel === -1 ? -EACCES : checksumLevel;
    case 1:
      packet.checksumLevel = Math.min(MOST_LEVEL, checksumLevel + 1);
      return 0;
    case 2:
      packet.checksumLevel = Math.max(-1, checksumLevel - 1);
      return 0;
    case 3:
      packet.checksumLevel = -1;
      return 0;
    default:
      return -ERRNO.EINVAL;
  }
}

const NETWORK_OFFSET = -0x10_0000;
const LINK_OFFSET = -0x20_0000;

/** net/core/filter.c: offsets below 0 count from the network header or, further below, from the link's. */
function placeOfLegacy(packet: VmPacket, offset: number): number {
  if (offset >= 0) return packet.data + offset;
  if (offset >= NETWORK_OFFSET) return packet.network + offset - NETWORK_OFFSET;
  return offset >= LINK_OFFSET ? packet.mac + offset - LINK_OFFSET : -1;
}
