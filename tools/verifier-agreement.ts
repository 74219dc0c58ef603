// Asks the kernel and our verifier about the same programs, and lists what they disagree on:
//   node --conditions=development tools/verifier-agreement.ts [--count N] [--seed S] [--seconds T] [--objects GLOB]… [--list N]
// Programs are generated (riskyProgram() of the testkit), and mutated from those and from compiled objects: one to three
// fields changed, instructions left out, doubled or swapped. Needs root. Prints how often both agree, every program that
// we take and the kernel does not, and the causes of those that the kernel takes and we do not. The exit code is 1 when
// there is one of the first kind.
import { globSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";

import {
  encodeInstructions,
  linkProgram,
  mapSpec,
  printAssembly,
  readCollection,
  resolveReferences,
  type Instruction,
  type MapSpec,
} from "@ocelli/bpf";
import {
  createMap,
  LinuxError,
  loadProgram,
  openKernel,
  VerifierError,
  type BpfMap,
} from "@ocelli/linux";
import { createRandom, riskyProgram, type Random } from "@ocelli/testkit";
import { formatVerifyReport, verify, type Verification, type VerifyProgram } from "@ocelli/vm";

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "10000" },
    seed: { type: "string", default: "1" },
    seconds: { type: "string", default: "3600" },
    objects: { type: "string", multiple: true, default: [] },
    list: { type: "string", default: "12" },
    one: { type: "string" },
  },
});
const kernel = openKernel();
const most = Number(values.list);

/** A program, the maps that it names, and their descriptors in the kernel. */
interface Case {
  readonly name: string;
  readonly program: VerifyProgram;
  readonly instructions: readonly Instruction[];
  readonly maps: ReadonlyMap<string, MapSpec>;
  readonly open: ReadonlyMap<string, BpfMap>;
}

const rodata = new Uint8Array(64);
rodata[8] = 7;
const RISKY: readonly MapSpec[] = [
  mapSpec({ name: "array", type: "array", valueSize: 64, maxEntries: 4 }),
  mapSpec({ name: "hash", type: "hash", valueSize: 16, maxEntries: 64 }),
  mapSpec({ name: "hash8", type: "hash", keySize: 8, valueSize: 8, maxEntries: 8 }),
  mapSpec({ name: "array1", type: "array", valueSize: 64, maxEntries: 1 }),
  mapSpec({
    name: "rodata",
    type: "array",
    valueSize: 64,
    maxEntries: 1,
    flags: 128,
    data: rodata,
    frozen: true,
  }),
  mapSpec({ name: "ring", type: "ringbuf", keySize: 0, valueSize: 0, maxEntries: 4096 }),
  mapSpec({ name: "progs", type: "prog_array", maxEntries: 4 }),
];

function openMaps(specs: Iterable<MapSpec>): Map<string, BpfMap> {
  const open = new Map<string, BpfMap>();
  for (const spec of specs) {
    const maxEntries = spec.maxEntries === 0 ? 4096 : spec.maxEntries;
    const map = createMap(kernel, {
      ...spec,
      maxEntries,
      pinning: "none",
      keyTypeId: 0,
      valueTypeId: 0,
    });
    if (spec.data !== undefined) map.update(new Uint8Array(4), spec.data);
    if (spec.frozen) map.freeze();
    open.set(spec.name, map);
  }
  return open;
}

function describe(type: VerifyProgram["type"]): VerifyProgram {
  return { name: "main", type, attachType: undefined, attachTo: "", flags: 0, license: "GPL" };
}

const riskyMaps = new Map(RISKY.map((spec) => [spec.name, spec]));
const riskyOpen = openMaps(RISKY);

function generated(seed: number): Case {
  const { type, instructions } = riskyProgram(seed, 4 + (seed % 24));
  return {
    name: `generated ${seed}`,
    program: describe(type),
    instructions,
    maps: riskyMaps,
    open: riskyOpen,
  };
}

/** Without types of its own a program loads alone. */
function withoutTypes(instruction: Instruction): Instruction {
  const { functionTypeId: _type, source: _source, ...rest } = instruction;
  return rest;
}

