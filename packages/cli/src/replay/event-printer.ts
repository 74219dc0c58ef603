import type { FieldProvider, RuleEvent } from "@ocelli/event";
import { compileOutput, parseOutput, type JsonValue } from "@ocelli/rules";

import { UsageError } from "../exit.ts";

const USUAL = "%evt.num %evt.time %evt.cpu %proc.name (%thread.tid) %evt.type %evt.args";

/** Makes what prints an event as a line: the named fields, or what sysdig shows. */
export function eventPrinter<E extends RuleEvent>(
  fields: string | undefined,
  json: boolean,
  provider: FieldProvider<E>,
): (event: E) => string {
  const names = fields?.split(",").map((name) => name.trim());
  const format = names === undefined ? USUAL : names.map((name) => `%${name}`).join(" ");
  const parsed = parseOutput(format);
  if (!parsed.ok) throw new UsageError(`Cannot use --fields "${fields ?? ""}": ${parsed.message}`);
  const output = compileOutput(parsed.parts, provider);
  if (!json) return (event) => `${output.text(event)}\n`;
  return (event) =>
    `{${output
      .fields(event)
      .map(([name, value]) => `${JSON.stringify(name)}:${jsonText(value)}`)
      .join(",")}}\n`;
}

// Integers stay exact, however large.
function jsonText(value: JsonValue): string {
  if (typeof value === "bigint") return value.toString();
  return isList(value) ? `[${value.map(jsonText).join(",")}]` : JSON.stringify(value);
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
