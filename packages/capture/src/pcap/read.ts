import { errorAt, failure, success, type Result } from "@ocelli/bpf";

import { readClassic } from "./read-classic.ts";
import { readSections } from "./read-sections.ts";
import type { PacketCapture } from "./types.ts";

const SECTION = 0x0a0d_0d0a;
const GZIP = 0x8b1f;
const SHORTEST = 24;

/** Magic numbers of `.pcap` as they read in little-endian order. */
const MAGICS: ReadonlyMap<number, { readonly littleEndian: boolean; readonly unitNs: bigint }> =
  new Map([
    [0xa1b2_c3d4, { littleEndian: true, unitNs: 1000n }],
    [0xd4c3_b2a1, { littleEndian: false, unitNs: 1000n }],
    [0xa1b2_3c4d, { littleEndian: true, unitNs: 1n }],
    [0x4d3c_b2a1, { littleEndian: false, unitNs: 1n }],
  ]);

/**
 * Reads a whole `.pcap` (either byte order, micro- or nanoseconds) or `.pcapng`. Packets are parts of `bytes`. A file that
 * ends early gives the packets before that, and a diagnostic.
 *
 * Errors: `pcap-magic` for anything else; compressed files are to be unpacked before.
 */
export function readPackets(bytes: Uint8Array): Result<PacketCapture> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = bytes.length >= 4 ? view.getUint32(0, true) : 0;
  if (magic === SECTION) return success(readSections(bytes, view));
  const kind = MAGICS.get(magic);
  if (kind !== undefined && bytes.length >= SHORTEST)
    return success(readClassic(bytes, view, kind));
  const isGzip = (magic & 0xffff) === GZIP;
  return failure(
    errorAt(
      "pcap-magic",
      { offset: 0, length: Math.min(4, bytes.length) },
      `Cannot read the capture: ${kind === undefined ? `it begins with 0x${magic.toString(16).padStart(8, "0")}` : `its header ends after ${bytes.length} of ${SHORTEST} bytes`}`,
      isGzip
        ? "It is compressed: unpack it with gunzip before"
        : "A capture of packets begins with a magic number of .pcap, or with a section header of .pcapng",
    ),
  );
}
