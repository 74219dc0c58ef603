import { errorAt, failure, success, type Result } from "@ocelli/bpf";
import type { RuleEvent } from "@ocelli/event";

import { byteLength } from "../evaluate/compare/text-order.ts";

/** A value as JSON has it. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

/** An object as JSON has it. */
export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

/** One audit event of Kubernetes. */
export interface AuditEvent extends RuleEvent {
  /** The whole event, as the API server tells it. */
  readonly json: JsonObject;
}

/** Larger bodies than an API server sends; what is larger is refused before it is read. */
export const MAX_AUDIT_BYTES: number = 64 * 1024 * 1024;

/**
 * Reads the body of one call of the audit webhook, or one line of an audit log: an `Event` or an `EventList`. `firstNumber`
 * is the count of the first event. Refuses what is no JSON, is no audit event, or is larger than {@link MAX_AUDIT_BYTES};
 * of a list with some wrong entries those that are right are lost too, as a list is sent again as a whole.
 */
export function readAuditEvents(text: string, firstNumber: number = 1): Result<AuditEvent[]> {
  if (text.length > MAX_AUDIT_BYTES || byteLength(text) > MAX_AUDIT_BYTES) {
    return refuse(
      "audit-too-large",
      `Cannot read audit events: the text has more than ${MAX_AUDIT_BYTES} bytes`,
      "Let the API server send smaller batches: --audit-webhook-batch-max-size",
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return refuse(
      "audit-json",
      "Cannot read audit events: the text is no JSON",
      "Give one JSON object: an Event or an EventList of audit.k8s.io",
    );
  }
  const events: AuditEvent[] = [];
  for (const entry of entriesOf(json)) {
    const timeNs = timeOf(entry);
    if (timeNs === undefined || !isObject(entry)) {
      return refuse(
        "audit-event",
        "Cannot read audit events: found an object that is no audit event",
        'An audit event has "kind": "Event" and a "stageTimestamp"',
      );
    }
    const number = firstNumber + events.length;
    events.push({ type: 0, source: "k8s_audit", number, timeNs, json: entry });
  }
  return success(events);
}

function entriesOf(json: unknown): readonly unknown[] {
  if (!isObject(json) || json["kind"] !== "EventList") return [json];
  const { items } = json;
  return Array.isArray(items) ? items : [];
}

/** When an audit event happened, nanoseconds since 1970; undefined for anything that is none. */
function timeOf(entry: unknown): bigint | undefined {
  if (!isObject(entry) || entry["kind"] !== "Event") return undefined;
  const { stageTimestamp } = entry;
  const found =
    typeof stageTimestamp === "string"
      ? /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:\d\d)$/.exec(
          stageTimestamp,
        )
      : null;
  if (found === null) return undefined;
  const [, seconds = "", fraction = "", zone = ""] = found;
  const milliseconds = Date.parse(seconds + zone);
  if (Number.isNaN(milliseconds)) return undefined;
  return BigInt(milliseconds) * 1_000_000n + BigInt(fraction.padEnd(9, "0"));
}

/** Whether a value is an object of JSON. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refuse(code: string, message: string, hint: string): Result<AuditEvent[]> {
  return failure(errorAt(code, { offset: 0, length: 0 }, message, hint));
}
