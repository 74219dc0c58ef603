import assert from "node:assert/strict";
import { test } from "node:test";

import { create } from "@bufbuild/protobuf";
import { TimestampSchema } from "@bufbuild/protobuf/wkt";
import * as fc from "fast-check";

import { FlowSchema, LostEventSchema, Verdict } from "../proto/flow.gen.ts";
import type { RingEvent } from "./events.ts";
import { createRing, type EventRing } from "./ring.ts";
import { flowRate, walkRing, type WalkRequest } from "./walk.ts";

function flow(index: number, verdict: Verdict = Verdict.FORWARDED): RingEvent {
  const time = create(TimestampSchema, { seconds: BigInt(1000 + index), nanos: 0 });
  return { kind: "flow", time, flow: create(FlowSchema, { uuid: String(index), verdict, time }) };
}

function fill(capacity: number, count: number): EventRing {
  const ring = createRing(capacity);
  for (let index = 0; index < count; index += 1)
    ring.write(flow(index, index % 2 === 0 ? Verdict.FORWARDED : Verdict.DROPPED));
  return ring;
}

const never = { aborted: false, addEventListener: () => {}, removeEventListener: () => {} };

async function walk(
  ring: EventRing,
  request: Partial<WalkRequest>,
  verdict?: number,
  now = () => 0,
): Promise<string[]> {
  const seen: string[] = [];
  const all: WalkRequest = { number: 0n, first: false, follow: false, ...request };
  const matches = (one: { readonly verdict: number }): boolean =>
    verdict === undefined || one.verdict === verdict;
  for await (const event of walkRing({
    ring,
    request: all,
    kind: "flow",
    matches,
    stop: never,
    now,
  })) {
    seen.push(
      event.kind === "flow"
        ? event.flow.uuid
        : `lost ${event.kind === "lost" ? event.lost.numEventsLost : ""}`,
    );
  }
  return seen;
}

const at = (seconds: number): { seconds: bigint; nanos: number } => ({
  seconds: BigInt(1000 + seconds),
  nanos: 0,
});

test("walkRing() finds what a request asks for, the newest entry never", async () => {
  const ring = fill(15, 10);
  assert.deepEqual(
    [
      await walk(ring, {}),
      await walk(ring, { number: 3n }),
      await walk(ring, { number: 3n }, 1),
      await walk(ring, { number: 2n, first: true }, 2),
      await walk(ring, { since: at(6) }),
      await walk(ring, { since: at(3), number: 3n }),
      await walk(ring, { since: at(3), number: 2n, first: true }, 1),
      await walk(ring, { until: at(2) }),
      await walk(ring, { since: at(2), until: at(4) }),
      await walk(ring, { number: 0xffff_ffff_ffff_ffffn }),
    ],
    [
      ["0", "1", "2", "3", "4", "5", "6", "7", "8"],
      ["6", "7", "8"],
      ["4", "6", "8"],
      ["1", "3"],
      ["6", "7", "8"],
      ["3", "4", "5"],
      ["4", "6"],
      ["0", "1", "2"],
      ["2", "3", "4"],
      ["0", "1", "2", "3", "4", "5", "6", "7", "8"],
    ],
  );
});

test("walkRing() starts at the oldest of a ring that went round", async () => {
  assert.deepEqual(await walk(fill(3, 10), {}), ["6", "7", "8"]);
  assert.deepEqual(await walk(fill(3, 4), {}), ["0", "1", "2"]);
  assert.deepEqual(await walk(fill(3, 0), {}), []);
  assert.deepEqual(await walk(fill(3, 1), {}), []);
});

test("walkRing() passes lost events of other places without counting them", async () => {
  const ring = createRing(15);
  ring.write(flow(0));
  ring.write({ kind: "lost", time: at(1), lost: create(LostEventSchema, { numEventsLost: 7n }) });
  ring.write(flow(2, Verdict.DROPPED));
  ring.write(flow(3));
  assert.deepEqual(await walk(ring, { number: 2n, since: at(0) }, 1), ["0", "lost 7"]);
});

test("walkRing() tells what a reader lost, merged over a second", async () => {
  const ring = fill(7, 20);
  let clock = 0;
  const seen: string[] = [];
  const request = { number: 0n, first: true, follow: false };
  for await (const event of walkRing({
    ring,
    request,
    kind: "flow",
    matches: () => true,
    stop: never,
    now: () => clock,
  })) {
    if (event.kind === "flow") seen.push(event.flow.uuid);
    else if (event.kind === "lost") seen.push(`lost ${event.lost.numEventsLost}`);
    const last = Number(seen.at(-1));
    if (last === 12 || last === 23)
      for (let index = 0; index < 10; index += 1) ring.write(flow(last + 10 + index));
    clock += 10;
  }
  assert.equal(seen[0], "12");
  assert.deepEqual(
    seen.filter((one) => one.startsWith("lost")),
    ["lost 9"],
  );
});

test("a ring reads old flows as they were written", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9000 }), (count) => {
      const ring = fill(8191, count);
      for (const position of [0, 1, count - 4098, count - 4097, count - 4096, count - 2]) {
        const event = position < 0 ? undefined : ring.read(position);
        const readable = position >= Math.max(0, count - 8192) && position < count - 1;
        assert.equal(
          event?.kind === "flow" ? event.flow.uuid : undefined,
          readable ? String(position) : undefined,
        );
      }
      assert.equal(ring.read(count - 1), undefined);
    }),
    { numRuns: 8 },
  );
});

test("createRing() rounds up to a power of two less one and refuses what is no size", () => {
  assert.deepEqual(
    [1, 3, 4, 95, 4095, 65_535].map((size) => createRing(size).capacity),
    [1, 3, 7, 127, 4095, 65_535],
  );
  for (const size of [0, -1, 1.5, 2 ** 25]) assert.throws(() => createRing(size), RangeError);
});

test("flowRate() is that of the last minute, or of what the ring covers", () => {
  // Flows one a second from 1000 s on.
  assert.equal(flowRate(fill(255, 200), 1_200_000), 59 / 60);
  assert.equal(flowRate(fill(255, 21), 1_021_000), 20 / 21);
  assert.equal(flowRate(fill(255, 0), 1_000_000), 0);
});
