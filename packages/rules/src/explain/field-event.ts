import { errorAt, failure, success, type Result } from "@ocelli/bpf";
import {
  createMemoryProvider,
  eventNames,
  fieldByName,
  type FieldProvider,
  type FieldValue,
  type MemoryEvent,
  type ScalarValue,
} from "@ocelli/event";

import { parseAddress } from "../check/address.ts";
import { toUtf8 } from "../evaluate/utf8.ts";

// Ends of calls have odd numbers; the others end no call.
const NO_END = new Set([
  "procexit",
  "procinfo",
  "signaldeliver",
  "switch",
  "container",
  "asyncevent",
]);
const KINDS = eventNames().flatMap((name) => (NO_END.has(name) ? [name, ""] : ["", name]));

/** A provider of system calls whose fields are spelled out, for {@link readFieldEvent}. */
export function createFieldEventProvider(): FieldProvider<MemoryEvent> {
  return createMemoryProvider(KINDS);
}

/**
 * Makes an event of a JSON object that spells out its fields: `{"evt.type": "openat", "fd.name": "/etc/shadow"}`, or of an
 * alert in Falco's JSON, whose `output_fields` are taken. Fields that are not there count as missing. Refuses what is no
 * object, has no `evt.type` that is known, or names fields that are not.
 */
export function readFieldEvent(text: string): Result<MemoryEvent> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return refuse("event-json", "Cannot read the event: the text is no JSON");
  }
  if (!isRecord(json)) return refuse("event-json", "Cannot read the event: it is no JSON object");
  const given = isRecord(json["output_fields"]) ? json["output_fields"] : json;
  const fields: Record<string, FieldValue> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === null) continue;
    const read = readValue(name, value);
    if (read === undefined)
      return refuse(
        "event-field",
        `Cannot read the event: found ${JSON.stringify(name)} with the value ${JSON.stringify(value)}`,
      );
    fields[normalName(name)] = read;
  }
  const kind = fields["evt.type"];
  const type = typeof kind === "string" && kind !== "" ? KINDS.indexOf(kind) : -1;
  if (type === -1)
    return refuse(
      "event-type",
      `Cannot read the event: "evt.type" must name an event, found ${JSON.stringify(kind)}`,
    );
  const number = fields["evt.num"];
  const time = fields["evt.time"] ?? fields["evt.rawtime"];
  return success({
    type,
    source: "syscall",
    number: typeof number === "number" ? number : 1,
    timeNs: typeof time === "number" || typeof time === "bigint" ? BigInt(time) : 0n,
    fields,
  });
}

/** `evt.arg[flags]` and `evt.arg.flags` are one. */
function normalName(name: string): string {
  return name.replace(/^(evt\.(?:raw)?arg)\[([^\]]*)\]$/, "$1.$2");
}

function readValue(name: string, value: unknown): FieldValue | undefined {
  const base = name.replace(/\[.*$/, "").replace(/^(evt\.(?:raw)?arg)\..*$/, "$1");
  const field = fieldByName(base);
  if (field === undefined) return undefined;
  if (!Array.isArray(value)) return readScalar(field.type, value);
  const items: ScalarValue[] = [];
  for (const item of value) {
    const read = readScalar(field.type, item);
    if (read === undefined) return undefined;
    items.push(read);
  }
  return items;
}

function readScalar(type: string, value: unknown): ScalarValue | undefined {
  if (typeof value === "boolean" || typeof value === "number") return value;
  if (typeof value !== "string") return undefined;
  if (type === "ip" || type === "net") return parseAddress(value);
  return type === "bytes" ? toUtf8(value) : value;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refuse(code: string, message: string): Result<MemoryEvent> {
  const hint =
    'Give a JSON object of fields such as {"evt.type": "openat", "fd.name": "/etc/shadow"}, or an alert in Falco\'s JSON';
  return failure(errorAt(code, { offset: 0, length: 0 }, message, hint));
}
