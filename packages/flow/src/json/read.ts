import { createRegistry, fromJson, type JsonValue } from "@bufbuild/protobuf";

import { ExportEventSchema, type ExportEvent } from "../proto/observer.gen.ts";
import { EXTENSIONS } from "./registry.ts";

/** A line read, or what is wrong with it. */
export type ReadLine =
  | { readonly ok: true; readonly value: ExportEvent }
  | { readonly ok: false; readonly error: string };

const registry = createRegistry(...EXTENSIONS.values());

/**
 * Reads one line of an export: what `hubble observe -o json` prints and Hubble's exporter writes. A bare flow without its
 * envelope is taken, too. Unknown fields are ignored, so that exports of newer versions can be read.
 */
export function readExportLine(line: string): ReadLine {
  try {
    const json = JSON.parse(line) as JsonValue;
    const enveloped = isBareFlow(json)
      ? { flow: json, node_name: json["node_name"] ?? "", time: json["time"] ?? null }
      : json;
    const options = { ignoreUnknownFields: true, registry };
    return { ok: true, value: fromJson(ExportEventSchema, enveloped, options) };
  } catch (error) {
    // JSON.parse() and fromJson() say what is wrong by throwing.
    return { ok: false, error: error instanceof Error ? error.message : String(error) };
  }
}

function isBareFlow(json: JsonValue): json is { [key: string]: JsonValue } {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return false;
  const envelopes = ["flow", "node_status", "lost_events", "agent_event", "debug_event"];
  return "verdict" in json && !envelopes.some((key) => key in json);
}
