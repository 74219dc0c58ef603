// Playing the sample captures with rules, for the tests that hold the results against Falco's.
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

import { createCaptureProvider, ScapReader, type CaptureEvent } from "@ocelli/capture";

/** Folder of the shared rows, from the repository's root. */
export const DATA: URL = new URL("../../shared/data/", import.meta.url);

// Values that depend on the host that replays, and those that Falco itself gives otherwise from run to run.
const HOST_DEPENDENT: ReadonlySet<string> = new Set([
  "proc.exe_ino.ctime_duration_pidns_start",
  "fd.proto",
  "fd.cproto",
  "fd.sproto",
  "fd.lproto",
  "fd.rproto",
  "fd.cip.name",
  "fd.sip.name",
  "fd.lip.name",
  "fd.rip.name",
]);

/** Whether the rows of a field can be compared. */
export function isComparable(field: string): boolean {
  return !HOST_DEPENDENT.has(field);
}

/** Reads a capture of the samples to its end. */
export function playSample(
  name: string,
  onEvent: (event: CaptureEvent) => void,
  wanted?: Uint8Array,
): ScapReader {
  const bytes = readFileSync(new URL(`scap/captures/${name}`, DATA));
  const reader = new ScapReader(onEvent, wanted);
  reader.push(bytes[0] === 0x1f ? gunzipSync(bytes) : bytes);
  reader.end();
  return reader;
}

/** Rows of a file of JSON lines; integers that a double does not hold are bigints. */
export function readRows(path: string): readonly Readonly<Record<string, unknown>>[] {
  const file = readFileSync(new URL(path, DATA));
  const text = (path.endsWith(".gz") ? gunzipSync(file) : file).toString("utf8").trim();
  if (text === "") return [];
  // Each line is an object, as the README of the rows says.
  return text.split("\n").map((line) => JSON.parse(line, exact) as Record<string, unknown>);
}

// The third argument of a reviver carries the text of a number.
function exact(
  this: unknown,
  _key: string,
  value: unknown,
  context?: { source?: string },
): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const source = context?.source ?? "";
  return /^-?\d+$/.test(source) ? BigInt(source) : value;
}

/** How rules read the samples. */
export const provider: ReturnType<typeof createCaptureProvider> = createCaptureProvider();
