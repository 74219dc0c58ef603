import { create } from "@bufbuild/protobuf";

import { L7FlowType, Layer7Schema, type Layer7 } from "../proto/flow.gen.ts";
import type { DnsMessage } from "./dns.ts";
import type { HttpField } from "./http1.ts";

/** A request of HTTP, or its response, of whatever version. */
export interface HttpMessage {
  readonly type: "request" | "response";
  readonly method: string;
  /** Absolute: scheme, host and path. */
  readonly url: string;
  /** `HTTP/1.1`, `HTTP/2`. */
  readonly protocol: string;
  /** 0 for requests. */
  readonly status: number;
  readonly fields: readonly HttpField[];
}

/** Which header values are shown. */
export interface HeaderPolicy {
  /** Names, lower-case, whose values may be shown; all others read `[redacted]`. */
  readonly shown: ReadonlySet<string>;
}

/** What stands for a value that is not shown. */
export const REDACTED = "[redacted]";

/**
 * Headers whose values say nothing about a person or a secret. Everything else is redacted: cookies, tokens and names that
 * nobody thought of are where secrets are.
 */
export const HARMLESS_HEADERS: HeaderPolicy = {
  shown: new Set([
    "accept",
    "accept-encoding",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "host",
    "server",
    "transfer-encoding",
    "user-agent",
    "vary",
  ]),
};

/** The L7 part of a flow for a DNS message that was seen on the wire. `latencyNs` of answers, since the query. */
export function dnsLayer(message: DnsMessage, latencyNs = 0n): Layer7 {
  const { questions, answers, isResponse, rcode } = message;
  const ips: string[] = [];
  const cnames: string[] = [];
  for (const { type, value } of answers) {
    if (value === undefined) continue;
    if (type === "A" || type === "AAAA") ips.push(value);
    else if (type === "CNAME") cnames.push(value);
  }
  const dns = {
    query: questions[0]?.name ?? "",
    qtypes: questions.map(({ type }) => type),
    observationSource: "agent",
  };
  const answer = {
    ips,
    cnames,
    rcode,
    // As Cilium: the least time that any record may be kept.
    ttl: answers.length === 0 ? 0 : Math.min(...answers.map(({ ttl }) => ttl)),
    rrtypes: answers.map(({ type }) => type),
  };
  return create(Layer7Schema, {
    type: isResponse ? L7FlowType.RESPONSE : L7FlowType.REQUEST,
    latencyNs,
    record: { case: "dns", value: isResponse ? { ...dns, ...answer } : dns },
  });
}

/** The L7 part of a flow for a message of HTTP. Values of headers are redacted unless `policy` shows them. */
export function httpLayer(
  message: HttpMessage,
  latencyNs = 0n,
  policy: HeaderPolicy = HARMLESS_HEADERS,
): Layer7 {
  const { type, method, url, protocol, status, fields } = message;
  const headers = fields
    .filter(({ name }) => !name.startsWith(":"))
    .map(({ name, value }) => ({
      key: name,
      value: policy.shown.has(name) ? value : REDACTED,
    }));
  return create(Layer7Schema, {
    type: type === "request" ? L7FlowType.REQUEST : L7FlowType.RESPONSE,
    latencyNs,
    record: { case: "http", value: { code: status, method, url, protocol, headers } },
  });
}
