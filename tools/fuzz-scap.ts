// Feeds damaged captures to everything that reads them:
//   node --conditions=development tools/fuzz-scap.ts [--count N] [--seed S] [--seconds T] [--samples FOLDER] [--save FOLDER]
// Mutates captures of our own in all versions, and those of --samples, and reads them with the state and all fields of
// every event. Reports inputs, throughput, events, the slowest input and memory. An input that makes something throw, or
// takes longer than a second of processor time, is saved; then the exit code is 1.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";

import { createCaptureProvider, ScapReader, type CaptureEvent } from "@ocelli/capture";
import { fieldsOfSource } from "@ocelli/event";

import { smallCapture } from "../test/small-capture.ts";
import { root } from "./sources.ts";

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "100000" },
    seed: { type: "string", default: "1" },
    seconds: { type: "string", default: "3600" },
    samples: { type: "string" },
    save: { type: "string", default: join(root, ".cache/fuzz") },
  },
});
const count = Number(values.count);
const LIMIT_MS = 1000;
// Of large samples as much is taken: an input should be done in a millisecond.
const SAMPLE_BYTES = 48 << 10;
// All fields of all events cost ten times what the rest does.
const FIELDS_EVERY = 8;

const INTERESTING = [
  0, 1, 2, 3, 4, 7, 8, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000,
  0xffff_ffff,
];

/** mulberry32: small, fast, the same everywhere; gives whole numbers below `limit`. */
function createRandom(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000) * limit) | 0;
  };
}

const random = createRandom(Number(values.seed));

function mutate(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const view = new DataView(copy.buffer);
  for (let left = 1 + random(4); left > 0; left--) {
    const at = random(copy.length - 8);
    switch (random(8)) {
      case 0:
        copy[at] = (copy[at] ?? 0) ^ (1 << random(8));
        break;
      case 1:
        copy[at] = random(256);
        break;
      case 2:
        view.setUint32(at & ~3, INTERESTING[random(INTERESTING.length)] ?? 0, true);
        break;
      case 3:
        view.setUint16(at & ~1, INTERESTING[random(INTERESTING.length)] ?? 0, true);
        break;
      case 4:
        view.setUint16(at & ~1, view.getUint16(at & ~1, true) + random(17) - 8, true);
        break;
      case 5:
        copy.copyWithin(at, random(copy.length), random(copy.length));
        break;
      case 6:
        // Another kind of event: what its parameters are read as does not fit them.
        damageEvent(view, at & ~3);
        break;
      default:
        if (random(20) === 0) return copy.slice(0, random(copy.length));
        copy[at] = 0;
    }
  }
  return copy;
}

function damageEvent(view: DataView, from: number): void {
  for (let at = from; at + 40 < view.byteLength; at += 4)
    if (view.getUint32(at, true) === 0x216) {
      view.setUint16(at + 30, random(460), true);
      return;
    }
}

const provider = createCaptureProvider();
const readers = (fieldsOfSource("syscall") ?? []).flatMap(({ name }) => {
  const read =
    provider.resolve(name, undefined)?.read ??
    provider.resolve(name, "1")?.read ??
    provider.resolve(name, "flags")?.read;
  return read === undefined ? [] : [read];
});

let inputs = 0;
let events = 0;
let whole = 0;
let kept: unknown;

function exercise(bytes: Uint8Array): void {
  const all = inputs % FIELDS_EVERY === 0;
  const reader = new ScapReader((event: CaptureEvent) => {
    events++;
    if (all) for (const read of readers) kept = read(event);
  });
  reader.push(bytes);
  reader.end();
  if (reader.diagnostics.every(({ severity }) => severity !== "error")) whole++;
}

function sampleSeeds(folder: string): Uint8Array[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".scap"))
    .map((name) => {
      const file = readFileSync(join(folder, name));
      const bytes = file[0] === 0x1f ? gunzipSync(file) : file;
      return Uint8Array.from(bytes.subarray(0, SAMPLE_BYTES));
    });
}

const seeds: readonly Uint8Array[] = [
  ...Array.from({ length: 9 }, (_none, index) => smallCapture({ processes: index + 1 })),
  smallCapture({ others: 1, events: 1 }),
  ...(values.samples === undefined ? [] : sampleSeeds(values.samples)),
];
const start = performance.now();
const deadline = start + Number(values.seconds) * 1000;
let slowest = { ms: 0, input: 0 };
let faults = 0;

function save(bytes: Uint8Array, reason: string): void {
  mkdirSync(values.save, { recursive: true });
  const path = join(values.save, `fault-${values.seed}-${inputs}.scap`);
  writeFileSync(path, bytes);
  console.error(`${path}: ${reason}`);
  faults++;
}

while (inputs < count && performance.now() < deadline && faults < 20) {
  const seed = seeds[random(seeds.length)];
  if (seed === undefined) break;
  const bytes = mutate(seed);
  // Processor time: on a busy machine the clock on the wall says nothing about the input.
  const before = process.threadCpuUsage();
  try {
    exercise(bytes);
  } catch (error) {
    save(bytes, error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  const { user, system } = process.threadCpuUsage(before);
  const ms = (user + system) / 1000;
  inputs++;
  if (ms > slowest.ms) slowest = { ms, input: inputs };
  if (ms > LIMIT_MS) save(bytes, `took ${ms.toFixed(0)} ms`);
}
const seconds = (performance.now() - start) / 1000;
console.log(
  `${inputs} inputs in ${seconds.toFixed(1)} s (${(inputs / seconds).toFixed(0)} per second), ` +
    `${events} events, ${whole} captures read to the end, ${readers.length} fields, ` +
    `slowest ${slowest.ms.toFixed(1)} ms (input ${slowest.input}), ` +
    `peak memory ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB, ${faults} faults`,
);
process.exitCode = faults === 0 && kept !== null ? 0 : 1;
