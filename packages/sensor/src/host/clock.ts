import { readFileSync } from "node:fs";

/** Tells the time of day of moments that the kernel gives in its own clocks. */
export interface Clock {
  /** Nanoseconds since 1970 of a moment of the monotonic clock. */
  readonly epochNs: (monotonicNs: bigint) => bigint;
  /** Nanoseconds that the host slept: what the boot clock is ahead of the monotonic one. */
  readonly suspendedNs: number;
}

const SET_AGAIN_MS = 60_000;

/** This host's clock. The time of day may be set while we run: it is looked at once a minute. */
export function hostClock(): Clock {
  let offset = 0n;
  let lookedMs = Number.NEGATIVE_INFINITY;
  return {
    epochNs(monotonicNs) {
      const now = performance.now();
      if (now - lookedMs > SET_AGAIN_MS) {
        lookedMs = now;
        offset = epochNow() - process.hrtime.bigint();
      }
      return monotonicNs + offset;
    },
    suspendedNs: suspended(),
  };
}

function epochNow(): bigint {
  return BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n;
}

function suspended(): number {
  try {
    const uptime = Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]) * 1e9;
    const difference = uptime - Number(process.hrtime.bigint());
    // The file counts hundredths of a second.
    return Math.abs(difference) < 5e7 ? 0 : difference;
  } catch {
    return 0;
  }
}
