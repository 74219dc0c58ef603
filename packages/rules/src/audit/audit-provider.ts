import { fieldByName, type FieldAccess, type FieldProvider, type FieldValue } from "@ocelli/event";

import { formatTimeIso, formatTimeOfDay } from "../output/time-text.ts";
import type { AuditEvent, Json } from "./audit-event.ts";
import { AUDIT_READERS } from "./audit-readers.ts";
import { jsonText, valueAt, valueAtPointer } from "./json-path.ts";

// Fields that are one value at one place.
const PLACES: ReadonlyMap<string, readonly string[]> = new Map([
  ["ka.auditid", ["auditID"]],
  ["ka.stage", ["stage"]],
  ["ka.auth.decision", ["annotations", "authorization.k8s.io/decision"]],
  ["ka.auth.reason", ["annotations", "authorization.k8s.io/reason"]],
  ["ka.user.name", ["user", "username"]],
  ["ka.user.groups", ["user", "groups"]],
  ["ka.impuser.name", ["impersonatedUser", "username"]],
  ["ka.verb", ["verb"]],
  ["ka.uri", ["requestURI"]],
  ["ka.target.name", ["objectRef", "name"]],
  ["ka.target.namespace", ["objectRef", "namespace"]],
  ["ka.target.resource", ["objectRef", "resource"]],
  ["ka.target.subresource", ["objectRef", "subresource"]],
  ["ka.req.binding.subjects", ["requestObject", "subjects"]],
  ["ka.req.binding.role", ["requestObject", "roleRef", "name"]],
  ["ka.req.configmap.name", ["objectRef", "name"]],
  ["ka.req.configmap.obj", ["requestObject", "data"]],
  ["ka.req.container.host_network", ["requestObject", "spec", "hostNetwork"]],
  ["ka.req.pod.host_ipc", ["requestObject", "spec", "hostIPC"]],
  ["ka.req.pod.host_network", ["requestObject", "spec", "hostNetwork"]],
  ["ka.req.pod.host_pid", ["requestObject", "spec", "hostPID"]],
  ["ka.req.pod.run_as_user", ["requestObject", "spec", "securityContext", "runAsUser"]],
  ["ka.req.pod.run_as_group", ["requestObject", "spec", "securityContext", "runAsGroup"]],
  ["ka.req.pod.fs_group", ["requestObject", "spec", "securityContext", "fsGroup"]],
  [
    "ka.req.pod.supplemental_groups",
    ["requestObject", "spec", "securityContext", "supplementalGroups"],
  ],
  ["ka.req.role.rules", ["requestObject", "rules"]],
  ["ka.req.service.type", ["requestObject", "spec", "type"]],
  ["ka.resp.name", ["responseObject", "metadata", "name"]],
  ["ka.response.code", ["responseStatus", "code"]],
  ["ka.response.reason", ["responseStatus", "reason"]],
  ["ka.useragent", ["userAgent"]],
  ["ka.cluster.name", ["cluster_name"]],
]);

/** A provider of the fields of audit events of Kubernetes: `ka.*`, `jevt.*`, `json.*` and what every event has. */
export function createAuditProvider(): FieldProvider<AuditEvent> {
  return {
    source: "k8s_audit",
    eventTypes: [0],
    nameOfType: () => "pluginevent",
    typesOfName: (name) => (name === "pluginevent" ? [0] : []),
    resolve: (name, argument) => {
      const field = fieldByName(name, "k8s_audit");
      const read = field === undefined ? undefined : readerOf(name, argument, field.list);
      if (field === undefined || read === undefined || field.type === "dynamic") return undefined;
      const access: FieldAccess<AuditEvent> = { type: field.type, list: field.list, read };
      const timed = /^evt\.(?:date)?time/.test(name);
      return timed ? Object.assign(access, { readJson: readTime }) : access;
    },
  };
}

type Reader = (event: AuditEvent) => FieldValue | undefined;

function readTime(event: AuditEvent): FieldValue {
  return exact(event.timeNs);
}

function readerOf(name: string, argument: string | undefined, list: boolean): Reader | undefined {
  const place = PLACES.get(name);
  if (place !== undefined) return ({ json }) => toText(valueAt(json, place), list);
  const special = AUDIT_READERS.get(name);
  if (special !== undefined) return ({ json }) => special(json, argument);
  switch (name.replace(/^jevt\./, "json.")) {
    case "json.value":
      return ({ json }) => toText(valueAtPointer(json, argument ?? ""), false);
    case "json.obj":
      return ({ json }) => JSON.stringify(json);
    case "json.rawtime":
      return ({ timeNs }) => timeNs.toString();
    case "json.time":
    case "evt.time":
      return ({ timeNs }) => formatTimeOfDay(timeNs);
    case "json.time.iso8601":
    case "evt.time.iso8601":
      return ({ timeNs }) => formatTimeIso(timeNs);
    case "evt.time.s":
      return ({ timeNs }) => formatTimeOfDay(timeNs).slice(0, 8);
    case "evt.num":
      return ({ number }) => number;
    case "evt.rawtime":
      return ({ timeNs }) => exact(timeNs);
    case "evt.rawtime.s":
      return ({ timeNs }) => Number(timeNs / 1_000_000_000n);
    case "evt.rawtime.ns":
      return ({ timeNs }) => Number(timeNs % 1_000_000_000n);
    case "evt.source":
      return ({ source }) => source;
    case "evt.pluginname":
      return () => "k8saudit";
    case "evt.plugininfo":
      return ({ json }) => JSON.stringify(json);
    case "evt.is_async":
      return () => false;
    default:
      return undefined;
  }
}

function toText(value: Json | undefined, list: boolean): FieldValue | undefined {
  if (value === undefined) return undefined;
  if (!list) return jsonText(value);
  return Array.isArray(value) ? value.map(jsonText) : undefined;
}

function exact(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
