// Feeds damaged object files to everything that reads them:
//   node --conditions=development tools/fuzz.ts [--count N] [--seed S] [--seconds T] [--save FOLDER]
// Mutates the C fixtures and calls readElf, readCollection, readBtf, decodeInstructions, linkProgram, encodeInstructions and
// writeCollection. Reports the number of inputs, the throughput and the slowest input. An input that makes something throw, or
// takes longer than a second of processor time, is saved; then the exit code is 1.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

import {
  decodeInstructions,
  encodeInstructions,
  linkProgram,
  readBtf,
  readCollection,
  readElf,
  readNotes,
  readRelocations,
  readSymbols,
  writeCollection,
} from "@ocelli/bpf";
import { fixture } from "@ocelli/testkit";

import { root } from "./sources.ts";

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "100000" },
    seed: { type: "string", default: "1" },
    seconds: { type: "string", default: "3600" },
    save: { type: "string", default: join(root, ".cache/fuzz") },
  },
});
const count = Number(values.count);
const LIMIT_MS = 1000;

const FIXTURES: readonly [name: string, ...args: string[]][] = [
  ["object-basic"],
  ["object-calls"],
  ["object-maps"],
  ["object-legacy", "-DIPROUTE2"],
  ["object-externs"],
  ["object-data"],
  ["object-struct-ops"],
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

/** Parts of a file that say how the rest is read, and so are damaged most often: headers, symbols, relocations, types. */
interface Seed {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly ranges: readonly (readonly [start: number, end: number])[];
}

function makeSeed(name: string, args: readonly string[], bigEndian: boolean): Seed {
  // Debug sections make files ten times larger and are read by nobody here.
  const bytes = Uint8Array.from(fixture(name, { args, bigEndian }));
  const file = readElf(bytes);
  if (!file.ok) throw new Error(`Cannot read fixture ${name}`);
  const { sections } = file.value;
  const read = sections.filter(
    ({ name: section, data }) => data.length > 0 && !section.includes("debug"),
  );
  const ranges = read.map(({ offset, data }): [number, number] => [offset, offset + data.length]);
  const headers = bytes.length - sections.length * 64;
  return { name, bytes, ranges: [[0, 64], [headers, bytes.length], ...ranges] };
}

const INTERESTING = [
  0, 1, 2, 7, 8, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff,
];

function mutate({ bytes, ranges }: Seed, random: (limit: number) => number): Uint8Array {
  let copy = Uint8Array.from(bytes);
  const view = new DataView(copy.buffer);
  for (let left = 1 + random(4); left > 0; left -= 1) {
    const [start, end] = ranges[random(ranges.length)] ?? [0, 4];
    const at = Math.min(start + random(end - start), copy.length - 8);
    const value = INTERESTING[random(INTERESTING.length)] ?? 0;
    switch (random(8)) {
      case 0:
        copy[at] = (copy[at] ?? 0) ^ (1 << random(8));
        break;
      case 1:
        copy[at] = random(256);
        break;
      case 2:
        view.setUint32(at & ~3, value, true);
        break;
      case 3:
        view.setUint32(at & ~3, value, false);
        break;
      case 4:
        view.setUint32(at & ~3, view.getUint32(at & ~3, true) + random(17) - 8, true);
        break;
      case 5:
        copy.copyWithin(at, start, Math.min(end, start + 8 + random(64)));
        break;
      case 6:
        view.setUint32(at & ~3, random(0x7fffffff), true);
        break;
      default:
        if (random(20) === 0) copy = copy.slice(0, random(copy.length));
        else copy[at] = 0;
        if (copy.length < 72) return copy;
        if (copy.buffer !== view.buffer) return copy;
    }
  }
  return copy;
}

/** Everything that takes bytes, on one input. Returns how many collections were read. */
function exercise(bytes: Uint8Array): number {
  const file = readElf(bytes);
  if (!file.ok) return 0;
  readSymbols(file.value);
  readSymbols(file.value, "dynsym");
  readNotes(file.value);
  for (const section of file.value.sections) {
    if (section.name.startsWith(".rel")) readRelocations(file.value, section);
    else if (section.name === ".BTF") readBtf(section.data);
    else if (section.flags === 6) decodeInstructions(section.data);
  }
  const collection = readCollection(bytes);
  if (!collection.ok) return 0;
  for (const program of collection.value.programs.values()) {
    const linked = linkProgram(collection.value, program);
    if (linked.ok) encodeInstructions(linked.value);
  }
  // Writing costs as much as all the rest; the reader is what meets strangers.
  if (inputs % 8 === 0) writeCollection(collection.value);
  return 1;
}

const seeds = FIXTURES.flatMap(([name, ...args]) =>
  [false, true].map((bigEndian) => makeSeed(name, args, bigEndian)),
);
const random = createRandom(Number(values.seed));
const start = performance.now();
const deadline = start + Number(values.seconds) * 1000;
let slowest = { ms: 0, name: "" };
let inputs = 0;
let whole = 0;
let faults = 0;

function save(bytes: Uint8Array, reason: string): void {
  mkdirSync(values.save, { recursive: true });
  const path = join(values.save, `fault-${values.seed}-${inputs}.o`);
  writeFileSync(path, bytes);
  console.error(`${path}: ${reason}`);
  faults += 1;
}

while (inputs < count && performance.now() < deadline && faults < 20) {
  const seed = seeds[random(seeds.length)];
  if (seed === undefined) break;
  const bytes = mutate(seed, random);
  // Processor time: on a busy machine the clock on the wall says nothing about the input.
  const before = process.threadCpuUsage();
  try {
    whole += exercise(bytes);
  } catch (error) {
    save(bytes, error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  const { user, system } = process.threadCpuUsage(before);
  const ms = (user + system) / 1000;
  inputs += 1;
  if (ms > slowest.ms) slowest = { ms, name: `${seed.name}, input ${inputs}` };
  if (ms > LIMIT_MS) save(bytes, `took ${ms.toFixed(0)} ms`);
}
const seconds = (performance.now() - start) / 1000;
console.log(
  `${inputs} inputs in ${seconds.toFixed(1)} s (${(inputs / seconds).toFixed(0)} per second), ` +
    `${whole} of them read to the end, slowest ${slowest.ms.toFixed(1)} ms (${slowest.name}), ` +
    `peak memory ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB, ${faults} faults`,
);
process.exitCode = faults === 0 ? 0 : 1;
