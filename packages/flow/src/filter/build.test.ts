import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { fromJson, type JsonValue } from "@bufbuild/protobuf";
import { sharedDataMissing, sharedRows } from "@ocelli/testkit";
import * as fc from "fast-check";

import { readExportLine } from "../json/read.ts";
import { FlowFilterSchema, type Flow } from "../proto/flow.gen.ts";
import { buildFilters } from "./build.ts";
import { FilterError } from "./predicate.ts";

interface Row {
  readonly allow: readonly JsonValue[];
  readonly deny: readonly JsonValue[];
  readonly match?: readonly number[];
  readonly error?: string;
}

function flowsOf(lines: readonly string[]): Flow[] {
  return lines.flatMap((line) => {
    const read = readExportLine(line);
    assert.ok(read.ok);
    const { responseTypes } = read.value;
    return responseTypes.case === "flow" ? [responseTypes.value] : [];
  });
}

function ask(
  flows: readonly Flow[],
  allow: readonly JsonValue[],
  deny: readonly JsonValue[] = [],
): unknown {
  const read = (filters: readonly JsonValue[]) =>
    filters.map((filter) => fromJson(FlowFilterSchema, filter));
  try {
    const matches = buildFilters(read(allow), read(deny));
    return flows.flatMap((flow, index) => (matches(flow) ? [index] : []));
  } catch (error) {
    if (error instanceof FilterError) return error.message;
    throw error;
  }
}

const fixture = join(import.meta.dirname, "../../fixtures/flows.ndjson");
const own = flowsOf(readFileSync(fixture, "utf8").trim().split("\n"));

test(
  "buildFilters() answers every recorded query as Cilium does",
  { skip: sharedDataMissing("hubble/filters.ndjson") },
  () => {
    const flows = flowsOf(
      sharedRows<JsonValue>("hubble/flows.ndjson").map((row) => JSON.stringify(row)),
    );
    const rows = sharedRows<Row>("hubble/filters.ndjson");
    assert.equal(rows.length, 55);
    for (const { allow, deny, match, error } of rows) {
      assert.deepEqual(ask(flows, allow, deny), error ?? match, JSON.stringify({ allow, deny }));
    }
  },
);

