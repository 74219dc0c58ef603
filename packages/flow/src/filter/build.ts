import { celFilter } from "../cel/filter.ts";
import type { FlowFilter } from "../proto/flow.gen.ts";
import {
  clusterNameFilter,
  dropReasonFilter,
  encryptedFilter,
  eventTypeFilter,
  identityFilter,
  interfaceFilter,
  ipTraceIdFilter,
  ipVersionFilter,
  replyFilter,
  tcpFlagsFilter,
  traceIdFilter,
  trafficDirectionFilter,
  uuidFilter,
  verdictFilter,
  workloadFilter,
} from "./basic.ts";
import { fqdnFilter, nodeNameFilter } from "./fqdn.ts";
import { httpFilter } from "./http.ts";
import { ipFilter } from "./ip.ts";
import { portFilter, protocolFilter } from "./l4.ts";
import { labelsFilter } from "./labels.ts";
import { podFilter, serviceFilter } from "./names.ts";
import type { FilterBuilder, Predicate } from "./predicate.ts";

// In Hubble's order: of several mistakes the first here is the one reported.
const BUILDERS: readonly FilterBuilder[] = [
  uuidFilter,
  eventTypeFilter,
  verdictFilter,
  dropReasonFilter,
  replyFilter,
  encryptedFilter,
  identityFilter,
  protocolFilter,
  ipFilter,
  podFilter,
  workloadFilter,
  serviceFilter,
  fqdnFilter,
  labelsFilter,
  portFilter,
  httpFilter,
  tcpFlagsFilter,
  nodeNameFilter,
  clusterNameFilter,
  ipVersionFilter,
  traceIdFilter,
  trafficDirectionFilter,
  celFilter,
  interfaceFilter,
  ipTraceIdFilter,
];

/**
 * Compiles the lists of a GetFlows request into one test: a flow passes when any filter of `allow` matches (or there is
 * none) and no filter of `deny` does. Within a filter all set fields must match, within a field any value. An empty filter
 * matches every flow. Throws FilterError with Hubble's text.
 */
export function buildFilters(
  allow: readonly FlowFilter[],
  deny: readonly FlowFilter[] = [],
): Predicate {
  const allowed = allow.map((filter) => buildFilter(filter));
  const denied = deny.map((filter) => buildFilter(filter));
  return (flow) => {
    if (allowed.length > 0 && !allowed.some((matches) => matches(flow))) return false;
    return !denied.some((matches) => matches(flow));
  };
}

function buildFilter(filter: FlowFilter): Predicate {
  const predicates: Predicate[] = [];
  for (const build of BUILDERS) build(filter, predicates);
  return (flow) => predicates.every((matches) => matches(flow));
}
