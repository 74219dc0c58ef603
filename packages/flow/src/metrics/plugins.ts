// Hubble's metrics, one function each: it registers its series and returns what a flow adds to them.
import { portsOf } from "../filter/l4.ts";
import {
  DropReason,
  DropReasonSchema,
  IPVersionSchema,
  SCTPChunkType,
  SCTPChunkTypeSchema,
  TrafficDirectionSchema,
  Verdict,
  VerdictSchema,
  type Flow,
} from "../proto/flow.gen.ts";
import { enumName } from "../text/enum-name.ts";
import { icmpText } from "../text/icmp.ts";
import { MESSAGE_TYPE, policyMatchName, tracePointName } from "../text/message-types.ts";
import { rcodeText } from "../text/rcode.ts";
import { readContext } from "./context.ts";
import { httpMetric, httpV2Metric } from "./http.ts";
import type { MetricOptions } from "./options.ts";
import { l7Label, protocolLabel } from "./protocol.ts";
import type { MetricRegistry } from "./registry.ts";

/** Registers a metric and returns what a flow adds to it. Throws MetricConfigError. */
export type MetricPlugin = (
  registry: MetricRegistry,
  options: MetricOptions,
) => (flow: Flow) => void;

/** The metrics by name. */
export const METRIC_PLUGINS: Readonly<Record<string, MetricPlugin>> = {
  dns: dnsMetric,
  drop: dropMetric,
  flow: flowMetric,
  "flows-to-world": flowsToWorldMetric,
  http: httpMetric,
  httpV2: httpV2Metric,
  icmp: icmpMetric,
  policy: policyMetric,
  "port-distribution": portDistributionMetric,
  sctp: sctpMetric,
  tcp: tcpMetric,
};

function dnsMetric(registry: MetricRegistry, options: MetricOptions): (flow: Flow) => void {
  const context = readContext(options);
  const query = options.has("query") ? ["query"] : [];
  const labels = [...context.names, "rcode", "qtypes", "ips_returned", ...query];
  const help = "Number of DNS queries observed";
  const queries = registry.counter("hubble_dns_queries_total", help, labels);
  const responses = registry.counter("hubble_dns_responses_total", help, labels);
  const typeLabels = [...context.names, "type", "qtypes", ...query];
  const types = registry.counter("hubble_dns_response_types_total", help, typeLabels);
  return (flow) => {
    if (flow.l7?.record.case !== "dns") return;
    const dns = flow.l7.record.value;
    const qtypes = dns.qtypes.join(",");
    if (options.has("ignoreaaaa") && qtypes === "AAAA") return;
    const own = context.values(flow);
    const tail = [qtypes, String(dns.ips.length), ...(query.length > 0 ? [dns.query] : [])];
    if (flow.verdict === Verdict.DROPPED) queries([...own, "Policy denied", ...tail]);
    else if (flow.isReply !== true) queries([...own, "", ...tail]);
    else {
      responses([...own, rcodeText(dns.rcode), ...tail]);
      for (const type of dns.rrtypes) {
        types([...own, type, qtypes, ...(query.length > 0 ? [dns.query] : [])]);
      }
    }
  };
}

function dropMetric(registry: MetricRegistry, options: MetricOptions): (flow: Flow) => void {
  const context = readContext(options);
  const labels = ["reason", "protocol", ...context.names];
  const count = registry.counter("hubble_drop_total", "Number of drops", labels);
  return (flow) => {
    if (flow.verdict !== Verdict.DROPPED) return;
    const reason = enumName(DropReasonSchema, flow.dropReasonDesc);
    count([reason, protocolLabel(flow), ...context.values(flow)]);
  };
}

function flowMetric(registry: MetricRegistry, options: MetricOptions): (flow: Flow) => void {
  const context = readContext(options);
  const labels = ["protocol", "type", "subtype", "verdict", ...context.names];
  const help = "Total number of flows processed";
  const count = registry.counter("hubble_flows_processed_total", help, labels);
  return (flow) => {
    const { type = 0, subType = 0 } = flow.eventType ?? {};
    const [name, detail] = ((): readonly [string, string] => {
      switch (type) {
        case MESSAGE_TYPE.l7:
          return ["L7", l7Label(flow) ?? ""];
        case MESSAGE_TYPE.drop:
          return ["Drop", ""];
        case MESSAGE_TYPE.capture:
          return ["Capture", ""];
        case MESSAGE_TYPE.trace:
          return ["Trace", tracePointName(subType)];
        case MESSAGE_TYPE["policy-verdict"]:
          return ["PolicyVerdict", ""];
        default:
          return ["Unknown", String(type)];
      }
    })();
    const verdict = enumName(VerdictSchema, flow.verdict);
    count([protocolLabel(flow), name, detail, verdict, ...context.values(flow)]);
  };
}

