// Feeds damaged object files to everything that reads them:
//   node --conditions=development tools/fuzz.ts [--count N] [--seed S] [--seconds T] [--save FOLDER]
// Mutates the C fixtures and calls readElf, readCollection, readBtf, readBtfExt, decodeInstructions, linkProgram,
// applyCoreRelocations (damaged objects against sound types, and sound objects against damaged types), encodeInstructions,
// formatListing and writeCollection. Reports how often each came to its end, the number of inputs, the throughput and the slowest input. An input that makes something throw, or
// takes longer than a second of processor time, is saved; then the exit code is 1.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

import {
  applyCoreRelocations,
  decodeInstructions,
  encodeInstructions,
  formatListing,
  linkProgram,
  readBtf,
  readBtfExt,
  readCollection,
  readElf,
  readNotes,
  readRelocations,
  readSymbols,
  relocationDescriber,
  writeCollection,
  type CollectionSpec,
  type CoreTargets,
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
  ["core-local"],
  ["core-target"],
  ["core-task"],
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

/** How often a step came to its end. */
const reached = new Map<string, number>();

function step<T extends { readonly ok: boolean }>(name: string, result: T): T {
  if (result.ok) reached.set(name, (reached.get(name) ?? 0) + 1);
  return result;
}

function soundCollection(name: string): CollectionSpec {
  const read = readCollection(fixture(name));
  if (!read.ok) throw new Error(`Cannot read fixture ${name}`);
  return read.value;
}

const soundLocal = soundCollection("core-local");
const soundTypes = soundCollection("core-target").btf;
// Made once: what is known about the kernel's types is kept by this object.
const soundTargets: CoreTargets | undefined =
  soundTypes === undefined ? undefined : { kernel: soundTypes };

function exerciseTypes(bytes: Uint8Array, ext: Uint8Array | undefined): void {
  const btf = step("readBtf", readBtf(bytes));
  if (!btf.ok) return;
  if (ext !== undefined) step("readBtfExt", readBtfExt(ext, btf.value));
  // As if a kernel had these types; once in a while, since it costs as much as all the rest.
  if (inputs % 8 !== 0) return;
  for (const program of soundLocal.programs.values())
    if (soundLocal.btf !== undefined)
      step(
        "relocated against damage",
        applyCoreRelocations(program.instructions, soundLocal.btf, { kernel: btf.value }),
      );
}

/** Everything that takes bytes, on one input. Returns how many collections were read. */
function exercise(bytes: Uint8Array): number {
  const file = step("readElf", readElf(bytes));
  if (!file.ok) return 0;
  readSymbols(file.value);
  readSymbols(file.value, "dynsym");
  readNotes(file.value);
  const { sections } = file.value;
  for (const section of sections) {
    if (section.name.startsWith(".rel")) readRelocations(file.value, section);
    else if (section.name === ".BTF")
      exerciseTypes(section.data, sections.find(({ name }) => name === ".BTF.ext")?.data);
    else if (section.flags === 6)
      step("decodeInstructions", decodeInstructions(section.data, file.value));
  }
  const collection = step("readCollection", readCollection(bytes));
  if (!collection.ok) return 0;
  const { btf, programs } = collection.value;
  for (const program of programs.values()) {
    const linked = step("linkProgram", linkProgram(collection.value, program));
    if (!linked.ok) continue;
    step("encodeInstructions", encodeInstructions(linked.value));
    if (btf === undefined || soundTargets === undefined) continue;
    step("applyCoreRelocations", applyCoreRelocations(linked.value, btf, soundTargets));
    if (inputs % 8 === 1)
      formatListing(linked.value, { describeRelocation: relocationDescriber(btf) });
  }
  // Writing costs as much as all the rest; the reader is what meets strangers.
  if (inputs % 8 === 0) step("writeCollection", writeCollection(collection.value));
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
console.log([...reached].map(([name, times]) => `${name} ${times}`).join(", "));
process.exitCode = faults === 0 ? 0 : 1;
