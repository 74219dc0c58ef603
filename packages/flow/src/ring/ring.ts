import type { Flow } from "../proto/flow.gen.ts";
import type { TimeParts } from "../time/go-time.ts";
import { createColdStore } from "./cold-store.ts";
import type { RingEvent } from "./events.ts";

/**
 * The recent events, oldest overwritten first. As in Hubble the newest entry cannot be read until the next one is written,
 * and of the slots one is always kept for the writer: a ring of 4095 has 4096 of them.
 *
 * ```text
 *   position   written-slots … written-2   written-1   written
 *              └────── readable ──────┘    newest      next write
 * ```
 *
 * A ring of up to 4095 keeps events as they were given; a larger one keeps flows as their bytes and reads them anew every
 * time, for a fraction of the memory (`npm run bench flows`). A flow must not be changed once it is written.
 */
export interface EventRing {
  /** How many events can be read at most: a power of two minus one. */
  readonly capacity: number;
  /** How many events were written since the start: also the position of the next one. */
  readonly written: () => number;
  /** How many events are held, the unreadable newest included. */
  readonly size: () => number;
  readonly write: (event: RingEvent) => void;
  /** The event at a position; undefined before `oldest()` and from the newest on. */
  readonly read: (position: number) => RingEvent | undefined;
  /** The first readable position; equals `end()` when nothing can be read. */
  readonly oldest: () => number;
  /** The position behind the last readable event. */
  readonly end: () => number;
  /** Calls `wake` once, at the next write. Returns how to take that back. */
  readonly onWrite: (wake: () => void) => () => void;
}

/** The largest ring, as in Hubble. */
export const MAX_RING_CAPACITY = 65_535;

// As many slots as Hubble's ring has by default. Encoding at once lets the messages die young: kept for a while first, they
// would grow the old generation to six times what it holds.
const MOST_KEPT_DECODED = 4096;

/** A ring of at least `capacity` events, rounded up to a power of two minus one. Throws RangeError outside 1 to 2^24. */
export function createRing(capacity: number): EventRing {
  if (!Number.isInteger(capacity) || capacity < 1 || capacity > 0xff_ffff) {
    throw new RangeError(
      `Cannot make a ring of ${capacity} flows: it must have between 1 and 16777215`,
    );
  }
  const slots = 2 ** Math.ceil(Math.log2(capacity + 1));
  const mask = slots - 1;
  const events: (RingEvent | undefined)[] = Array.from({ length: slots });
  const cold = slots > MOST_KEPT_DECODED ? createColdStore(slots) : undefined;
  let written = 0;
  let waiting = new Set<() => void>();
  const oldest = (): number => Math.max(0, written - slots);
  const end = (): number => Math.max(0, written - 1);
  return {
    capacity: mask,
    written: () => written,
    size: () => Math.min(written, mask),
    write: (event) => {
      const slot = written & mask;
      if (cold !== undefined && event.kind === "flow") {
        cold.put(slot, event.flow);
        events[slot] = undefined;
      } else {
        cold?.clear(slot);
        events[slot] = event;
      }
      written += 1;
      if (waiting.size === 0) return;
      const wakes = waiting;
      waiting = new Set();
      for (const wake of wakes) wake();
    },
    read: (position) => {
      if (position < oldest() || position >= end()) return undefined;
      const slot = position & mask;
      const event = events[slot];
      if (event !== undefined) return event;
      const flow = cold?.get(slot);
      return flow === undefined ? undefined : { kind: "flow", time: timeOf(flow), flow };
    },
    oldest,
    end,
    onWrite: (wake) => {
      waiting.add(wake);
      return () => {
        waiting.delete(wake);
      };
    },
  };
}

function timeOf({ time }: Flow): TimeParts {
  return time ?? { seconds: 0n, nanos: 0 };
}
