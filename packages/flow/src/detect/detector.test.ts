import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";

import { TCP_FLAG } from "../packet/packet.ts";
import { createThreatDetector } from "./detector.ts";
import type { PacketSight, SecurityEvent } from "./sight.ts";

const { syn, ack, rst, psh } = TCP_FLAG;

function tcp(timeMs: number, from: string, to: string, flags: number): PacketSight {
  const [source = "", sourcePort = ""] = from.split(" ");
  const [destination = "", destinationPort = ""] = to.split(" ");
  const ports = { sourcePort: Number(sourcePort), destinationPort: Number(destinationPort) };
  return { timeMs, source, destination, ...ports, protocol: "tcp", flags };
}

function udp(timeMs: number, from: string, to: string): PacketSight {
  return { ...tcp(timeMs, from, to, 0), protocol: "udp" };
}

/** An ordinary connection: opened, used, reset or closed. */
function conversation(timeMs: number, client: string, server: string): PacketSight[] {
  return [
    tcp(timeMs, client, server, syn),
    tcp(timeMs + 10, server, client, syn | ack),
    tcp(timeMs + 11, client, server, ack),
    tcp(timeMs + 12, client, server, psh | ack),
    tcp(timeMs + 30, server, client, psh | ack),
    tcp(timeMs + 40, client, server, rst),
  ];
}

function run(sights: readonly PacketSight[], change = {}): SecurityEvent[] {
  const detector = createThreatDetector(change);
  const events: SecurityEvent[] = [];
  const last = sights.at(-1)?.timeMs ?? 0;
  for (const sight of sights) events.push(...detector.see(sight));
  for (let time = last; time <= last + 1000; time += 100) events.push(...detector.tick(time));
  return events;
}

function scan(ports: number, everyMs: number, answer: "closed" | "open" | "silent"): PacketSight[] {
  return Array.from({ length: ports }, (_, index) => {
    const time = index * everyMs;
    const [from, to] = ["198.51.100.9 40000", `192.0.2.1 ${index + 1}`];
    if (answer === "silent") return [tcp(time, from, to, syn)];
    if (answer === "closed") return [tcp(time, from, to, syn), tcp(time + 1, to, from, rst | ack)];
    return [
      tcp(time, from, to, syn),
      tcp(time + 1, to, from, syn | ack),
      tcp(time + 1, from, to, rst),
    ];
  }).flat();
}

for (const answer of ["closed", "open", "silent"] as const) {
  test(`createThreatDetector() tells of a scan of ${answer} ports within a second, once`, () => {
    const events = run(scan(200, 10, answer));
    assert.equal(events.length, 1);
    const [event] = events;
    assert.ok(event?.kind === "port-scan");
    const { shape, source, destinations, timeMs } = event;
    assert.deepEqual([shape, source, destinations], ["vertical", "198.51.100.9", ["192.0.2.1"]]);
    assert.ok(timeMs <= 1000, String(timeMs));
  });
}

test("createThreatDetector() tells of a slow scan", () => {
  const events = run(scan(60, 15_000, "silent"), { portsPerWindow: 25 });
  assert.deepEqual(
    events.map((event) => event.kind === "port-scan" && [event.shape, event.source, event.targets]),
    [["slow", "198.51.100.9", 30]],
  );
});

test("createThreatDetector() tells of one port tried on many hosts", () => {
  const sights = Array.from({ length: 40 }, (_, index) =>
    tcp(index * 100, "198.51.100.9 40000", `192.0.2.${index} 22`, syn),
  );
  assert.deepEqual(
    run(sights).map(
      (event) =>
        event.kind === "port-scan" && [event.shape, event.source, event.ports, event.targets],
    ),
    [["horizontal", "198.51.100.9", [22], 20]],
  );
});

