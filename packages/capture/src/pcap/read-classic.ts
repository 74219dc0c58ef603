import { errorAt, type Diagnostic } from "@ocelli/bpf";

import type { CapturedPacket, PacketCapture } from "./types.ts";

const SECOND_NS = 1_000_000_000n;

// tcpdump.org/manpages/pcap-savefile.5.html
//
// header, 24 bytes                        packet, 16 bytes and its data
//   0  u32  magic                           0  u32  seconds
//   4  u16  major   6  u16  minor           4  u32  micro- or nanoseconds
//   8  u32  0      12  u32  0               8  u32  bytes that follow
//  16  u32  snap length                    12  u32  bytes on the wire
//  20  u32  link type in the low 16 bits
const HEADER = 24;
const PACKET = 16;

/** Reads a file whose header is whole. */
export function readClassic(
  bytes: Uint8Array,
  view: DataView,
  { littleEndian, unitNs }: { readonly littleEndian: boolean; readonly unitNs: bigint },
): PacketCapture {
  const packets: CapturedPacket[] = [];
  const diagnostics: Diagnostic[] = [];
  let at = HEADER;
  while (at < bytes.length) {
    const length = at + PACKET <= bytes.length ? view.getUint32(at + 8, littleEndian) : 0;
    if (at + PACKET + length > bytes.length) {
      diagnostics.push(
        errorAt(
          "pcap-truncated",
          { offset: at, length: bytes.length - at },
          `Cannot read packet ${packets.length + 1} at byte ${at}: the file ends inside it`,
          "The packets before it are there; whoever wrote the file was interrupted",
        ),
      );
      break;
    }
    const seconds = BigInt(view.getUint32(at, littleEndian));
    const rest = BigInt(view.getUint32(at + 4, littleEndian));
    packets.push({
      interfaceIndex: 0,
      timeNs: seconds * SECOND_NS + rest * unitNs,
      originalLength: view.getUint32(at + 12, littleEndian),
      data: bytes.subarray(at + PACKET, at + PACKET + length),
    });
    at += PACKET + length;
  }
  return {
    format: "pcap",
    littleEndian,
    interfaces: [
      {
        linkType: view.getUint32(20, littleEndian) & 0xffff,
        snapLength: view.getUint32(16, littleEndian),
        name: "",
      },
    ],
    packets,
    diagnostics,
  };
}
