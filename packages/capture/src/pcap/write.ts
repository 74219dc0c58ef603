import type { CapturedPacket, PacketInterface } from "./types.ts";

/** How a capture is written. */
export interface WritePacketsOptions {
  readonly format: "pcap" | "pcapng";
  /** Little-endian if absent. */
  readonly littleEndian?: boolean;
  /** `.pcap` only: times in microseconds, cut, in place of nanoseconds. `.pcapng` always has nanoseconds. */
  readonly microseconds?: boolean;
  /** `.pcap` has the first one's link type for all. */
  readonly interfaces: readonly PacketInterface[];
}

const SECOND_NS = 1_000_000_000n;

/** The bytes of a capture with these packets, in their order. Throws `RangeError` for a packet of an interface that is not there. */
export function writePackets(
  packets: readonly CapturedPacket[],
  options: WritePacketsOptions,
): Uint8Array {
  for (const { interfaceIndex } of packets) {
    if (options.interfaces[interfaceIndex] !== undefined) continue;
    throw new RangeError(
      `Cannot write a packet of interface ${interfaceIndex}: there are ${options.interfaces.length}`,
    );
  }
  return options.format === "pcap"
    ? writeClassic(packets, options)
    : writeSection(packets, options);
}

function writeClassic(
  packets: readonly CapturedPacket[],
  { littleEndian = true, microseconds = false, interfaces }: WritePacketsOptions,
): Uint8Array {
  const size = packets.reduce((sum, { data }) => sum + 16 + data.length, 24);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, microseconds ? 0xa1b2_c3d4 : 0xa1b2_3c4d, littleEndian);
  view.setUint16(4, 2, littleEndian);
  view.setUint16(6, 4, littleEndian);
  view.setUint32(16, interfaces[0]?.snapLength ?? 0, littleEndian);
  view.setUint32(20, interfaces[0]?.linkType ?? 1, littleEndian);
  let at = 24;
  for (const { timeNs, originalLength, data } of packets) {
    const rest = timeNs % SECOND_NS;
    view.setUint32(at, Number(timeNs / SECOND_NS), littleEndian);
    view.setUint32(at + 4, Number(microseconds ? rest / 1000n : rest), littleEndian);
    view.setUint32(at + 8, data.length, littleEndian);
    view.setUint32(at + 12, originalLength, littleEndian);
    bytes.set(data, at + 16);
    at += 16 + data.length;
  }
  return bytes;
}

const NANOSECONDS = 9;
const pad = (size: number): number => Math.ceil(size / 4) * 4;

function writeSection(
  packets: readonly CapturedPacket[],
  { littleEndian = true, interfaces }: WritePacketsOptions,
): Uint8Array {
  const names = interfaces.map(({ name }) =>
    Uint8Array.from(name, (character) => character.charCodeAt(0) & 0xff),
  );
  const heads = names.reduce(
    (sum, name) => sum + 20 + (name.length === 0 ? 0 : 4 + pad(name.length)) + 8 + 4,
    28,
  );
  const size = packets.reduce((sum, { data }) => sum + 32 + pad(data.length), heads);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  let at = 0;
  const u32 = (value: number): void => {
    view.setUint32(at, value, littleEndian);
    at += 4;
  };
  const u16 = (value: number): void => {
    view.setUint16(at, value, littleEndian);
    at += 2;
  };
  /** A block around what `body` writes. */
  const block = (type: number, body: () => void): void => {
    const start = at;
    u32(type);
    at += 4;
    body();
    at = pad(at);
    const length = at + 4 - start;
    view.setUint32(start + 4, length, littleEndian);
    u32(length);
  };
  block(0x0a0d_0d0a, () => {
    u32(0x1a2b_3c4d);
    u16(1);
    u16(0);
    // How long the section is, nobody says.
    u32(0xffff_ffff);
    u32(0xffff_ffff);
  });
  interfaces.forEach(({ linkType, snapLength }, index) => {
    block(1, () => {
      const name = names[index] ?? new Uint8Array();
      u16(linkType);
      u16(0);
      u32(snapLength);
      if (name.length > 0) {
        u16(2);
        u16(name.length);
        bytes.set(name, at);
        at += pad(name.length);
      }
      u16(9);
      u16(1);
      bytes[at] = NANOSECONDS;
      at += 4;
      u32(0);
    });
  });
  for (const { interfaceIndex, timeNs, originalLength, data } of packets) {
    block(6, () => {
      u32(interfaceIndex);
      u32(Number((timeNs >> 32n) & 0xffff_ffffn));
      u32(Number(timeNs & 0xffff_ffffn));
      u32(data.length);
      u32(originalLength);
      bytes.set(data, at);
      at += data.length;
    });
  }
  return bytes;
}
