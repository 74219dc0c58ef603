import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { sharedDataMissing, sharedRows } from "@ocelli/testkit";

import { readExportLine } from "../json/read.ts";
import { createFlowMetrics } from "./metrics.ts";
import { MetricConfigError } from "./options.ts";

function collect(lines: readonly string[], ...configs: string[]): string {
  const metrics = createFlowMetrics(configs);
  for (const line of lines) {
    const read = readExportLine(line);
    assert.ok(read.ok);
    const { responseTypes } = read.value;
    if (responseTypes.case === "flow") metrics.processFlow(responseTypes.value);
    else if (responseTypes.case === "lostEvents") metrics.processLost(responseTypes.value);
  }
  return metrics.text();
}

test(
  "createFlowMetrics() exposes what Cilium's metrics do, byte for byte",
  { skip: sharedDataMissing("hubble/metrics.ndjson") },
  () => {
    const lines = sharedRows<unknown>("hubble/flows.ndjson").map((row) => JSON.stringify(row));
    const rows = sharedRows<{ readonly config: string; readonly out: string }>(
      "hubble/metrics.ndjson",
    );
    assert.equal(rows.length, 9);
    for (const { config, out } of rows) assert.equal(collect(lines, config), out, config);
  },
);

const fixture = readFileSync(join(import.meta.dirname, "../../fixtures/flows.ndjson"), "utf8")
  .trim()
  .split("\n");

function series(...configs: string[]): string[] {
  return collect(fixture, ...configs)
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#") && !line.startsWith("hubble_lost"));
}

const CASES: readonly (readonly [string, readonly string[]])[] = [
  [
    "dns:query;labelsContext=source_workload,traffic_direction",
    [
      'hubble_dns_queries_total{ips_returned="0",qtypes="A",query="api.example.org.",rcode="",source_workload="cart",traffic_direction="egress"} 1',
      'hubble_dns_response_types_total{qtypes="A",query="api.example.org.",source_workload="",traffic_direction="ingress",type="SOA"} 1',
      'hubble_dns_responses_total{ips_returned="0",qtypes="A",query="api.example.org.",rcode="Non-Existent Domain",source_workload="",traffic_direction="ingress"} 1',
    ],
  ],
  [
    "drop:sourceContext=app;destinationIngressContext=workload;destinationContext=ip",
    [
      'hubble_drop_total{destination="shop/db",protocol="TCP",reason="POLICY_DENY",source="cart"} 1',
      'hubble_drop_total{destination="shop/db",protocol="UDP",reason="POLICY_DENIED",source="cart"} 1',
    ],
  ],
  [
    "flows-to-world:port;destinationContext=dns|ip",
    [
      'hubble_flows_to_world_total{destination="10.9.0.53",port="53",protocol="DNS",verdict="FORWARDED"} 1',
      'hubble_flows_to_world_total{destination="api.example.org",port="443",protocol="TCP",verdict="FORWARDED"} 1',
    ],
  ],
  ["flows-to-world:syn-only", []],
  ["icmp", ['hubble_icmp_total{family="IPv4",type="DestinationUnreachable(Port)"} 1']],
  [
    "port-distribution",
    [
      'hubble_port_distribution_total{port="443",protocol="TCP"} 1',
      'hubble_port_distribution_total{port="53",protocol="UDP"} 1',
      'hubble_port_distribution_total{port="5432",protocol="TCP"} 2',
      'hubble_port_distribution_total{port="80",protocol="TCP"} 1',
    ],
  ],
  [
    "policy:sourceContext=namespace",
    [
      'hubble_policy_verdicts_total{action="audit",direction="egress",match="none",source=""} 1',
      'hubble_policy_verdicts_total{action="dropped",direction="ingress",match="l3-only",source="shop"} 1',
      'hubble_policy_verdicts_total{action="forwarded",direction="egress",match="l7/dns",source="shop"} 1',
      'hubble_policy_verdicts_total{action="forwarded",direction="egress",match="l7/http",source="shop"} 1',
      'hubble_policy_verdicts_total{action="forwarded",direction="ingress",match="l7/dns",source=""} 1',
      'hubble_policy_verdicts_total{action="forwarded",direction="ingress",match="l7/http",source="shop"} 1',
    ],
  ],
];

for (const [config, wanted] of CASES) {
  test(`createFlowMetrics() of ${config}`, () => {
    assert.deepEqual(series(config), wanted);
  });
}

test("createFlowMetrics() of httpV2 tells of the request, with a histogram of its duration", () => {
  assert.equal(
    collect(fixture, "httpV2:sourceContext=pod-name;destinationContext=pod-name"),
    [
      "# HELP hubble_http_request_duration_seconds Quantiles of HTTP request duration in seconds",
      "# TYPE hubble_http_request_duration_seconds histogram",
      ...[
        "0.005",
        "0.01",
        "0.025",
        "0.05",
        "0.1",
        "0.25",
        "0.5",
        "1",
        "2.5",
        "5",
        "10",
        "+Inf",
      ].map(
        (le, index) =>
          `hubble_http_request_duration_seconds_bucket{destination="db-0",method="GET",reporter="server",source="cart-7f",le="${le}"} ${index === 0 ? 0 : 1}`,
      ),
      'hubble_http_request_duration_seconds_sum{destination="db-0",method="GET",reporter="server",source="cart-7f"} 0.0075',
      'hubble_http_request_duration_seconds_count{destination="db-0",method="GET",reporter="server",source="cart-7f"} 1',
      "# HELP hubble_http_requests_total Count of HTTP requests",
      "# TYPE hubble_http_requests_total counter",
      'hubble_http_requests_total{destination="db-0",method="GET",protocol="HTTP/1.1",reporter="server",source="cart-7f",status="503"} 1',
      "# HELP hubble_lost_events_total Number of lost events",
      "# TYPE hubble_lost_events_total counter",
      'hubble_lost_events_total{source="perf_event_ring_buffer"} 5',
      "",
    ].join("\n"),
  );
});

test("createFlowMetrics() refuses contexts that do not exist and skips metrics that it does not know", () => {
  const refusal = (...configs: string[]): string => {
    try {
      return `skipped ${createFlowMetrics(configs).skipped.join(" ")}`;
    } catch (error) {
      if (error instanceof MetricConfigError) return error.message;
      throw error;
    }
  };
  assert.deepEqual(
    [
      refusal("flow:sourceContext=pod|bogus"),
      refusal("drop:labelsContext=source_ip,bogus"),
      refusal("nope", "constructor", "drop:what=ever"),
      refusal("http", "httpV2"),
    ],
    [
      "unable to initialize metric 'flow': unknown context 'bogus'",
      "unable to initialize metric 'drop': invalid labelsContext value: bogus",
      "skipped nope constructor",
      "http and httpV2 cannot be enabled together: choose one",
    ],
  );
});
