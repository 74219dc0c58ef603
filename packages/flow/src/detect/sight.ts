/** A packet as the detector sees it. Addresses are text; ports of ICMP are 0. */
export interface PacketSight {
  /** Milliseconds since any fixed point, never going back by much. */
  readonly timeMs: number;
  readonly source: string;
  readonly destination: string;
  readonly protocol: "tcp" | "udp" | "icmp" | "other";
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** Of TCP: TCP_FLAG bits. */
  readonly flags: number;
  /** Of an ICMP error: the packet that could not be delivered. */
  readonly refused?: PacketSight | undefined;
}

/** Something that should not be. `source` is the attacker's address; empty when there are many. */
export type SecurityEvent =
  | {
      readonly kind: "port-scan";
      readonly shape: "vertical" | "horizontal" | "slow";
      readonly timeMs: number;
      readonly source: string;
      /** Hosts that were tried, in the order of the last attempt; at most 16. */
      readonly destinations: readonly string[];
      readonly ports: readonly number[];
      /** Distinct targets tried in vain. */
      readonly targets: number;
    }
  | {
      readonly kind: "syn-flood";
      readonly timeMs: number;
      readonly source: string;
      readonly sources: number;
      readonly destination: string;
      readonly port: number;
      /** Openings within the last second, and how many of them were completed. */
      readonly syns: number;
      readonly completed: number;
    }
  | {
      readonly kind: "flood";
      readonly timeMs: number;
      readonly source: string;
      readonly destination: string;
      readonly protocol: "udp" | "icmp" | "other";
      readonly packets: number;
    };
