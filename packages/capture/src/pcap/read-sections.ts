import { errorAt, warningAt, type Diagnostic } from "@ocelli/bpf";

import type { CapturedPacket, PacketCapture, PacketInterface } from "./types.ts";

// draft-ietf-opsawg-pcapng. Every block:
//   0  u32  type
//   4  u32  length of the whole, a multiple of 4
//   8       body
//   …  u32  length once more
const BLOCK = { section: 0x0a0d_0d0a, interface: 1, packet: 2, simple: 3, enhanced: 6 } as const;
const OPTION = { end: 0, interfaceName: 2, resolution: 9, timeOffset: 14 } as const;
const BYTE_ORDER = 0x1a2b_3c4d;
const SECOND_NS = 1_000_000_000n;
const MOST_NAME = 256;

/** An interface with what its times mean. */
interface Interface extends PacketInterface {
  /** Units of a second. */
  readonly perSecond: bigint;
  readonly offsetNs: bigint;
}

/** Reads all sections of a `.pcapng`, whose byte orders may differ. Blocks that are no packets and no interfaces are passed over. */
export function readSections(bytes: Uint8Array, view: DataView): PacketCapture {
  const interfaces: Interface[] = [];
  const packets: CapturedPacket[] = [];
  const diagnostics: Diagnostic[] = [];
  let littleEndian = true;
  let firstOrder: boolean | undefined;
  /** Where the present section's interfaces begin: their numbers start again. */
  let sectionStart = 0;

  const u32 = (at: number): number => view.getUint32(at, littleEndian);
  const u16 = (at: number): number => view.getUint16(at, littleEndian);
  const add = (
    id: number,
    units: bigint,
    at: number,
    length: number,
    original: number,
  ): boolean => {
    const one = interfaces[sectionStart + id];
    if (one === undefined) return false;
    packets.push({
      interfaceIndex: sectionStart + id,
      timeNs: (units * SECOND_NS) / one.perSecond + one.offsetNs,
      originalLength: original,
      data: bytes.subarray(at, at + length),
    });
    return true;
  };
  /** Reads a block's body; why it cannot be read, if so. */
  const readBlock = (type: number, body: number, end: number): string | undefined => {
    const size = end - body;
    switch (type) {
      case BLOCK.section:
        sectionStart = interfaces.length;
        return undefined;
      case BLOCK.interface:
        if (size < 8) return "its interface is cut";
        interfaces.push(readInterface(bytes, view, littleEndian, body, end));
        return undefined;
      case BLOCK.enhanced:
      case BLOCK.packet: {
        if (size < 20) return "its header is cut";
        const id = type === BLOCK.enhanced ? u32(body) : u16(body);
        const units = (BigInt(u32(body + 4)) << 32n) | BigInt(u32(body + 8));
        const length = u32(body + 12);
        if (length > size - 20) return `its data of ${length} bytes are longer than the block`;
        return add(id, units, body + 20, length, u32(body + 16))
          ? undefined
          : `interface ${id} was not described before`;
      }
      case BLOCK.simple: {
        if (size < 4) return "its header is cut";
        const original = u32(body);
        const limit = interfaces[sectionStart]?.snapLength ?? 0;
        const length = Math.min(original, size - 4, limit === 0 ? original : limit);
        return add(0, 0n, body + 4, length, original)
          ? undefined
          : "no interface was described before";
      }
      default:
        return undefined;
    }
  };

  let at = 0;
  while (at < bytes.length) {
    const isWhole = at + 12 <= bytes.length;
    if (isWhole && view.getUint32(at, true) === BLOCK.section && at + 12 <= bytes.length) {
      littleEndian = view.getUint32(at + 8, true) === BYTE_ORDER;
      firstOrder ??= littleEndian;
    }
    const length = isWhole ? u32(at + 4) : 0;
    if (length < 12 || length % 4 !== 0 || at + length > bytes.length) {
      diagnostics.push(
        errorAt(
          "pcap-truncated",
          { offset: at, length: bytes.length - at },
          `Cannot read the block at byte ${at}: ${at + Math.max(12, length) > bytes.length ? "the file ends inside it" : `its length is ${length}`}`,
          "The packets before it are there; a block's length is a multiple of 4 from 12 on",
        ),
      );
      break;
    }
    const reason = readBlock(u32(at), at + 8, at + length - 4);
    if (reason !== undefined && diagnostics.length < 100) {
      diagnostics.push(
        warningAt(
          "pcap-block",
          { offset: at, length },
          `Cannot read the block at byte ${at}: ${reason}`,
          "It was left out",
        ),
      );
    }
    at += length;
  }
  return {
    format: "pcapng",
    littleEndian: firstOrder ?? true,
    interfaces: interfaces.map(({ linkType, snapLength, name }) => ({
      linkType,
      snapLength,
      name,
    })),
    packets,
    diagnostics,
  };
}

function readInterface(
  bytes: Uint8Array,
  view: DataView,
  littleEndian: boolean,
  body: number,
  end: number,
): Interface {
  let name = "";
  let perSecond = 1_000_000n;
  let offsetNs = 0n;
  // options: u16 code, u16 length, value, padded to a multiple of 4
  for (let at = body + 8; at + 4 <= end;) {
    const code = view.getUint16(at, littleEndian);
    const length = view.getUint16(at + 2, littleEndian);
    if (code === OPTION.end || at + 4 + length > end) break;
    const value = bytes.subarray(at + 4, at + 4 + length);
    if (code === OPTION.interfaceName)
      name = String.fromCharCode(...value.subarray(0, MOST_NAME)).replace(/\0.*$/s, "");
    if (code === OPTION.resolution && length >= 1) perSecond = resolutionOf(value[0] ?? 0);
    if (code === OPTION.timeOffset && length >= 8)
      offsetNs = view.getBigInt64(at + 4, littleEndian) * SECOND_NS;
    at += 4 + Math.ceil(length / 4) * 4;
  }
  return {
    linkType: view.getUint16(body, littleEndian),
    snapLength: view.getUint32(body + 4, littleEndian),
    name,
    perSecond,
    offsetNs,
  };
}

/** Negative powers: of 2 with the upper bit, of 10 without. */
function resolutionOf(value: number): bigint {
  return (value & 0x80) === 0 ? 10n ** BigInt(value) : 2n ** BigInt(value & 0x7f);
}
