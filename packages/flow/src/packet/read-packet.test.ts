import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";

import { FlowSchema } from "../proto/flow.gen.ts";
import { writeJson } from "../json/write.ts";
import { addressText } from "./address-text.ts";
import { flowOfPacket } from "./packet-flow.ts";
import { readPacket } from "./read-packet.ts";

const RUNS = Number(process.env["OCELLI_FUZZ_RUNS"] ?? 500);

function bytes(...parts: readonly (string | Uint8Array)[]): Uint8Array {
  return Buffer.concat(
    parts.map((part) =>
      typeof part === "string" ? Buffer.from(part.replaceAll(/\s/g, ""), "hex") : part,
    ),
  );
}

function be16(value: number): string {
  return value.toString(16).padStart(4, "0");
}

const MACS = "02000000000b 02000000000a";

function ipv4(protocol: number, payload: Uint8Array, fragment = 0): Uint8Array {
  const header = `45 00 ${be16(20 + payload.length)} 0001 ${be16(fragment)} 40 ${protocol.toString(16).padStart(2, "0")} 0000 0a000001 0a000002`;
  return bytes(header, payload);
}

function ipv6(next: number, payload: Uint8Array): Uint8Array {
  const addresses = "fd000000000000000000000000000001 fd000000000000000000000000000002";
  return bytes(
    `60000000 ${be16(payload.length)} ${next.toString(16).padStart(2, "0")} 40 ${addresses}`,
    payload,
  );
}

function udp(source: number, destination: number, payload: Uint8Array): Uint8Array {
  return bytes(`${be16(source)} ${be16(destination)} ${be16(8 + payload.length)} 0000`, payload);
}

function tcp(flags: number, payload: Uint8Array = new Uint8Array()): Uint8Array {
  return bytes(`9c40 0050 00000001 00000002 ${be16(0x5000 | flags)} ffff 0000 0000`, payload);
}

function json(packet: Uint8Array): unknown {
  return JSON.parse(writeJson(FlowSchema, flowOfPacket(readPacket(packet))));
}

const mac = { source: "02:00:00:00:00:0a", destination: "02:00:00:00:00:0b" };
const ip4 = { source: "10.0.0.1", destination: "10.0.0.2", ipVersion: "IPv4" };
const ip6 = { source: "fd00::1", destination: "fd00::2", ipVersion: "IPv6" };

test("readPacket() reads TCP over IPv4, behind VLAN tags, without the padding of the link", () => {
  const segment = tcp(0x12, bytes("68656c6c6f"));
  const frame = bytes(MACS, "88a8 0064 8100 2001 0800", ipv4(6, segment), "0000000000");
  const packet = readPacket(frame);
  assert.deepEqual(packet.ethernet?.vlans, [100, 1]);
  assert.equal(
    Buffer.from(
      frame.subarray(packet.payloadOffset, packet.payloadOffset + packet.payloadLength),
    ).toString(),
    "hello",
  );
  assert.deepEqual(json(frame), {
    ethernet: mac,
    IP: ip4,
    l4: { TCP: { source_port: 40000, destination_port: 80, flags: { SYN: true, ACK: true } } },
    Type: "L3_L4",
    Summary: "TCP Flags: SYN, ACK",
  });
});

test("readPacket() follows the extension headers of IPv6", () => {
  const chain = bytes("2b00 000000000000", "2c00 000000000000", "3a00 0000 12345678", "8000 0000");
  assert.deepEqual(json(bytes(MACS, "86dd", ipv6(0, chain))), {
    ethernet: mac,
    IP: ip6,
    l4: { ICMPv6: { type: 128 } },
    Type: "L3_L4",
    Summary: "ICMPv6 EchoRequest",
  });
});

test("readPacket() looks into VXLAN and Geneve", () => {
  const inner = bytes("0200000000cc 0200000000dd 0800", ipv4(17, udp(1, 2, bytes("aabb"))));
  const vxlan = bytes(MACS, "86dd", ipv6(17, udp(55555, 4789, bytes("08000000 00002a00", inner))));
  const geneve = bytes(
    MACS,
    "0800",
    ipv4(
      17,
      udp(44444, 6081, bytes("0100 0800 00002b00 01020304", ipv4(1, bytes("0303 0000 00000000")))),
    ),
  );
  assert.deepEqual(json(vxlan), {
    ethernet: { source: "02:00:00:00:00:dd", destination: "02:00:00:00:00:cc" },
    IP: ip4,
    l4: { UDP: { source_port: 1, destination_port: 2 } },
    tunnel: {
      protocol: "VXLAN",
      IP: ip6,
      l4: { UDP: { source_port: 55555, destination_port: 4789 } },
      vni: 42,
    },
    Type: "L3_L4",
    Summary: "UDP",
  });
  assert.deepEqual(json(geneve), {
    IP: ip4,
    l4: { ICMPv4: { type: 3, code: 3 } },
    tunnel: {
      protocol: "GENEVE",
      IP: ip4,
      l4: { UDP: { source_port: 44444, destination_port: 6081 } },
      vni: 43,
    },
    Type: "L3_L4",
    Summary: "ICMPv4 DestinationUnreachable(Port)",
  });
});

test("readPacket() takes other traffic on a tunnel's port for what it is", () => {
  const packet = readPacket(
    bytes(MACS, "0800", ipv4(17, udp(1, 4789, bytes("00000000 00000000")))),
  );
  assert.deepEqual([packet.tunnel, packet.l4?.kind, packet.stopped], [undefined, "udp", undefined]);
  const noise = readPacket(
    bytes(MACS, "0800", ipv4(17, udp(1, 4789, bytes("08000000 00002a00 ffff")))),
  );
  assert.deepEqual([noise.tunnel, noise.l4?.kind], [undefined, "udp"]);
});

