import type { SecurityConfig } from "./config.ts";
import { createLruMap } from "./lru.ts";
import type { SecurityEvent } from "./sight.ts";

/** Attempts to reach something, and what became of them. */
export interface ScanTracker {
  /** `source` tries a port of `destination`. */
  readonly attempt: (source: string, destination: string, port: number, timeMs: number) => void;
  /** It was answered: no attempt in vain. Whether it was still open until now. */
  readonly answered: (source: string, destination: string, port: number) => boolean;
  /** It was refused: in vain at once. */
  readonly refused: (source: string, destination: string, port: number) => void;
  /** Reports the scans that are to be reported at that time. */
  readonly check: (timeMs: number, config: SecurityConfig) => SecurityEvent[];
}

interface Attempt {
  readonly destination: string;
  readonly port: number;
  readonly timeMs: number;
  refused: boolean;
}

interface Source {
  /** By `destination port`, the longest ago first. */
  readonly attempts: Map<string, Attempt>;
  /** When each shape of scan was reported. */
  readonly reported: Map<string, number>;
  dirty: boolean;
}

// More than any limit needs: a source that tries more targets has been reported long before.
const MOST_ATTEMPTS = 1024;
const MOST_SHOWN = 16;

/** A tracker of at most `limit` sources. */
export function createScanTracker(limit: number): ScanTracker {
  const sources = createLruMap<Source>(limit);
  const keyOf = (destination: string, port: number): string => `${destination} ${port}`;
  return {
    attempt: (source, destination, port, timeMs) => {
      const entry = sources.get(source, () => ({
        attempts: new Map(),
        reported: new Map(),
        dirty: false,
      }));
      const key = keyOf(destination, port);
      const refused = entry.attempts.get(key)?.refused ?? false;
      entry.attempts.delete(key);
      entry.attempts.set(key, { destination, port, timeMs, refused });
      entry.dirty = true;
      if (entry.attempts.size > MOST_ATTEMPTS) {
        const oldest = entry.attempts.keys().next();
        if (oldest.done !== true) entry.attempts.delete(oldest.value);
      }
    },
    answered: (source, destination, port) =>
      sources.find(source)?.attempts.delete(keyOf(destination, port)) ?? false,
    refused: (source, destination, port) => {
      const attempt = sources.find(source)?.attempts.get(keyOf(destination, port));
      if (attempt !== undefined) attempt.refused = true;
    },
    check: (timeMs, config) => {
      const events: SecurityEvent[] = [];
      for (const [address, source] of sources.entries()) {
        if (!source.dirty) continue;
        for (const [key, { timeMs: at }] of source.attempts) {
          if (timeMs - at <= config.slowWindowMs) break;
          source.attempts.delete(key);
        }
        const waiting = checkSource(address, source, timeMs, config, events);
        source.dirty = waiting;
      }
      return events;
    },
  };
}

/** Whether attempts still wait for their answer: then the source is to be looked at again. */
function checkSource(
  address: string,
  source: Source,
  timeMs: number,
  config: SecurityConfig,
  events: SecurityEvent[],
): boolean {
  const vain: Attempt[] = [];
  let waiting = false;
  for (const attempt of source.attempts.values()) {
    if (attempt.refused || timeMs - attempt.timeMs >= config.graceMs) vain.push(attempt);
    else waiting = true;
  }
  const report = (shape: "vertical" | "horizontal" | "slow", found: readonly Attempt[]): void => {
    const last = source.reported.get(shape) ?? Number.NEGATIVE_INFINITY;
    // What is counted over half an hour stays over its limit as long.
    const quiet = shape === "slow" ? config.slowWindowMs : config.quietMs;
    if (timeMs - last < quiet) return;
    source.reported.set(shape, timeMs);
    events.push({
      kind: "port-scan",
      shape,
      timeMs,
      source: address,
      destinations: [...new Set(found.map(({ destination }) => destination))].slice(-MOST_SHOWN),
      ports: [...new Set(found.map(({ port }) => port))].slice(-MOST_SHOWN),
      targets: found.length,
    });
  };
  const within = (ms: number): Attempt[] => vain.filter(({ timeMs: at }) => timeMs - at <= ms);
  // An attempt counts once its grace is over: the second is measured before that.
  const second = within(1000 + config.graceMs);
  const window = within(config.scanWindowMs);
  const fast = largestGroup(second, ({ destination }) => destination);
  const wide = largestGroup(window, ({ destination }) => destination);
  const across = largestGroup(window, ({ port }) => String(port));
  const vertical = reaches(fast, config.portsPerSecond) || reaches(wide, config.portsPerWindow);
  if (vertical) report("vertical", wide);
  const horizontal = reaches(across, config.hostsPerWindow);
  if (horizontal) report("horizontal", across);
  // What was reported by its speed is not reported by its patience as well.
  const known = source.reported.has("vertical") || source.reported.has("horizontal");
  if (!known && reaches(vain, config.slowTargets)) report("slow", vain);
  return waiting;
}

function reaches(attempts: readonly Attempt[], limit: number): boolean {
  return limit > 0 && attempts.length >= limit;
}

function largestGroup(
  attempts: readonly Attempt[],
  keyOf: (attempt: Attempt) => string,
): readonly Attempt[] {
  let largest: readonly Attempt[] = [];
  for (const group of Map.groupBy(attempts, keyOf).values()) {
    if (group.length > largest.length) largest = group;
  }
  return largest;
}
