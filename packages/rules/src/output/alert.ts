import type { Priority } from "../load/definitions.ts";
import type { JsonValue } from "./format-value.ts";
import { formatTimeIso, formatTimeOfDay, formatTimeUtc, type TimeZone } from "./time-text.ts";

/** A rule that held for an event, with everything that was asked about it. */
export interface Alert {
  readonly rule: string;
  readonly priority: Priority;
  readonly source: string;
  /** Sorted. */
  readonly tags: readonly string[];
  /** When the event happened, nanoseconds since 1970. */
  readonly timeNs: bigint;
  /** The count of the event in its source. */
  readonly eventNumber: number;
  /** The output of the rule, filled in. */
  readonly message: string;
  /** The values that the output asks for, by field as it is written. */
  readonly fields: ReadonlyMap<string, JsonValue>;
}

/** How alerts are written: Falco's settings of the same names. */
export interface AlertFormat {
  /** What stands as `hostname`. Default: empty. */
  readonly hostname?: string;
  /** Writes times with their date. Default: only the time of day. */
  readonly timeFormatIso8601?: boolean;
  /** The zone for times of day. Default: the machine's. */
  readonly zone?: TimeZone;
  /** Which properties the JSON form has beside those that it always has. Default: all but `message`. */
  readonly properties?: {
    readonly output?: boolean;
    readonly outputFields?: boolean;
    readonly tags?: boolean;
    readonly message?: boolean;
  };
}

/** An alert as one line of text: `16:11:16.056312762: Warning Sensitive file opened …`. */
export function formatAlertText(alert: Alert, format: AlertFormat = {}): string {
  const { timeNs, priority, message } = alert;
  const time =
    format.timeFormatIso8601 === true
      ? formatTimeIso(timeNs)
      : formatTimeOfDay(timeNs, format.zone ?? "local");
  return `${time}: ${priority} ${message}`;
}

/**
 * An alert as one line of JSON, as Falco writes it: keys in alphabetical order, numbers exact however large. Falcosidekick
 * and everything else that takes Falco's alerts takes it.
 */
export function formatAlertJson(alert: Alert, format: AlertFormat = {}): string {
  const {
    output = true,
    outputFields = true,
    tags = true,
    message = false,
  } = format.properties ?? {};
  const timeField = format.timeFormatIso8601 === true ? "evt.time.iso8601" : "evt.time";
  const fields = new Map([...alert.fields, [timeField, alert.timeNs] as const]);
  const properties: [string, string][] = [["hostname", JSON.stringify(format.hostname ?? "")]];
  if (message) properties.push(["message", JSON.stringify(alert.message)]);
  if (output) properties.push(["output", JSON.stringify(formatAlertText(alert, format))]);
  if (outputFields) properties.push(["output_fields", objectText(fields)]);
  properties.push(["priority", JSON.stringify(alert.priority)]);
  properties.push(["rule", JSON.stringify(alert.rule)]);
  properties.push(["source", JSON.stringify(alert.source)]);
  if (tags) properties.push(["tags", JSON.stringify(alert.tags)]);
  properties.push(["time", JSON.stringify(formatTimeUtc(alert.timeNs))]);
  return `{${properties.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(",")}}`;
}

function objectText(values: ReadonlyMap<string, JsonValue>): string {
  const entries = [...values].sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${valueText(value)}`).join(",")}}`;
}

function valueText(value: JsonValue): string {
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return `[${value.map(valueText).join(",")}]`;
  return JSON.stringify(value);
}
