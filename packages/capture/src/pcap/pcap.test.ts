import assert from "node:assert/strict";
import { suite, test } from "node:test";

import * as fc from "fast-check";

import { readPackets } from "./read.ts";
import type { CapturedPacket, PacketCapture } from "./types.ts";
import { writePackets, type WritePacketsOptions } from "./write.ts";

const bytes = (hex: string): Uint8Array =>
  new Uint8Array(Buffer.from(hex.replaceAll(/\s/g, ""), "hex"));

function read(file: Uint8Array): PacketCapture {
  const capture = readPackets(file);
  assert.ok(capture.ok);
  return capture.value;
}

const plain = (capture: PacketCapture): unknown => ({
  ...capture,
  packets: capture.packets.map(({ data, ...rest }) => ({
    ...rest,
    data: Buffer.from(data).toString("hex"),
  })),
});

suite("readPackets()", () => {
  // As tcpdump writes it: one ARP request, cut to 8 bytes.
  const LITTLE = bytes(`
    d4c3b2a1 0200 0400 00000000 00000000 00000400 01000000
    78563412 40420f00 08000000 2a000000 ffffffffffff0011`);
  const BIG_NANO = bytes(`
    a1b23c4d 0002 0004 00000000 00000000 00040000 00000065
    00000002 3b9ac9ff 00000003 00000003 450000`);

  test("reads .pcap of both byte orders, in micro- and nanoseconds", () => {
    assert.deepEqual(plain(read(LITTLE)), {
      format: "pcap",
      littleEndian: true,
      interfaces: [{ linkType: 1, snapLength: 262_144, name: "" }],
      packets: [
        {
          interfaceIndex: 0,
          timeNs: 305_419_896n * 1_000_000_000n + 1_000_000_000n,
          originalLength: 42,
          data: "ffffffffffff0011",
        },
      ],
      diagnostics: [],
    });
    assert.deepEqual(plain(read(BIG_NANO)), {
      format: "pcap",
      littleEndian: false,
      interfaces: [{ linkType: 101, snapLength: 262_144, name: "" }],
      packets: [{ interfaceIndex: 0, timeNs: 2_999_999_999n, originalLength: 3, data: "450000" }],
      diagnostics: [],
    });
  });

  // Two sections: little-endian with two interfaces (the second in units of 2^-10 s, a day later), big-endian with one.
  const SECTIONS = bytes(`
    0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000
    01000000 20000000 0100 0000 00000400 0200 0400 65746830 0000 0000 20000000
    01000000 28000000 6500 0000 02000000 0900 0100 8a000000 0e00 0800 8051010000000000 28000000
    06000000 24000000 00000000 00000000 40420f00 03000000 50000000 aabbcc00 24000000
    06000000 24000000 01000000 00000000 00020000 02000000 02000000 11220000 24000000
    03000000 14000000 04000000 0a0b0c0d 14000000
    05000000 18000000 0000000000000000 00000000 18000000
    0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c
    00000001 00000014 0001 0000 00000000 00000014
    00000002 00000024 0000 0007 00000000 00000001 00000001 00000001 ff000000 00000024
    00000006 00000024 00000009 00000000 00000001 00000001 00000001 ff000000 00000024`);

  test("reads sections of .pcapng with interfaces, resolutions and old blocks of packets", () => {
    const day = 86_400_000_000_000n;
    assert.deepEqual(plain(read(SECTIONS)), {
      format: "pcapng",
      littleEndian: true,
      interfaces: [
        { linkType: 1, snapLength: 262_144, name: "eth0" },
        { linkType: 101, snapLength: 2, name: "" },
        { linkType: 1, snapLength: 0, name: "" },
      ],
      packets: [
        { interfaceIndex: 0, timeNs: 1_000_000_000n, originalLength: 80, data: "aabbcc" },
        { interfaceIndex: 1, timeNs: day + 500_000_000n, originalLength: 2, data: "1122" },
        { interfaceIndex: 0, timeNs: 0n, originalLength: 4, data: "0a0b0c0d" },
        { interfaceIndex: 2, timeNs: 1000n, originalLength: 1, data: "ff" },
      ],
      diagnostics: [
        {
          code: "pcap-block",
          severity: "warning",
          span: { offset: 300, length: 36 },
          message: "Cannot read the block at byte 300: interface 9 was not described before",
          hint: "It was left out",
        },
      ],
    });
  });

  test("keeps what comes before the end of a cut file, and refuses what is no capture", () => {
    for (const file of [LITTLE, SECTIONS]) {
      const whole = read(file).packets.length;
      for (let length = 24; length < file.length; length++) {
        const { packets } = read(file.subarray(0, length));
        assert.ok(packets.length <= whole);
      }
    }
    const cut = read(LITTLE.subarray(0, 44));
    assert.deepEqual(
      cut.diagnostics.map(({ message }) => message),
      ["Cannot read packet 1 at byte 24: the file ends inside it"],
    );
    const refused = [bytes(""), bytes("1f8b0800"), LITTLE.subarray(0, 20)].map((file) => {
      const result = readPackets(file);
      assert.ok(!result.ok);
      return result.diagnostics.map(({ message, hint }) => `${message}. ${hint}`).join();
    });
    assert.deepEqual(refused, [
      "Cannot read the capture: it begins with 0x00000000. A capture of packets begins with a magic number of .pcap, or with a section header of .pcapng",
      "Cannot read the capture: it begins with 0x00088b1f. It is compressed: unpack it with gunzip before",
      "Cannot read the capture: its header ends after 20 of 24 bytes. A capture of packets begins with a magic number of .pcap, or with a section header of .pcapng",
    ]);
  });

  test("never throws on damaged files, whatever they say", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(LITTLE, BIG_NANO, SECTIONS),
        fc.array(fc.tuple(fc.nat(400), fc.integer({ min: 0, max: 255 })), { maxLength: 6 }),
        (file, damage) => {
          const damaged = file.slice();
          for (const [at, value] of damage) if (at < damaged.length) damaged[at] = value;
          const result = readPackets(damaged);
          if (!result.ok) return;
          for (const { data } of result.value.packets) assert.ok(data.length <= damaged.length);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

test("writePackets() writes what readPackets() reads, in every format and byte order", () => {
  const packet = fc.record({
    interfaceIndex: fc.constant(0),
    timeNs: fc.bigInt({ min: 0n, max: 4_294_967_295_999_999_999n }),
    originalLength: fc.nat(70_000),
    data: fc.uint8Array({ maxLength: 70 }),
  });
  fc.assert(
    fc.property(
      fc.array(packet, { maxLength: 6 }),
      fc.constantFrom("pcap" as const, "pcapng" as const),
      fc.boolean(),
      (packets, format, littleEndian) => {
        const options: WritePacketsOptions = {
          format,
          littleEndian,
          interfaces: [{ linkType: 1, snapLength: 65_535, name: format === "pcap" ? "" : "eth0" }],
        };
        const expected: PacketCapture = {
          format,
          littleEndian,
          interfaces: options.interfaces,
          packets,
          diagnostics: [],
        };
        assert.deepEqual(plain(read(writePackets(packets, options))), plain(expected));
      },
    ),
    { numRuns: 200 },
  );
  const one: CapturedPacket = {
    interfaceIndex: 0,
    timeNs: 1999n,
    originalLength: 1,
    data: bytes("ff"),
  };
  const interfaces = [{ linkType: 1, snapLength: 0, name: "" }];
  const cut = writePackets([one], { format: "pcap", microseconds: true, interfaces });
  assert.equal(read(cut).packets[0]?.timeNs, 1000n);
  assert.throws(
    () => writePackets([{ ...one, interfaceIndex: 1 }], { format: "pcap", interfaces }),
    {
      name: "RangeError",
      message: "Cannot write a packet of interface 1: there are 1",
    },
  );
});
