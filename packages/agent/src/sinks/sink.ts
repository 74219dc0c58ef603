import { PRIORITIES, type Alert, type Priority } from "@ocelli/rules";

import { createThrottle, type ThrottleOptions } from "./throttle.ts";
import { DeliveryError, type Delivery, type Target } from "./target.ts";

/** How alerts are handed to a target. */
export interface SinkOptions extends ThrottleOptions {
  /** Alerts that are less bad are left out. Default: all go. */
  readonly minimumPriority?: Priority;
  /** How many alerts may wait; what comes when as many wait is dropped and counted. Default: 10,000. */
  readonly queueSize?: number;
  /** How long an alert may wait for others to go with it, in milliseconds. Default: 0. */
  readonly batchWaitMs?: number;
  /** How often a delivery is tried again. Default: 5. */
  readonly retries?: number;
  /** Pause before the first retry; each further one doubles it, up to `maxBackoffMs`. Defaults: 500, 60,000. */
  readonly backoffMs?: number;
  readonly maxBackoffMs?: number;
  /** When a single delivery is given up, in milliseconds. Default: 10,000. */
  readonly timeoutMs?: number;
  /** Chance for jitter, from 0 to below 1. Default: `Math.random`. */
  readonly random?: () => number;
  /** Is told what kept alerts from being delivered. */
  readonly onProblem?: (message: string) => void;
}

/** What became of the alerts that a sink was offered. All of them are in one of these, or waiting. */
export interface SinkStatistics {
  readonly offered: number;
  readonly sent: number;
  readonly waiting: number;
  readonly retries: number;
  readonly dropped: {
    /** Less bad than the minimum priority. */
    readonly priority: number;
    /** Like one that went out shortly before. */
    readonly duplicate: number;
    /** Above the rate of their rule. */
    readonly rate: number;
    /** When the queue was full. */
    readonly full: number;
    /** Because the target did not take them, however often they were tried. */
    readonly failed: number;
    /** Because the sink was closed before they went out. */
    readonly closed: number;
  };
}

/** A target with a bounded queue in front: offering never waits, and everything that is lost is counted. */
export interface Sink extends AsyncDisposable {
  readonly name: string;
  /** Takes an alert, or drops and counts it; returns at once. */
  readonly offer: (alert: Alert) => void;
  readonly statistics: () => SinkStatistics;
  /** Resolves when nothing waits any more. */
  readonly flush: () => Promise<void>;
  /** Opens files anew, after they were moved away: for SIGUSR1. */
  readonly reopen: () => Promise<void>;
  /** Delivers what waits, for at most `graceMs`, then lets go. Default: 5,000. */
  readonly close: (graceMs?: number) => Promise<void>;
}

/** Puts a queue with batches, retries and counts in front of a target. */
export function createSink(target: Target, options: SinkOptions = {}): Sink {
  const {
    minimumPriority = "Debug",
    queueSize = 10_000,
    batchWaitMs = 0,
    retries: mostRetries = 5,
    timeoutMs = 10_000,
    onProblem = () => {},
  } = options;
  const lowest = PRIORITIES.indexOf(minimumPriority);
  const throttle = createThrottle(options);
  const waiting: Delivery[] = [];
  const dropped = { priority: 0, duplicate: 0, rate: 0, full: 0, failed: 0, closed: 0 };
  const stop = new AbortController();
  let offered = 0;
  let sent = 0;
  let retries = 0;
  let inFlight = 0;
  let running: Promise<void> | undefined;

  const offer = (alert: Alert): void => {
    offered++;
    if (stop.signal.aborted) {
      dropped.closed++;
      return;
    }
    if (PRIORITIES.indexOf(alert.priority) > lowest) {
      dropped.priority++;
      return;
    }
    const verdict = throttle(alert, Number(process.hrtime.bigint() / 1_000_000n));
    if (verdict.kind !== "pass") {
      dropped[verdict.kind]++;
      return;
    }
    if (waiting.length + inFlight >= queueSize) {
      dropped.full++;
      return;
    }
    waiting.push({ alert, heldBack: verdict.heldBack });
    running ??= run().finally(() => {
      running = undefined;
    });
  };

  const run = async (): Promise<void> => {
    // Alerts of the same moment go together.
    await pause(batchWaitMs, stop.signal);
    while (waiting.length > 0) {
      if (stop.signal.aborted) {
        dropped.closed += waiting.length;
        waiting.length = 0;
        return;
      }
      const batch = waiting.splice(0, target.batchSize);
      inFlight = batch.length;
      const delivered = await deliver(batch);
      inFlight = 0;
      if (delivered) sent += batch.length;
      else if (stop.signal.aborted) dropped.closed += batch.length;
      else dropped.failed += batch.length;
    }
  };

  /** Whether the target took a batch in the end. */
  const deliver = async (batch: readonly Delivery[]): Promise<boolean> => {
    for (let attempt = 0; ; attempt++) {
      const error = await trySending(target, batch, timeoutMs, stop.signal);
      if (error === undefined) return true;
      onProblem(`Cannot deliver ${batch.length} alerts to ${target.name}: ${error.message}`);
      if (!error.mayRetry || attempt === mostRetries || stop.signal.aborted) return false;
      retries++;
      await pause(error.retryAfterMs ?? backoff(attempt, options), stop.signal);
    }
  };

  const flush = async (): Promise<void> => {
    const current = running;
    if (current === undefined) return;
    await current;
    // More may have come meanwhile.
    await flush();
  };

  const close = async (graceMs = 5000): Promise<void> => {
    const grace = setTimeout(() => {
      stop.abort();
    }, graceMs);
    await flush();
    clearTimeout(grace);
    stop.abort();
    await target.close();
  };

  return {
    name: target.name,
    offer,
    flush,
    close,
    reopen: async () => target.reopen?.(),
    statistics: () => ({
      offered,
      sent,
      waiting: waiting.length + inFlight,
      retries,
      dropped: { ...dropped },
    }),
    [Symbol.asyncDispose]: async () => close(),
  };
}

async function trySending(
  target: Target,
  batch: readonly Delivery[],
  timeoutMs: number,
  stop: AbortSignal,
): Promise<DeliveryError | undefined> {
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    await target.send(batch, AbortSignal.any([timeout, stop]));
    return undefined;
  } catch (error) {
    if (error instanceof DeliveryError) return error;
    const reason = timeout.aborted ? `no answer within ${timeoutMs} ms` : String(error);
    return new DeliveryError(reason, true);
  }
}

/** Doubles with each attempt; half of it is left to chance, so that many hosts do not come back at once. */
function backoff(attempt: number, options: SinkOptions): number {
  const { backoffMs = 500, maxBackoffMs = 60_000, random = Math.random } = options;
  const full = Math.min(backoffMs * 2 ** attempt, maxBackoffMs);
  return full / 2 + (full / 2) * random();
}

/** Waits, or less when the signal fires. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}