const CASES: readonly (readonly [JsonValue, readonly number[] | string])[] = [
  [{}, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]],
  [{ source_pod: ["shop/cart"] }, [0, 2, 3, 4, 6, 7, 10, 12]],
  [{ destination_pod: ["/db"] }, [0, 2, 3, 7, 9, 10, 12]],
  [{ destination_pod: ["cart"] }, []],
  [{ destination_service: ["shop/d"] }, [7]],
  [
    { source_service: [""] },
    "invalid source service filter: invalid filter, name must not be empty",
  ],
  [{ source_ip: ["fd00::/16"] }, [2]],
  [
    { source_ip: ["10.1.0.1/33"] },
    'invalid IP prefix "10.1.0.1/33" in filter: netip.ParsePrefix("10.1.0.1/33"): prefix length out of range',
  ],
  [{ source_ip: ["fd00:0::1"] }, []],
  [{ source_ip_xlated: ["192.0.2.1"] }, [6]],
  [{ source_label: ["k8s:app in (cart, db),!reserved:world"] }, [0, 1, 2, 3, 4, 6, 7, 8, 10, 12]],
  [{ source_label: ["reserved:world"] }, [5]],
  [{ destination_label: ["app!=db"] }, [1, 4, 5, 6, 8, 11]],
  [{ node_labels: ["zone in (a,)"] }, [0, 1]],
  [
    { source_label: ["a in ("] },
    "invalid source label filter: unable to parse requirement: found '', expected: ',', ')' or identifier",
  ],
  [
    { source_label: ["a-"] },
    "invalid source label filter: unable to parse requirement: <nil>: Invalid value: \"any.a-\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
  ],
  [{ destination_fqdn: ["*.Example.org."] }, [6]],
  [{ destination_fqdn: ["a.."] }, "multiple trailing dots in pattern"],
  [{ dns_query: ["^api\\."] }, [4, 5]],
  [
    { dns_query: ["a(?=b)"] },
    "invalid DNS query filter: failed to compile regexp: error parsing regexp: invalid or unsupported Perl syntax: `(?=`",
  ],
  [{ http_status_code: ["5+"] }, [8]],
  [
    { http_status_code: ["6+"] },
    'invalid http status code filter: invalid status code prefix: "6+"',
  ],
  [
    { http_status_code: ["503"], event_type: [{ type: 4 }] },
    "filtering by http status code requires the event type filter to only match 'l7' events",
  ],
  [{ http_method: ["gEt"] }, [7, 8]],
  [{ http_path: ["^/a b$"] }, [7]],
  [{ http_url: ["b=<c>"] }, [7]],
  [{ http_header: [{ key: "X-Id", value: "1" }] }, [7]],
  [{ protocol: ["ICMP", "sctp"] }, [9, 10]],
  [{ protocol: ["http"] }, [7, 8]],
  [
    { source_port: ["65536"] },
    'invalid source port filter: invalid port "65536": strconv.ParseUint: parsing "65536": value out of range',
  ],
  [{ destination_port: ["5432"] }, [0, 12]],
  [{ tcp_flags: [{ SYN: true }] }, [0, 1, 2]],
  [{ tcp_flags: [{ FIN: true, ACK: true }, { PSH: true }] }, [6, 12]],
  [{ event_type: [{ type: 4, match_sub_type: true, sub_type: 0 }] }, [1, 9]],
  [{ reply: [false] }, [0, 2, 3, 4, 6, 7, 11, 12]],
  [{ interface: [{ name: "eth1" }] }, [2]],
  [{ interface: [{ index: 4 }] }, []],
  [{ source_workload: [{ kind: "Deployment", name: "db" }] }, [1, 8]],
  [{ node_name: ["prod/b*"] }, [2, 3, 9, 10, 11]],
  [{ node_name: ["/alpha"] }, [0, 1, 4, 5, 6, 7, 8, 12]],
  [{ node_name: ["a/b/c"] }, "too many slashes in pattern"],
  [{ source_cluster_name: ["prod"] }, [0, 1, 2, 3, 4, 6, 7, 8, 10, 12]],
  [{ encrypted: [true] }, [6]],
  [{ ip_version: ["IPv6"] }, [2]],
  [{ ip_trace_id: ["77"] }, [6]],
  [{ trace_id: ["abc"] }, [7]],
  [{ drop_reason_desc: ["POLICY_DENY"] }, [2]],
  [{ destination_identity: [1, 2] }, [4, 6]],
  [{ verdict: ["AUDIT", "TRANSLATED"] }, [10, 11]],
  [{ traffic_direction: ["TRAFFIC_DIRECTION_UNKNOWN"] }, [10]],
];

for (const [filter, wanted] of CASES) {
  test(`buildFilters() of ${JSON.stringify(filter)}`, () => {
    assert.deepEqual(ask(own, [filter]), wanted);
  });
}

test("buildFilters() takes any filter of the first list and none of the second", () => {
  const allow = [{ protocol: ["tcp"] }, { protocol: ["udp"] }];
  assert.deepEqual(ask(own, allow, [{ destination_port: ["53"] }]), [0, 1, 2, 5, 6, 7, 8, 12]);
});

test("buildFilters() refuses selectors, patterns and addresses with a message, whatever they are", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 12 });
  fc.assert(
    fc.property(text, (word) => {
      for (const field of ["source_label", "source_fqdn", "source_ip", "dns_query", "node_name"]) {
        const answer = ask(own, [{ [field]: [word] }]);
        assert.ok(Array.isArray(answer) || (typeof answer === "string" && answer !== ""));
      }
    }),
    { numRuns: Number(process.env["OCELLI_FUZZ_RUNS"] ?? 200) },
  );
});
