/** When traffic is reported. Times in milliseconds; a limit of 0 switches its report off. */
export interface SecurityConfig {
  /** Ports of one host that one source tries in vain within a second: a vertical scan. */
  readonly portsPerSecond: number;
  /** Hosts whose same port one source tries in vain within `scanWindowMs`: a horizontal scan. */
  readonly hostsPerWindow: number;
  /** Ports of one host that one source tries in vain within `scanWindowMs`. */
  readonly portsPerWindow: number;
  readonly scanWindowMs: number;
  /** Targets that one source tries in vain within `slowWindowMs`, however slowly. */
  readonly slowTargets: number;
  readonly slowWindowMs: number;
  /** Openings of connections to one port within a second of which few are completed: a SYN flood. */
  readonly synsPerSecond: number;
  /** Datagrams or echoes of one source within a second that nobody answers: a flood. */
  readonly packetsPerSecond: number;
  /** An attempt without an answer is in vain after this long; a refused one is at once. */
  readonly graceMs: number;
  /** The same is not reported again before this long. */
  readonly quietMs: number;
  /** Sources, and targets of floods, that are remembered; the longest unseen goes first. */
  readonly maxTracked: number;
}

/** Limits that a workstation's or a server's ordinary traffic stays far below. */
export const DEFAULT_SECURITY_CONFIG: SecurityConfig = {
  portsPerSecond: 15,
  hostsPerWindow: 20,
  portsPerWindow: 25,
  scanWindowMs: 60_000,
  slowTargets: 30,
  slowWindowMs: 1_800_000,
  synsPerSecond: 500,
  packetsPerSecond: 20_000,
  graceMs: 250,
  quietMs: 60_000,
  maxTracked: 4096,
};