function flowsToWorldMetric(
  registry: MetricRegistry,
  options: MetricOptions,
): (flow: Flow) => void {
  const context = readContext(options);
  const withPort = options.has("port");
  const labels = ["protocol", "verdict", ...(withPort ? ["port"] : []), ...context.names];
  const help = "Total number of flows to reserved:world";
  const count = registry.counter("hubble_flows_to_world_total", help, labels);
  const world = new Set(["reserved:world", "reserved:world-ipv4", "reserved:world-ipv6"]);
  return (flow) => {
    const { destination, verdict, l4 } = flow;
    if (destination === undefined || flow.eventType === undefined || l4 === undefined) return;
    if (!destination.labels.some((label) => world.has(label))) return;
    const dropped = verdict === Verdict.DROPPED;
    const byPolicy = flow.dropReasonDesc === DropReason.POLICY_DENIED;
    if (dropped && !byPolicy && !options.has("any-drop")) return;
    // Replies would count the clients' ephemeral ports.
    const isReply = flow.isReply === true;
    if (!dropped && isReply) return;
    if (options.has("syn-only")) {
      const { protocol } = l4;
      const syn = protocol.case === "TCP" && protocol.value.flags?.SYN === true;
      if (!syn || isReply) return;
    }
    const port = withPort ? [String(portsOf(flow)?.destinationPort ?? "")] : [];
    const name = enumName(VerdictSchema, verdict);
    count([protocolLabel(flow), name, ...port, ...context.values(flow)]);
  };
}

function icmpMetric(registry: MetricRegistry, options: MetricOptions): (flow: Flow) => void {
  const context = readContext(options);
  const labels = ["family", "type", ...context.names];
  const count = registry.counter("hubble_icmp_total", "Number of ICMP messages", labels);
  return (flow) => {
    const protocol = flow.l4?.protocol;
    if (protocol?.case !== "ICMPv4" && protocol?.case !== "ICMPv6") return;
    const version = protocol.case === "ICMPv4" ? 4 : 6;
    const { type, code } = protocol.value;
    count([`IPv${version}`, icmpText(version, type, code), ...context.values(flow)]);
  };
}

function policyMetric(registry: MetricRegistry, options: MetricOptions): (flow: Flow) => void {
  const context = readContext(options);
  const labels = ["direction", "match", "action", ...context.names];
  const help = "Total number of Cilium network policy verdicts";
  const count = registry.counter("hubble_policy_verdicts_total", help, labels);
  return (flow) => {
    const type = flow.eventType?.type;
    let match: string;
    if (type === MESSAGE_TYPE.l7) {
      const protocol = l7Label(flow);
      if (protocol === undefined) return;
      match = `l7/${protocol.toLowerCase()}`;
    } else if (type === MESSAGE_TYPE["policy-verdict"]) {
      // The host's own traffic is no matter of policy.
      if (flow.source?.identity === 1) return;
      match = policyMatchName(flow.policyMatchType).toLowerCase();
    } else return;
    const direction = enumName(TrafficDirectionSchema, flow.trafficDirection).toLowerCase();
    const action = enumName(VerdictSchema, flow.verdict).toLowerCase();
    count([direction, match, action, ...context.values(flow)]);
  };
}

function portDistributionMetric(
  registry: MetricRegistry,
  options: MetricOptions,
): (flow: Flow) => void {
  const context = readContext(options);
  const labels = ["protocol", "port", ...context.names];
  const help = "Numbers of packets distributed by destination port";
  const count = registry.counter("hubble_port_distribution_total", help, labels);
  return (flow) => {
    const protocol = flow.l4?.protocol.case;
    if (protocol === undefined || !isPassed(flow) || flow.isReply !== false) return;
    const port = String(portsOf(flow)?.destinationPort ?? 0);
    count([protocol, port, ...context.values(flow)]);
  };
}

function sctpMetric(registry: MetricRegistry, options: MetricOptions): (flow: Flow) => void {
  const context = readContext(options);
  const labels = ["chunk_type", "family", ...context.names];
  const help = "SCTP chunk type occurrences";
  const count = registry.counter("hubble_sctp_chunk_types_total", help, labels);
  return (flow) => {
    if (!isPassed(flow) || flow.IP === undefined || flow.l4?.protocol.case !== "SCTP") return;
    const { chunkType } = flow.l4.protocol.value;
    if (chunkType === SCTPChunkType.UNSUPPORTED) return;
    const family = enumName(IPVersionSchema, flow.IP.ipVersion);
    count([enumName(SCTPChunkTypeSchema, chunkType), family, ...context.values(flow)]);
  };
}

function tcpMetric(registry: MetricRegistry, options: MetricOptions): (flow: Flow) => void {
  const context = readContext(options);
  const labels = ["flag", "family", ...context.names];
  const count = registry.counter("hubble_tcp_flags_total", "TCP flag occurrences", labels);
  return (flow) => {
    if (!isPassed(flow) || flow.IP === undefined || flow.l4?.protocol.case !== "TCP") return;
    const { flags } = flow.l4.protocol.value;
    if (flags === undefined) return;
    const rest = [enumName(IPVersionSchema, flow.IP.ipVersion), ...context.values(flow)];
    if (flags.FIN) count(["FIN", ...rest]);
    if (flags.SYN) count([flags.ACK ? "SYN-ACK" : "SYN", ...rest]);
    if (flags.RST) count(["RST", ...rest]);
  };
}

function isPassed({ verdict }: Flow): boolean {
  return verdict === Verdict.FORWARDED || verdict === Verdict.REDIRECTED;
}