/** Programs of objects that need nothing but maps to load. */
function* compiled(path: string): Generator<Case> {
  const spec = readCollection(readFileSync(path));
  if (!spec.ok) return;
  const plain = [...spec.value.maps.values()].filter(
    ({ type, name }) => type !== "struct_ops" && type !== "arena" && name !== ".kconfig",
  );
  let open: Map<string, BpfMap> | undefined;
  for (const program of spec.value.programs.values()) {
    if (["tracing", "lsm", "ext", "struct_ops"].includes(program.type)) continue;
    const linked = linkProgram(spec.value, program);
    if (!linked.ok || linked.value.some(({ relocation }) => relocation !== undefined)) continue;
    const kinds = linked.value.map(({ reference }) => reference?.kind);
    if (kinds.some((kind) => kind === "ksym" || kind === "kfunc" || kind === "kconfig")) continue;
    try {
      open ??= openMaps(plain);
    } catch (error) {
      if (error instanceof LinuxError) return;
      throw error;
    }
    const instructions = linked.value.map(withoutTypes);
    const { type, attachType, flags, license } = program;
    yield {
      name: `${path} ${program.name}`,
      program: { name: program.name, type, attachType, attachTo: "", flags, license },
      instructions,
      maps: spec.value.maps,
      open,
    };
  }
}

const INTERESTING = [
  0, 1, -1, 2, 3, 4, 7, 8, 15, 16, 24, 31, 32, 63, 64, 127, 255, 256, 512, -8, -16, -512,
  0x7fffffff, -0x80000000,
];

function mutate(original: Case, random: Random): Case {
  const resolved = resolveReferences(original.instructions);
  if (!resolved.ok) return original;
  const program = resolved.value.map((one): Instruction => {
    const { symbol: _, ...rest } = one;
    const { reference } = rest;
    if (reference?.kind !== "label" && reference?.kind !== "function") return rest;
    const { reference: _reference, ...plain } = rest;
    return plain;
  });
  for (let left = 1 + random.int(3); left > 0; left -= 1) {
    const at = random.int(program.length);
    const one = program[at];
    if (one === undefined) continue;
    const interesting = INTERESTING[random.int(INTERESTING.length)] ?? 0;
    switch (random.int(10)) {
      case 0:
        program[at] = { ...one, dst: random.int(11) };
        break;
      case 1:
        if (one.opcode !== 0x18 && one.opcode !== 0x85)
          program[at] = { ...one, src: random.int(11) };
        break;
      case 2:
        program[at] = { ...one, offset: one.offset + random.int(9) - 4 };
        break;
      case 3:
        program[at] = { ...one, offset: one.offset + random.pick([8, -8, 1, -1, 16, 2]) };
        break;
      case 4:
        if (one.reference === undefined) program[at] = { ...one, imm: interesting };
        break;
      case 5:
        if (one.reference === undefined)
          program[at] = { ...one, imm: (one.imm + random.int(5) - 2) | 0 };
        break;
      case 6:
        if (one.opcode !== 0x18)
          program[at] = {
            ...one,
            opcode: one.opcode ^ random.pick([8, 0x10, 0x20, 0x40, 0x80, 1, 2, 3]),
          };
        break;
      case 7:
        if (one.opcode !== 0x95)
          program[at] = { opcode: 0xb7, dst: random.int(10), src: 0, offset: 0, imm: interesting };
        break;
      case 8: {
        const other = program[random.int(program.length)];
        if (other !== undefined && other.opcode !== 0x18 && one.opcode !== 0x18)
          program[at] = other;
        break;
      }
      default:
        program.splice(at, random.int(2), one);
    }
  }
  const sane = program.filter((one) => one.opcode !== 0x18 || one.imm2 !== undefined);
  return { ...original, name: `mutated ${original.name}`, instructions: sane };
}

/** `undefined` when the kernel takes the program, else its words; `null` when it says nothing of safety. */
function askKernel({ program, instructions, maps, open }: Case): string | undefined | null {
  // A prog array belongs to programs of the type that used it first: each program gets its own.
  const jumps = instructions.find(
    ({ reference }) => reference?.kind === "map" && maps.get(reference.name)?.type === "prog_array",
  );
  const name = jumps?.reference?.kind === "map" ? jumps.reference.name : "";
  const spec = maps.get(name);
  const fresh =
    spec === undefined ? undefined : createMap(kernel, { ...spec, keyTypeId: 0, valueTypeId: 0 });
  const patched = instructions.map((one) => {
    const { reference } = one;
    if (reference?.kind !== "map" && reference?.kind !== "map-value") return one;
    const map = reference.name === name ? fresh : open.get(reference.name);
    const fd = map?.fd.value ?? -1;
    return reference.kind === "map"
      ? { ...one, src: 1, imm: fd, imm2: 0 }
      : { ...one, src: 2, imm: fd, imm2: reference.offset };
  });
  using _fresh = fresh;
  const bytes = encodeInstructions(patched);
  if (!bytes.ok) return null;
  const { type, attachType, flags, license } = program;
  try {
    using _program = loadProgram(kernel, { type, attachType, flags, license, bytes: bytes.value });
    return undefined;
  } catch (error) {
    if (error instanceof VerifierError) {
      if (values.one !== undefined) console.log(error.format({ tail: 12 }));
      return error.summary;
    }
    if (error instanceof LinuxError) return error.message;
    throw error;
  }
}

