// Filters that compare one field for equality.
import { Verdict, type Flow, type FlowFilter, type Workload } from "../proto/flow.gen.ts";
import type { Predicate } from "./predicate.ts";

/** uuid */
export function uuidFilter({ uuid }: FlowFilter, into: Predicate[]): void {
  if (uuid.length > 0) into.push((flow) => uuid.includes(flow.uuid));
}

/** event_type: type 0 is any type; the sub-type is looked at only when asked for. */
export function eventTypeFilter({ eventType: wanted }: FlowFilter, into: Predicate[]): void {
  if (wanted.length === 0) return;
  into.push(({ eventType }) => {
    if (eventType === undefined) return false;
    return wanted.some(
      (one) =>
        (one.type === 0 || one.type === eventType.type) &&
        (!one.matchSubType || one.subType === eventType.subType),
    );
  });
}

/** verdict */
export function verdictFilter({ verdict }: FlowFilter, into: Predicate[]): void {
  if (verdict.length > 0) into.push((flow) => verdict.includes(flow.verdict));
}

/** drop_reason_desc */
export function dropReasonFilter({ dropReasonDesc }: FlowFilter, into: Predicate[]): void {
  if (dropReasonDesc.length > 0) into.push((flow) => dropReasonDesc.includes(flow.dropReasonDesc));
}

/** reply: a drop of unknown direction counts as no reply, other flows of unknown direction match nothing. */
export function replyFilter({ reply }: FlowFilter, into: Predicate[]): void {
  if (reply.length === 0) return;
  into.push(({ isReply, verdict }) => {
    if (isReply === undefined && verdict !== Verdict.DROPPED) return false;
    return reply.includes(isReply ?? false);
  });
}

/** encrypted */
export function encryptedFilter({ encrypted }: FlowFilter, into: Predicate[]): void {
  if (encrypted.length > 0) into.push(({ IP }) => encrypted.includes(IP?.encrypted ?? false));
}

/** source_identity, destination_identity */
export function identityFilter(filter: FlowFilter, into: Predicate[]): void {
  const { sourceIdentity, destinationIdentity } = filter;
  if (sourceIdentity.length > 0) {
    into.push(({ source }) => source !== undefined && sourceIdentity.includes(source.identity));
  }
  if (destinationIdentity.length > 0) {
    into.push(
      ({ destination }) =>
        destination !== undefined && destinationIdentity.includes(destination.identity),
    );
  }
}

/** source_workload, destination_workload: name and kind, where they are set, of one workload of the endpoint. */
export function workloadFilter(filter: FlowFilter, into: Predicate[]): void {
  const { sourceWorkload, destinationWorkload } = filter;
  if (sourceWorkload.length > 0) {
    into.push(({ source }) => hasWorkload(sourceWorkload, source?.workloads));
  }
  if (destinationWorkload.length > 0) {
    into.push(({ destination }) => hasWorkload(destinationWorkload, destination?.workloads));
  }
}

function hasWorkload(wanted: readonly Workload[], present: readonly Workload[] = []): boolean {
  return present.some(({ name, kind }) =>
    wanted.some(
      (one) => (one.name === "" || one.name === name) && (one.kind === "" || one.kind === kind),
    ),
  );
}

/** tcp_flags: each flag set in an entry is set in the flow; others may be, too. */
export function tcpFlagsFilter({ tcpFlags }: FlowFilter, into: Predicate[]): void {
  if (tcpFlags.length === 0) return;
  const names = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "NS"] as const;
  const wanted = tcpFlags.map((entry) => names.filter((name) => entry[name]));
  into.push(({ l4 }) => {
    const flags = l4?.protocol.case === "TCP" ? l4.protocol.value.flags : undefined;
    return flags !== undefined && wanted.some((entry) => entry.every((name) => flags[name]));
  });
}

/** source_cluster_name, destination_cluster_name: equal, without wildcards. */
export function clusterNameFilter(filter: FlowFilter, into: Predicate[]): void {
  const { sourceClusterName, destinationClusterName } = filter;
  if (sourceClusterName.length > 0) {
    into.push(({ source }) => sourceClusterName.includes(source?.clusterName ?? ""));
  }
  if (destinationClusterName.length > 0) {
    into.push(({ destination }) => destinationClusterName.includes(destination?.clusterName ?? ""));
  }
}

/** ip_version */
export function ipVersionFilter({ ipVersion }: FlowFilter, into: Predicate[]): void {
  if (ipVersion.length > 0) into.push(({ IP }) => ipVersion.includes(IP?.ipVersion ?? 0));
}

/** trace_id */
export function traceIdFilter({ traceId }: FlowFilter, into: Predicate[]): void {
  if (traceId.length > 0) into.push((flow) => traceId.includes(traceIdOf(flow)));
}

function traceIdOf({ traceContext }: Flow): string {
  return traceContext?.parent?.traceId ?? "";
}

/** traffic_direction */
export function trafficDirectionFilter(filter: FlowFilter, into: Predicate[]): void {
  const { trafficDirection } = filter;
  if (trafficDirection.length > 0) {
    into.push((flow) => trafficDirection.includes(flow.trafficDirection));
  }
}

/** interface: index and name, where they are set. */
export function interfaceFilter({ interface: wanted }: FlowFilter, into: Predicate[]): void {
  if (wanted.length === 0) return;
  into.push(({ interface: present }) => {
    if (present === undefined) return false;
    return wanted.some(
      ({ index, name }) =>
        (index === 0 || index === present.index) && (name === "" || name === present.name),
    );
  });
}

/** ip_trace_id: a flow without one has the number 0. */
export function ipTraceIdFilter({ ipTraceId: wanted }: FlowFilter, into: Predicate[]): void {
  if (wanted.length > 0) into.push(({ ipTraceId }) => wanted.includes(ipTraceId?.traceId ?? 0n));
}
