import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";

import { LostEventSchema, LostEventSource, type Flow } from "../proto/flow.gen.ts";
import { compareTimes, type TimeParts } from "../time/go-time.ts";
import type { RingEvent } from "./events.ts";
import type { EventRing } from "./ring.ts";

/** What the three requests for events have in common. */
export interface WalkRequest {
  /** Matching events to return; 0 is all. */
  readonly number: bigint;
  readonly first: boolean;
  readonly follow: boolean;
  readonly since?: TimeParts | undefined;
  readonly until?: TimeParts | undefined;
}

/** Tells that the reader is no longer interested: an AbortSignal is one. */
export interface StopSignal {
  readonly aborted: boolean;
  readonly addEventListener: (type: "abort", listener: () => void) => void;
  readonly removeEventListener: (type: "abort", listener: () => void) => void;
}

/** Which events are asked for, and where from. */
export interface Walk {
  readonly ring: EventRing;
  readonly request: WalkRequest;
  /** The kind of event that counts; others are skipped, losses of other places passed on. */
  readonly kind: "flow" | "agent" | "debug";
  readonly matches: (flow: Flow) => boolean;
  readonly stop: StopSignal;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

// Losses of the ring itself are told at most this often.
const LOST_EVERY_MS = 1000;

/**
 * Walks the ring as Hubble does: from the oldest entry (`first`), the newest (`follow` alone), the oldest since a time, or
 * back until `number` events match; until `until`, `number` matches, or for ever when following. Entries that were
 * overwritten before they could be read are told as a lost event, merged over a second. Lost events of other places pass
 * every filter and count for nothing.
 */
export async function* walkRing(walk: Walk): AsyncGenerator<RingEvent, void> {
  const { ring, request, stop, now } = walk;
  const { since, until, follow } = request;
  const limit = follow || request.number === 0n ? undefined : request.number;
  let position = startOf(walk);
  let count = 0n;
  const losses = createLosses();
  while (!stop.aborted) {
    const event = ring.read(position);
    if (event === undefined) {
      const oldest = ring.oldest();
      if (position < oldest) {
        losses.add(oldest - position, now());
        position = oldest;
        continue;
      }
      const lost = losses.take(follow ? now() : undefined);
      if (lost !== undefined) yield lost;
      if (!follow) return;
      await waitForWrite(ring, stop);
      continue;
    }
    position += 1;
    const lost = losses.take(now());
    if (lost !== undefined) yield lost;
    if (event.kind === "lost") {
      yield event;
      continue;
    }
    if (limit !== undefined && count >= limit) return;
    if (until !== undefined && compareTimes(event.time, until) > 0) return;
    if (since !== undefined && compareTimes(event.time, since) < 0) continue;
    if (!isWanted(event, walk)) continue;
    yield event;
    count += 1n;
    if (limit !== undefined && count >= limit) return;
  }
}

function isWanted(event: RingEvent, { kind, matches }: Walk): boolean {
  return event.kind === kind && (event.kind !== "flow" || matches(event.flow));
}

function startOf(walk: Walk): number {
  const { ring, request } = walk;
  const { since } = request;
  const oldest = ring.oldest();
  if (request.first && since === undefined) return oldest;
  if (request.follow && request.number === 0n && since === undefined) return ring.end();
  let count = 0n;
  let position = ring.end();
  while (position > oldest) {
    const event = ring.read(position - 1);
    if (event === undefined) break;
    if (isWanted(event, walk)) {
      count += 1n;
      if (since !== undefined) {
        if (compareTimes(event.time, since) < 0) break;
      } else if (count === request.number) return position - 1;
    }
    position -= 1;
  }
  return position;
}

interface Losses {
  readonly add: (count: number, at: number) => void;
  /** The losses so far when they may be told at that time; undefined as time is the end of the stream. */
  readonly take: (at: number | undefined) => RingEvent | undefined;
}

function createLosses(): Losses {
  let count = 0;
  let first = 0;
  let last = 0;
  let toldAt = Number.NEGATIVE_INFINITY;
  return {
    add: (more, at) => {
      if (count === 0) first = at;
      count += more;
      last = at;
    },
    take: (at) => {
      if (count === 0 || (at !== undefined && at - toldAt < LOST_EVERY_MS)) return undefined;
      const lost = create(LostEventSchema, {
        source: LostEventSource.HUBBLE_RING_BUFFER,
        numEventsLost: BigInt(count),
        first: timestampFromMs(first),
        last: timestampFromMs(last),
      });
      count = 0;
      toldAt = at ?? toldAt;
      return { kind: "lost", time: timestampFromMs(last), lost };
    },
  };
}

async function waitForWrite(ring: EventRing, stop: StopSignal): Promise<void> {
  if (stop.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const takeBack = ring.onWrite(resolve);
  stop.addEventListener("abort", resolve);
  try {
    await promise;
  } finally {
    takeBack();
    stop.removeEventListener("abort", resolve);
  }
}

/** Flows per second over the last minute, or over the time the ring covers when that is shorter. */
export function flowRate(ring: EventRing, nowMs: number): number {
  let since = nowMs - 60_000;
  let earliest: number | undefined;
  let count = 0;
  let position = ring.end();
  const oldest = ring.oldest();
  for (; position > oldest; position -= 1) {
    const event = ring.read(position - 1);
    if (event?.kind !== "flow") continue;
    const at = Number(event.time.seconds) * 1000 + event.time.nanos / 1_000_000;
    if (at < since) break;
    earliest = at;
    count += 1;
  }
  if (position === oldest && earliest !== undefined) since = earliest;
  return nowMs > since ? (count * 1000) / (nowMs - since) : 0;
}
