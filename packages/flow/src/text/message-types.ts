/** Numbers of `event_type.type`, by the names that `-t` takes. */
export const MESSAGE_TYPE = {
  drop: 1,
  debug: 2,
  capture: 3,
  trace: 4,
  "policy-verdict": 5,
  "trace-sock": 7,
  l7: 129,
  agent: 130,
} as const;

/** Names of trace points: `event_type.sub_type` of traces is the index. */
export const TRACE_POINTS: readonly string[] = [
  "to-endpoint",
  "to-proxy",
  "to-host",
  "to-stack",
  "to-overlay",
  "from-endpoint",
  "from-proxy",
  "from-host",
  "from-stack",
  "from-overlay",
  "from-network",
  "to-network",
  "from-crypto",
  "to-crypto",
];

/** Names of `policy_match_type`. */
export const POLICY_MATCHES: readonly string[] = [
  "none",
  "L3-Only",
  "L3-L4",
  "L4-Only",
  "all",
  "L3-Proto",
  "Proto-Only",
];

/** The name of a trace point, or its number where it has none. */
export function tracePointName(subType: number): string {
  const point = subType & 0xff;
  return TRACE_POINTS[point] ?? String(point);
}

/** How a policy matched, as Hubble prints it. */
export function policyMatchName(match: number): string {
  return POLICY_MATCHES[match] ?? "unknown";
}
