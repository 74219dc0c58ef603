import type { SecurityConfig } from "./config.ts";
import { createLruMap } from "./lru.ts";
import type { SecurityEvent } from "./sight.ts";

/** Counts openings of connections by target, and unanswered packets by pair of addresses, second by second. */
export interface FloodTracker {
  readonly syn: (source: string, destination: string, port: number) => void;
  /** A handshake was completed. */
  readonly completed: (destination: string, port: number) => void;
  readonly packet: (
    source: string,
    destination: string,
    protocol: "udp" | "icmp" | "other",
  ) => void;
  /** Reports what is over its limit in the second so far; `endOfSecond` starts the next one. */
  readonly check: (timeMs: number, config: SecurityConfig, endOfSecond: boolean) => SecurityEvent[];
}

interface Target {
  readonly destination: string;
  readonly port: number;
  syns: number;
  completed: number;
  readonly sources: Map<string, number>;
  reportedAt: number;
}

interface Pair {
  readonly source: string;
  readonly destination: string;
  readonly protocol: "udp" | "icmp" | "other";
  packets: number;
  reportedAt: number;
}

const MOST_SOURCES = 1024;
// Of an ordinary rush nearly all handshakes are completed; a flood completes none.
const COMPLETED_SHARE = 0.25;
// Answers to a hundredth of the packets make it a conversation.
const ANSWERED_SHARE = 0.01;

/** A tracker of at most `limit` targets and pairs. */
export function createFloodTracker(limit: number): FloodTracker {
  const targets = createLruMap<Target>(limit);
  const pairs = createLruMap<Pair>(limit);
  const never = Number.NEGATIVE_INFINITY;
  return {
    syn: (source, destination, port) => {
      const target = targets.get(`${destination} ${port}`, () => ({
        destination,
        port,
        syns: 0,
        completed: 0,
        sources: new Map(),
        reportedAt: never,
      }));
      target.syns += 1;
      const count = target.sources.get(source);
      if (count !== undefined || target.sources.size < MOST_SOURCES) {
        target.sources.set(source, (count ?? 0) + 1);
      }
    },
    completed: (destination, port) => {
      const target = targets.find(`${destination} ${port}`);
      if (target !== undefined) target.completed += 1;
    },
    packet: (source, destination, protocol) => {
      const make = (): Pair => ({ source, destination, protocol, packets: 0, reportedAt: never });
      pairs.get(`${protocol} ${source} ${destination}`, make).packets += 1;
    },
    check: (timeMs, config, endOfSecond) => {
      const events: SecurityEvent[] = [];
      for (const [, target] of targets.entries()) {
        const event = floodOf(target, timeMs, config);
        if (event !== undefined) events.push(event);
        if (!endOfSecond) continue;
        target.syns = 0;
        target.completed = 0;
        target.sources.clear();
      }
      for (const [, pair] of pairs.entries()) {
        const { source, destination, protocol, packets } = pair;
        const limitReached = config.packetsPerSecond > 0 && packets >= config.packetsPerSecond;
        if (limitReached && timeMs - pair.reportedAt >= config.quietMs) {
          const answers = pairs.peek(`${protocol} ${destination} ${source}`)?.packets ?? 0;
          if (answers < packets * ANSWERED_SHARE) {
            pair.reportedAt = timeMs;
            events.push({ kind: "flood", timeMs, source, destination, protocol, packets });
          }
        }
      }
      if (endOfSecond) for (const [, pair] of pairs.entries()) pair.packets = 0;
      return events;
    },
  };
}

function floodOf(
  target: Target,
  timeMs: number,
  config: SecurityConfig,
): SecurityEvent | undefined {
  const { syns, completed, sources, destination, port } = target;
  if (config.synsPerSecond === 0 || syns < config.synsPerSecond) return undefined;
  if (completed >= syns * COMPLETED_SHARE || timeMs - target.reportedAt < config.quietMs) {
    return undefined;
  }
  target.reportedAt = timeMs;
  let first = "";
  let most = 0;
  for (const [source, count] of sources) {
    if (count > most) [first, most] = [source, count];
  }
  // One attacker has the most of it; with forged addresses nobody has.
  const source = most * 2 > syns ? first : "";
  return {
    kind: "syn-flood",
    timeMs,
    source,
    sources: sources.size,
    destination,
    port,
    syns,
    completed,
  };
}
