// Captures long enough to measure: those of the samples with their events repeated.
import { closeSync, existsSync, openSync, readFileSync, writeSync } from "node:fs";
import { gunzipSync } from "node:zlib";

const DATA = new URL("../../../shared/data/scap/captures/", import.meta.url);
const EVENT_BLOCKS = new Set([0x204, 0x208, 0x216, 0x217, 0x221, 0x222]);

/** Whether the sample captures are here. */
export const hasSamples: boolean = existsSync(DATA);

/** Writes the sample `name` with its event blocks `times` times over to `path`; how many event blocks that makes. */
export function writeRepeated(name: string, times: number, path: string): number {
  const file = readFileSync(new URL(name, DATA));
  const bytes = file[0] === 0x1f ? gunzipSync(file) : file;
  const lists: Buffer[] = [];
  const events: Buffer[] = [];
  for (let at = 0; at + 12 <= bytes.length;) {
    const length = bytes.readUInt32LE(at + 4);
    const block = bytes.subarray(at, at + length);
    (EVENT_BLOCKS.has(bytes.readUInt32LE(at)) ? events : lists).push(block);
    at += length;
  }
  const once = Buffer.concat(events);
  const descriptor = openSync(path, "w");
  writeSync(descriptor, Buffer.concat(lists));
  for (let time = 0; time < times; time++) writeSync(descriptor, once);
  closeSync(descriptor);
  return events.length * times;
}