test("readPacket() reads SCTP, VRRP and IGMP", () => {
  const l4 = (protocol: number, payload: string): unknown => {
    const flow = json(bytes(MACS, "0800", ipv4(protocol, bytes(payload)))) as Record<
      string,
      unknown
    >;
    return [flow["l4"], flow["Summary"]];
  };
  assert.deepEqual(
    [
      l4(132, "0bb8 0bb9 00000000 00000000 02 000004"),
      l4(112, "21 07 64 01 0000 0000"),
      l4(2, "16 00 0000 e0000016"),
    ],
    [
      [{ SCTP: { source_port: 3000, destination_port: 3001, chunk_type: "INIT_ACK" } }, "SCTP"],
      [{ VRRP: { type: 1, vrid: 7, priority: 100 } }, "VRRP"],
      [{ IGMP: { type: 22, group_address: "224.0.0.22" } }, "IGMP"],
    ],
  );
});

test("readPacket() says where and why it stopped", () => {
  const whole = bytes(MACS, "0800", ipv4(6, tcp(2)));
  const stop = (packet: Uint8Array): unknown => readPacket(packet).stopped;
  assert.deepEqual(
    [
      stop(whole.subarray(0, 13)),
      stop(whole.subarray(0, 30)),
      stop(whole.subarray(0, 40)),
      stop(bytes(MACS, "0806 0001")),
      stop(bytes(MACS, "0800 95")),
      stop(bytes(MACS, "0800 43 00 0014 00000000 40060000 0a000001 0a000002")),
      stop(bytes(MACS, "0800", ipv4(17, udp(1, 2, bytes("aabb")), 0x0004))),
      stop(bytes(MACS, "0800", ipv4(6, bytes("9c40 0050 00000001 00000002 1000 ffff 0000 0000")))),
      stop(bytes(MACS, "0800", ipv4(47, bytes("00000000")))),
    ],
    [
      { layer: "ethernet", offset: 0, reason: "truncated" },
      { layer: "ip", offset: 14, reason: "truncated" },
      { layer: "l4", offset: 34, reason: "truncated" },
      { layer: "ethernet", offset: 12, reason: "unsupported" },
      { layer: "ip", offset: 14, reason: "malformed" },
      { layer: "ip", offset: 14, reason: "malformed" },
      { layer: "l4", offset: 34, reason: "unsupported" },
      { layer: "l4", offset: 34, reason: "malformed" },
      { layer: "l4", offset: 34, reason: "unsupported" },
    ],
  );
});

test("readPacket() gives back the ports, flags and payload that a packet was made of", () => {
  const port = fc.integer({ min: 0, max: 65_535 });
  const payload = fc.uint8Array({ maxLength: 40 });
  fc.assert(
    fc.property(
      port,
      port,
      fc.integer({ min: 0, max: 0x1ff }),
      payload,
      fc.boolean(),
      (source, destination, flags, body, six) => {
        const segment = bytes(
          `${be16(source)} ${be16(destination)} 00000001 00000002 ${be16(0x5000 | flags)} ffff 0000 0000`,
          body,
        );
        const packet = readPacket(
          bytes(MACS, six ? "86dd" : "0800", six ? ipv6(6, segment) : ipv4(6, segment)),
        );
        assert.ok(packet.l4?.kind === "tcp");
        const { sourcePort, destinationPort, flags: read } = packet.l4;
        assert.deepEqual(
          [sourcePort, destinationPort, read, packet.payloadLength],
          [source, destination, flags, body.length],
        );
      },
    ),
    { numRuns: RUNS },
  );
});

test("readPacket() takes any bytes, whole or cut, and never points outside them", () => {
  const tunnel = bytes(
    MACS,
    "0800",
    ipv4(
      17,
      udp(
        1,
        6081,
        bytes(
          "0100 6558 00002b00 01020304",
          MACS,
          "86dd",
          ipv6(0, bytes("0600 000000000000", tcp(2))),
        ),
      ),
    ),
  );
  const noise = fc.tuple(
    fc.uint8Array({ maxLength: 80 }),
    fc.nat(tunnel.length),
    fc.nat(tunnel.length),
    fc.nat(255),
  );
  fc.assert(
    fc.property(noise, ([tail, cut, place, value]) => {
      const changed = bytes(tunnel.subarray(0, cut), tail);
      if (place < changed.length) changed[place] = value;
      for (const link of ["ethernet", "ip"] as const) {
        const { payloadOffset, payloadLength } = readPacket(changed, { link });
        assert.ok(payloadOffset >= 0 && payloadLength >= 0);
        assert.ok(payloadOffset + payloadLength <= Math.max(changed.length, payloadOffset));
      }
    }),
    { numRuns: RUNS * 4 },
  );
});

test("addressText() writes the shortest form", () => {
  const text = (hex: string): string => addressText(bytes(hex));
  assert.deepEqual(
    [
      text("00000000000000000000000000000000"),
      text("00000000000000000000000000000001"),
      text("20010db8000000000001000000000001"),
      text("20010db8000100000000000000010000"),
      text("20010db8000100010001000100010000"),
      text("00000000000000000000ffffc0000201"),
      text("7f000001"),
    ],
    [
      "::",
      "::1",
      "2001:db8::1:0:0:1",
      "2001:db8:1::1:0",
      "2001:db8:1:1:1:1:1:0",
      "::ffff:192.0.2.1",
      "127.0.0.1",
    ],
  );
});
