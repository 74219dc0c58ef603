import { TCP_FLAG } from "../packet/packet.ts";
import { DEFAULT_SECURITY_CONFIG, type SecurityConfig } from "./config.ts";
import { createFloodTracker } from "./floods.ts";
import { createScanTracker } from "./scans.ts";
import type { PacketSight, SecurityEvent } from "./sight.ts";

/** Watches packets for scans and floods. */
export interface ThreatDetector {
  /** Takes a packet into account; what is to be reported by now comes back. */
  readonly see: (sight: PacketSight) => readonly SecurityEvent[];
  /** Lets time pass without packets: what waited for an answer may be in vain by now. */
  readonly tick: (timeMs: number) => readonly SecurityEvent[];
  readonly configure: (change: Partial<SecurityConfig>) => void;
}

const NOTHING: readonly SecurityEvent[] = [];
// How often everything is looked at: a tenth of the second within which attacks are to be told.
const CHECK_MS = 100;

/**
 * A detector with the default limits and `change`. Attempts that are answered, and handshakes that are completed, count for
 * nothing, so that busy clients and servers are not taken for attackers. Memory is bounded by `maxTracked`, given once.
 */
export function createThreatDetector(change: Partial<SecurityConfig> = {}): ThreatDetector {
  let config: SecurityConfig = { ...DEFAULT_SECURITY_CONFIG, ...change };
  const scans = createScanTracker(config.maxTracked);
  const floods = createFloodTracker(config.maxTracked);
  let checkedAt = Number.NEGATIVE_INFINITY;
  let secondAt = Number.NEGATIVE_INFINITY;

  const tick = (timeMs: number): readonly SecurityEvent[] => {
    if (timeMs - checkedAt < CHECK_MS) return NOTHING;
    checkedAt = timeMs;
    const endOfSecond = timeMs - secondAt >= 1000;
    if (endOfSecond) secondAt = timeMs;
    const found = [...scans.check(timeMs, config), ...floods.check(timeMs, config, endOfSecond)];
    return found.length === 0 ? NOTHING : found;
  };

  const seeTcp = (sight: PacketSight): void => {
    const { source, destination, sourcePort, destinationPort, flags, timeMs } = sight;
    const has = (bit: number): boolean => (flags & bit) !== 0;
    if (has(TCP_FLAG.syn)) {
      if (has(TCP_FLAG.ack)) return;
      scans.attempt(source, destination, destinationPort, timeMs);
      floods.syn(source, destination, destinationPort);
    } else if (has(TCP_FLAG.rst)) {
      // Either the port is closed, or a scanner hangs up on an open one: in vain both.
      scans.refused(destination, source, sourcePort);
      scans.refused(source, destination, destinationPort);
    } else if (has(TCP_FLAG.ack)) {
      // The first acknowledgment completes the handshake; those of data say nothing new.
      if (scans.answered(source, destination, destinationPort)) {
        floods.completed(destination, destinationPort);
      }
    }
  };

  const seeUdp = (sight: PacketSight): void => {
    const { source, destination, sourcePort, destinationPort, timeMs } = sight;
    floods.packet(source, destination, "udp");
    scans.answered(destination, source, sourcePort);
    // Clients speak from high ports to lower ones; what goes the other way is an answer.
    if (sourcePort > destinationPort && destinationPort !== 0) {
      scans.attempt(source, destination, destinationPort, timeMs);
    }
  };

  return {
    see: (sight) => {
      switch (sight.protocol) {
        case "tcp":
          seeTcp(sight);
          break;
        case "udp":
          seeUdp(sight);
          break;
        case "icmp":
        case "other": {
          const { refused } = sight;
          if (refused === undefined) floods.packet(sight.source, sight.destination, sight.protocol);
          else scans.refused(refused.source, refused.destination, refused.destinationPort);
          break;
        }
      }
      return tick(sight.timeMs);
    },
    tick,
    configure: (next) => {
      config = { ...config, ...next };
    },
  };
}
