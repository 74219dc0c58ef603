import { createHash } from "node:crypto";

import type { Alert, Priority } from "@ocelli/rules";

import type { Service, ServiceRequest } from "../http.ts";
import type { Delivery } from "../target.ts";
import { timeText } from "../template.ts";
import { clip, factsOf, messageOf } from "./palette.ts";

const PAGER_SEVERITIES: Readonly<Record<Priority, string>> = {
  Emergency: "critical",
  Alert: "critical",
  Critical: "critical",
  Error: "error",
  Warning: "warning",
  Notice: "info",
  Informational: "info",
  Debug: "info",
};

const OPSGENIE_PRIORITIES: Readonly<Record<Priority, string>> = {
  Emergency: "P1",
  Alert: "P1",
  Critical: "P2",
  Error: "P3",
  Warning: "P4",
  Notice: "P5",
  Informational: "P5",
  Debug: "P5",
};

/** The same for alerts of the same rule with the same output, so that services fold them. */
function keyOf({ rule, message }: Alert): string {
  return createHash("sha256").update(`${rule}\0${message}`).digest("hex").slice(0, 32);
}

function single(request: (delivery: Delivery) => ServiceRequest): Service["request"] {
  return ([delivery]) => {
    if (delivery === undefined) throw new RangeError("Cannot deliver nothing");
    return request(delivery);
  };
}

/** PagerDuty's Events API v2. */
export function pagerDutyService(
  routingKey: string,
  hostname: string,
  url: string = "https://events.pagerduty.com/v2/enqueue",
): Service {
  return {
    name: "pagerduty",
    batchSize: 1,
    request: single(({ alert, heldBack }) => ({
      url,
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        routing_key: routingKey,
        event_action: "trigger",
        dedup_key: keyOf(alert),
        payload: {
          summary: clip(messageOf(alert, heldBack), 1024),
          source: hostname === "" ? "ocelli" : hostname,
          severity: PAGER_SEVERITIES[alert.priority],
          timestamp: timeText(alert),
          component: alert.source,
          class: alert.rule,
          custom_details: Object.fromEntries(factsOf(alert)),
        },
      }),
    })),
  };
}

/** Opsgenie's Alert API. */
export function opsgenieService(
  apiKey: string,
  hostname: string,
  url: string = "https://api.opsgenie.com/v2/alerts",
): Service {
  return {
    name: "opsgenie",
    batchSize: 1,
    request: single(({ alert, heldBack }) => ({
      url,
      headers: { "content-type": "application/json", authorization: `GenieKey ${apiKey}` },
      body: JSON.stringify({
        message: clip(`${alert.priority}: ${alert.rule}`, 130),
        alias: keyOf(alert),
        description: clip(messageOf(alert, heldBack), 15_000),
        tags: alert.tags.slice(0, 20).map((tag) => clip(tag, 50)),
        details: Object.fromEntries(factsOf(alert)),
        source: hostname === "" ? "ocelli" : hostname,
        priority: OPSGENIE_PRIORITIES[alert.priority],
      }),
    })),
  };
}

/** Alertmanager's API v2. Alerts with the same labels are one; fields that differ each time stand as annotations. */
export function alertmanagerService(url: string, hostname: string): Service {
  return {
    name: "alertmanager",
    batchSize: 100,
    request: (batch) => ({
      url: `${url.replace(/\/$/, "")}/api/v2/alerts`,
      headers: { "content-type": "application/json" },
      body: JSON.stringify(
        batch.map(({ alert, heldBack }) => ({
          labels: {
            alertname: alert.rule,
            severity: alert.priority.toLowerCase(),
            source: alert.source,
            ...(hostname === "" ? {} : { instance: hostname }),
            ...labelOf(alert, "container.id"),
            ...labelOf(alert, "k8s.ns.name"),
            ...labelOf(alert, "k8s.pod.name"),
          },
          annotations: {
            summary: alert.rule,
            description: messageOf(alert, heldBack),
          },
          startsAt: timeText(alert),
        })),
      ),
    }),
  };
}

/** A field as a label; labels take letters, digits and `_` in their names, and must not be empty. */
function labelOf({ fields }: Alert, name: string): Record<string, string> {
  const value = fields.get(name);
  return typeof value === "string" && value !== "" ? { [name.replaceAll(".", "_")]: value } : {};
}
