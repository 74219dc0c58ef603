import assert from "node:assert/strict";
import { test } from "node:test";

import { create } from "@bufbuild/protobuf";

import { writeJson } from "../json/write.ts";
import { FlowSchema, type Layer7 } from "../proto/flow.gen.ts";
import { summarize } from "../text/summary.ts";
import { dnsLayer, httpLayer } from "./layer.ts";

function shown(l7: Layer7): unknown {
  const flow = create(FlowSchema, { l7 });
  return { ...(JSON.parse(writeJson(FlowSchema, flow)) as object), Summary: summarize(flow) };
}

const questions = [{ name: "a.example.", type: "A" }];

test("dnsLayer() tells names, addresses, aliases, codes and latency", () => {
  const base = { id: 1, truncated: false, questions };
  assert.deepEqual(shown(dnsLayer({ ...base, isResponse: false, rcode: 0, answers: [] })), {
    l7: {
      type: "REQUEST",
      dns: { query: "a.example.", observation_source: "agent", qtypes: ["A"] },
    },
    Summary: "DNS Query a.example. A",
  });
  const answers = [
    { name: "a.example.", type: "CNAME", ttl: 300, value: "b.example." },
    { name: "b.example.", type: "A", ttl: 60, value: "192.0.2.1" },
    { name: "b.example.", type: "AAAA", ttl: 90, value: "2001:db8::1" },
  ];
  assert.deepEqual(shown(dnsLayer({ ...base, isResponse: true, rcode: 0, answers }, 1_500_000n)), {
    l7: {
      type: "RESPONSE",
      latency_ns: "1500000",
      dns: {
        query: "a.example.",
        ips: ["192.0.2.1", "2001:db8::1"],
        ttl: 60,
        cnames: ["b.example."],
        observation_source: "agent",
        qtypes: ["A"],
        rrtypes: ["CNAME", "A", "AAAA"],
      },
    },
    Summary: 'DNS Answer "192.0.2.1,2001:db8::1" CNAMEs: "b.example." TTL: 60 (Query a.example. A)',
  });
  assert.equal(
    summarize(
      create(FlowSchema, { l7: dnsLayer({ ...base, isResponse: true, rcode: 3, answers: [] }) }),
    ),
    "DNS Answer RCode: Non-Existent Domain TTL: 0 (Query a.example. A)",
  );
});

test("httpLayer() redacts the values of headers that it does not know to be harmless", () => {
  const message = {
    type: "response",
    method: "GET",
    url: "http://shop/a",
    protocol: "HTTP/2",
    status: 200,
    fields: [
      { name: ":status", value: "200" },
      { name: "content-type", value: "text/html" },
      { name: "set-cookie", value: "session=secret" },
      { name: "x-api-token", value: "secret" },
    ],
  } as const;
  assert.deepEqual(shown(httpLayer(message, 2_000_000n)), {
    l7: {
      type: "RESPONSE",
      latency_ns: "2000000",
      http: {
        code: 200,
        method: "GET",
        url: "http://shop/a",
        protocol: "HTTP/2",
        headers: [
          { key: "content-type", value: "text/html" },
          { key: "set-cookie", value: "[redacted]" },
          { key: "x-api-token", value: "[redacted]" },
        ],
      },
    },
    Summary: "HTTP/2 200 2ms (GET http://shop/a)",
  });
  const open = { shown: new Set(["x-api-token"]) };
  const { record } = httpLayer({ ...message, fields: message.fields.slice(3) }, 0n, open);
  assert.equal(record.case === "http" && record.value.headers[0]?.value, "secret");
});