function askOurs({ program, instructions, maps }: Case): Verification {
  return verify(program, instructions, { maps, processors: availableParallelism() });
}

/** Reasons that say nothing of safety: the kernel gave up, or wants the types that are left out here. */
const GIVEN_UP =
  /too (large|complex|many)|E2BIG|out of memory|The sequence of|missing btf func_info/;

const counts = {
  asked: 0,
  agreed: 0,
  accepted: 0,
  both: 0,
  tooMuch: 0,
  unsafe: 0,
  refused: 0,
  processed: 0,
};
const causes = new Map<string, number>();
let kernelMs = 0;
let loops = 0;
let slowest = { ms: 0, name: "" };

function compareCase(one: Case): void {
  const start = performance.now();
  const ours = askOurs(one);
  const ms = performance.now() - start;
  // Endless loops keep the kernel busy for a million instructions and three logs: one in twenty is enough.
  loops += !ours.ok && ours.report.code === "vm-verify-loop" ? 1 : 0;
  const skipped = !ours.ok && ours.report.code === "vm-verify-loop" && loops % 20 !== 1;
  if (skipped || (!ours.ok && ours.report.code === "vm-verify-complexity")) {
    counts.tooMuch += 1;
    return;
  }
  const before = performance.now();
  const theirs = askKernel(one);
  const spent = performance.now() - before;
  kernelMs += spent;
  if (spent > 1000 && values.one === undefined)
    console.log(`${one.name} kept the kernel busy for ${spent.toFixed(0)} ms`);
  if (theirs === null) return;
  if (ms > slowest.ms) slowest = { ms, name: one.name };
  counts.asked += 1;
  counts.processed += ours.processed;
  if (theirs === undefined) counts.accepted += 1;
  if ((theirs === undefined) === ours.ok) {
    counts.agreed += 1;
    if (ours.ok) counts.both += 1;
    return;
  }
  if (ours.ok) {
    if (GIVEN_UP.test(theirs ?? "")) {
      counts.tooMuch += 1;
      return;
    }
    counts.unsafe += 1;
    if (counts.unsafe <= most) show(one, `WE TAKE, THE KERNEL DOES NOT: ${theirs ?? ""}`);
    return;
  }
  counts.refused += 1;
  const cause = `${ours.report.code}: ${ours.report.message.replaceAll(/-?\d+/g, "N")}`;
  causes.set(cause, (causes.get(cause) ?? 0) + 1);
  if ((causes.get(cause) ?? 0) === 1 && causes.size <= most)
    show(one, `the kernel takes, we do not: ${formatVerifyReport(ours.report)}`);
}

function show(one: Case, what: string): void {
  console.log(`${one.name} (${one.program.type}) ${what}`);
  if (values.one !== undefined) console.log(printAssembly(one.instructions, "kernel"));
}

const seeds: Case[] = [];
for (const path of values.objects.flatMap((pattern) => globSync(pattern)))
  seeds.push(...compiled(path));
for (const one of seeds) compareCase(one);
console.log(`${seeds.length} compiled programs: ${JSON.stringify(counts)}`);
const first = Number(values.seed);
const end = performance.now() + Number(values.seconds) * 1000;
const single = values.one === undefined ? undefined : Number(values.one);
for (
  let seed = single ?? first;
  seed < (single === undefined ? first + Number(values.count) : single + 1) &&
  performance.now() < end;
  seed += 1
) {
  const random = createRandom(seed);
  const kind = random.int(4);
  const source = seeds[random.int(Math.max(seeds.length, 1))];
  if (kind < 2 || (kind === 2 && source === undefined)) compareCase(generated(seed));
  else if (kind === 3 || source === undefined)
    compareCase({ ...mutate(generated(seed), random), name: `mutated ${seed}` });
  else compareCase({ ...mutate(source, random), name: `mutated ${source.name} ${seed}` });
}
for (const [cause, count] of [...causes].toSorted((a, b) => b[1] - a[1]))
  console.log(`${count} × ${cause}`);
const share = counts.accepted === 0 ? 100 : (counts.both / counts.accepted) * 100;
console.log(
  `${counts.asked} programs: ${counts.agreed} agreed; the kernel takes ${counts.accepted}, we take ${counts.both} of them (${share.toFixed(2)} %); ${counts.unsafe} taken here only, ${counts.tooMuch} where either gave up; slowest ${slowest.ms.toFixed(0)} ms (${slowest.name})`,
);
if (counts.unsafe > 0) process.exitCode = 1;