test("createThreatDetector() tells of a scan of UDP ports by the refusals", () => {
  const sights = Array.from({ length: 30 }, (_, index) => {
    const probe = udp(index * 50, "198.51.100.9 50000", `192.0.2.1 ${index + 100}`);
    const icmp = {
      ...udp(index * 50 + 1, "192.0.2.1 0", "198.51.100.9 0"),
      protocol: "icmp",
      refused: probe,
    } as const;
    return [probe, icmp];
  }).flat();
  assert.deepEqual(
    run(sights).map((event) => event.kind === "port-scan" && [event.shape, event.source]),
    [["vertical", "198.51.100.9"]],
  );
});

test("createThreatDetector() tells of SYN floods of one source and of forged ones, also beside ordinary clients", () => {
  const flood = (forged: boolean): PacketSight[] =>
    Array.from({ length: 3000 }, (_, index) => {
      const source = forged ? `10.${index >> 8}.${index & 255}.1` : "198.51.100.9";
      const attack = tcp(index, `${source} ${1024 + index}`, "192.0.2.1 80", syn);
      return index % 50 === 0
        ? [attack, ...conversation(index, `203.0.113.${index / 50} 5000`, "192.0.2.1 80")]
        : [attack];
    })
      .flat()
      .toSorted((left, right) => left.timeMs - right.timeMs);
  const found = (events: readonly SecurityEvent[]): unknown[] =>
    events.flatMap((event) =>
      event.kind === "syn-flood"
        ? [[event.source, event.destination, event.port, event.timeMs <= 1000]]
        : [event.kind],
    );
  assert.deepEqual(found(run(flood(false))), [["198.51.100.9", "192.0.2.1", 80, true]]);
  assert.deepEqual(found(run(flood(true))), [["", "192.0.2.1", 80, true]]);
});

test("createThreatDetector() tells of datagrams that nobody answers, not of a conversation as fast", () => {
  const packets = (answered: boolean): PacketSight[] =>
    Array.from({ length: 6000 }, (_, index) => {
      const there = udp(index / 10, "198.51.100.9 5000", "192.0.2.1 9000");
      return answered && index % 20 === 0
        ? [there, udp(index / 10, "192.0.2.1 9000", "198.51.100.9 5000")]
        : [there];
    }).flat();
  const limit = { packetsPerSecond: 3000 };
  assert.deepEqual(
    run(packets(false), limit).map(
      (event) => event.kind === "flood" && [event.source, event.destination, event.protocol],
    ),
    [["198.51.100.9", "192.0.2.1", "udp"]],
  );
  assert.deepEqual(run(packets(true), limit), []);
});

test("createThreatDetector() is silent over ten minutes of ordinary traffic", () => {
  const client = fc.integer({ min: 1, max: 20 });
  const server = fc.integer({ min: 1, max: 40 });
  const start = fc.integer({ min: 0, max: 600_000 });
  const visit = fc.tuple(start, client, server, fc.constantFrom(80, 443, 5432, 53, 6379));
  fc.assert(
    fc.property(fc.array(visit, { minLength: 500, maxLength: 2000, size: "max" }), (visits) => {
      const sights = visits
        .flatMap(([time, from, to, port], index) => {
          const [own, peer] = [
            `10.0.0.${from} ${20_000 + (index % 40_000)}`,
            `192.0.2.${to} ${port}`,
          ];
          if (port === 53) return [udp(time, own, peer), udp(time + 5, peer, own)];
          // Now and then a server is down.
          if (index % 200 === 0)
            return [tcp(time, own, peer, syn), tcp(time + 1, peer, own, rst | ack)];
          return conversation(time, own, peer);
        })
        .toSorted((left, right) => left.timeMs - right.timeMs);
      assert.deepEqual(run(sights), []);
    }),
    { numRuns: Number(process.env["OCELLI_FUZZ_RUNS"] ?? 10) },
  );
});

test("createThreatDetector() takes new limits, and 0 switches a report off", () => {
  const detector = createThreatDetector();
  detector.configure({ portsPerSecond: 0, portsPerWindow: 0, slowTargets: 0 });
  const events: SecurityEvent[] = [];
  for (const sight of scan(200, 10, "closed")) events.push(...detector.see(sight));
  assert.deepEqual(events, []);
});
