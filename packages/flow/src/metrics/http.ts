import { L7FlowType, TrafficDirection, type Flow } from "../proto/flow.gen.ts";
import { readContext } from "./context.ts";
import type { MetricOptions } from "./options.ts";
import type { MetricRegistry } from "./registry.ts";

const DURATION = "hubble_http_request_duration_seconds";
const DURATION_HELP = "Quantiles of HTTP request duration in seconds";

/** The plugin `http`: requests and responses apart. */
export function httpMetric(registry: MetricRegistry, options: MetricOptions): (flow: Flow) => void {
  const context = readContext(options);
  const { names } = context;
  const requestLabels = [...names, "method", "protocol", "reporter"];
  const requests = registry.counter(
    "hubble_http_requests_total",
    "Count of HTTP requests",
    requestLabels,
  );
  const responses = registry.counter("hubble_http_responses_total", "Count of HTTP responses", [
    ...names,
    "status",
    "method",
    "protocol",
    "reporter",
  ]);
  const durations = registry.histogram(DURATION, DURATION_HELP, [...names, "method", "reporter"]);
  return (flow) => {
    if (flow.l7?.record.case !== "http") return;
    const { type, latencyNs, record } = flow.l7;
    const { method, protocol, code } = record.value;
    const values = context.values(flow);
    const reporter = reporterOf(flow);
    if (type === L7FlowType.REQUEST) requests([...values, method, protocol, reporter]);
    else if (type === L7FlowType.RESPONSE) {
      responses([...values, String(code), method, protocol, reporter]);
      durations([...values, method, reporter], Number(latencyNs) / 1e9);
    }
  };
}

/** The plugin `httpV2`: one series a request, told of its response, as the request went. */
export function httpV2Metric(
  registry: MetricRegistry,
  options: MetricOptions,
): (flow: Flow) => void {
  const context = readContext(options);
  const { names } = context;
  const requestLabels = [...names, "method", "protocol", "status", "reporter"];
  const requests = registry.counter(
    "hubble_http_requests_total",
    "Count of HTTP requests",
    requestLabels,
  );
  const durations = registry.histogram(DURATION, DURATION_HELP, [...names, "method", "reporter"]);
  return (flow) => {
    if (flow.l7?.record.case !== "http" || flow.l7.type !== L7FlowType.RESPONSE) return;
    const { latencyNs, record } = flow.l7;
    const { method, protocol, code } = record.value;
    const values = context.values(flow, true);
    const reporter = reporterOf(flow);
    requests([...values, method, protocol, String(code), reporter]);
    durations([...values, method, reporter], Number(latencyNs) / 1e9);
  };
}

function reporterOf({ trafficDirection }: Flow): string {
  if (trafficDirection === TrafficDirection.EGRESS) return "client";
  return trafficDirection === TrafficDirection.INGRESS ? "server" : "unknown";
}
