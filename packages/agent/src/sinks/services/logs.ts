import { randomUUID } from "node:crypto";

import { formatAlertJson, type AlertFormat } from "@ocelli/rules";

import type { Service } from "../http.ts";
import { DeliveryError, type Delivery } from "../target.ts";
import { timeText } from "../template.ts";
import { clip, messageOf } from "./palette.ts";

/** A service that takes Falco's JSON lines, one a request: falcosidekick, and any webhook made for Falco. */
export function webhookService(
  url: string,
  headers: Readonly<Record<string, string>> = {},
  format: AlertFormat = {},
): Service {
  return {
    name: "webhook",
    batchSize: 1,
    request: (batch) => ({
      url,
      headers: { "content-type": "application/json", ...headers },
      body: batch.map(({ alert }) => formatAlertJson(alert, format)).join("\n"),
    }),
  };
}

/** CloudEvents 1.0 over HTTP in batched mode; the data is Falco's JSON. */
export function cloudEventsService(url: string, format: AlertFormat = {}): Service {
  const event = ({ alert }: Delivery): string => {
    const head = JSON.stringify({
      specversion: "1.0",
      id: randomUUID(),
      source: `https://falco.org/${alert.source}`,
      type: "falco.rule.output.v1",
      subject: alert.rule,
      time: timeText(alert),
      datacontenttype: "application/json",
    });
    // Falco's line holds numbers that no JavaScript number does, and goes in as it is.
    return `${head.slice(0, -1)},"data":${formatAlertJson(alert, format)}}`;
  };
  return {
    name: "cloudevents",
    batchSize: 100,
    request: (batch) => ({
      url,
      headers: { "content-type": "application/cloudevents-batch+json" },
      body: `[${batch.map(event).join(",")}]`,
    }),
  };
}

/**
 * Elasticsearch's and OpenSearch's bulk API. The name of the index gets the day of the alert: `falco-2026.11.20`.
 */
export function elasticsearchService(
  url: string,
  index: string,
  headers: Readonly<Record<string, string>> = {},
  format: AlertFormat = {},
): Service {
  const lines = ({ alert }: Delivery): string => {
    const day = timeText(alert).slice(0, 10).replaceAll("-", ".");
    const document = formatAlertJson(alert, format);
    const timed = `{"@timestamp":${JSON.stringify(timeText(alert))},${document.slice(1)}`;
    return `{"create":{"_index":${JSON.stringify(`${index}-${day}`)}}}\n${timed}\n`;
  };
  return {
    name: "elasticsearch",
    batchSize: 500,
    request: (batch) => ({
      url: `${url.replace(/\/$/, "")}/_bulk`,
      headers: { "content-type": "application/x-ndjson", ...headers },
      body: batch.map(lines).join(""),
    }),
    judge: judgeBulk,
  };
}

/** A bulk answer of 200 may still tell of documents that were not taken. */
function judgeBulk(body: string): void {
  const errors = /"errors"\s*:\s*true/.test(body);
  if (!errors) return;
  const busy = /"status"\s*:\s*(?:429|503)/.test(body);
  const reason = /"reason"\s*:\s*"([^"]{0,200})/.exec(body)?.[1] ?? "documents were not taken";
  throw new DeliveryError(reason, busy);
}

/** Grafana Loki's push API; streams by rule, priority and source. */
export function lokiService(url: string, tenant?: string, format: AlertFormat = {}): Service {
  return {
    name: "loki",
    batchSize: 500,
    request: (batch) => {
      const streams = Map.groupBy(batch, ({ alert }) =>
        JSON.stringify({
          job: "ocelli",
          rule: alert.rule,
          priority: alert.priority,
          source: alert.source,
        }),
      );
      const body = [...streams].map(([labels, of]) => ({
        stream: JSON.parse(labels) as unknown,
        values: of.map(({ alert }) => [String(alert.timeNs), formatAlertJson(alert, format)]),
      }));
      return {
        url: `${url.replace(/\/$/, "")}/loki/api/v1/push`,
        headers: {
          "content-type": "application/json",
          ...(tenant === undefined ? {} : { "x-scope-orgid": tenant }),
        },
        body: JSON.stringify({ streams: body }),
      };
    },
  };
}

/** Splunk's HTTP Event Collector. */
export function splunkService(
  url: string,
  token: string,
  hostname: string,
  format: AlertFormat = {},
): Service {
  const event = ({ alert }: Delivery): string => {
    const milliseconds = Number(alert.timeNs / 1_000_000n);
    const host = JSON.stringify(hostname === "" ? "ocelli" : hostname);
    return `{"time":${(milliseconds / 1000).toFixed(3)},"host":${host},"source":"ocelli","sourcetype":"_json","event":${formatAlertJson(alert, format)}}`;
  };
  return {
    name: "splunk",
    batchSize: 500,
    request: (batch) => ({
      url: `${url.replace(/\/$/, "")}/services/collector/event`,
      headers: { "content-type": "application/json", authorization: `Splunk ${token}` },
      body: batch.map(event).join(""),
    }),
  };
}

/** Datadog's events API. */
export function datadogService(
  apiKey: string,
  hostname: string,
  url: string = "https://api.datadoghq.com",
): Service {
  const kinds: Readonly<Record<string, string>> = {
    Emergency: "error",
    Alert: "error",
    Critical: "error",
    Error: "error",
    Warning: "warning",
  };
  return {
    name: "datadog",
    batchSize: 1,
    request: ([delivery]) => {
      if (delivery === undefined) throw new RangeError("Cannot deliver nothing");
      const { alert, heldBack } = delivery;
      return {
        url: `${url.replace(/\/$/, "")}/api/v1/events`,
        headers: { "content-type": "application/json", "dd-api-key": apiKey },
        body: JSON.stringify({
          title: clip(alert.rule, 100),
          text: clip(messageOf(alert, heldBack), 4000),
          alert_type: kinds[alert.priority] ?? "info",
          aggregation_key: clip(alert.rule, 100),
          date_happened: Number(alert.timeNs / 1_000_000_000n),
          source_type_name: "falco",
          tags: [`source:${alert.source}`, ...alert.tags],
          ...(hostname === "" ? {} : { host: hostname }),
        }),
      };
    },
  };
}

/** Grafana's annotations. */
export function grafanaService(url: string, token: string): Service {
  return {
    name: "grafana",
    batchSize: 1,
    request: ([delivery]) => {
      if (delivery === undefined) throw new RangeError("Cannot deliver nothing");
      const { alert, heldBack } = delivery;
      return {
        url: `${url.replace(/\/$/, "")}/api/annotations`,
        headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
        body: JSON.stringify({
          time: Number(alert.timeNs / 1_000_000n),
          tags: ["ocelli", alert.priority, alert.rule, ...alert.tags],
          text: messageOf(alert, heldBack),
        }),
      };
    },
  };
}
