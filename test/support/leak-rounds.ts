// Loads, attaches, detaches and closes one object again and again, and says as JSON what the process held before and after:
//   node --expose-gc --max-semi-space-size=1 test/support/leak-rounds.ts OBJECT ROUNDS
// Run by test/leaks.kernel.test.ts in a process and a network namespace of its own, so that nothing else moves its figures.
import { readdirSync, readFileSync } from "node:fs";
import { setImmediate as turn, setTimeout as sleep } from "node:timers/promises";

import { readCollection, type CollectionSpec } from "@ocelli/bpf";
import {
  attachPerfEvent,
  attachRawTracepoint,
  attachTracepoint,
  attachXdp,
  createRingReader,
  kernelIds,
  loadCollection,
  openKernel,
  programInfo,
  run,
  VerifierError,
  type Collection,
  type KernelObject,
  type Link,
  type Program,
} from "@ocelli/linux";
import { releaseFreeMemory } from "@ocelli/testkit";

import { OBJECTS, type Holdings, type LeakReport } from "./leak-report.ts";

/** Ten times what stands at each hook. */
const WARM_UP = 480;
/** The share of the rounds that comes before the measurement where there are many: V8 compiles for that long. */
const WARM_UP_SHARE = 0.05;
/** Rounds between two notes of the objects that a round makes; with no divisor in common with 48. */
const STRIDE = 17;
const CLONE_NEWNET = 0x40000000;

const PROGRAMS = {
  "raw tracepoint": "on_raw_tracepoint",
  "perf event": "on_sample",
  "perf event by ioctl": "on_sample",
  tracepoint: "on_tracepoint",
  XDP: "on_packet",
  "XDP over netlink": "on_packet",
  /** The verifier refuses the object's second program. */
  refused: "refused",
};

type Hook = keyof typeof PROGRAMS;

const OFTEN = ["raw tracepoint", "perf event", "perf event by ioctl", "refused"] as const;
// The kernel waits for a grace period when these are taken off: 10 to 100 ms.
const SELDOM = new Map<number, Hook>([
  [0, "tracepoint"],
  [16, "XDP"],
  [32, "XDP over netlink"],
]);

function hookOf(number: number): Hook {
  return SELDOM.get(number % 48) ?? OFTEN[(number >> 1) % OFTEN.length] ?? "refused";
}

const [path = "", rounds = "1000"] = process.argv.slice(2);
const kernel = openKernel();
if (kernel.syscall("unshare", CLONE_NEWNET) < 0) throw new Error("Cannot make a network namespace");
const read = readCollection(readFileSync(path));
if (!read.ok) throw new Error(read.diagnostics[0]?.message);
const spec = read.value;
const made: Record<KernelObject, Set<number>> = {
  prog: new Set(),
  map: new Set(),
  link: new Set(),
  btf: new Set(),
};

function attachTo(hook: Hook, program: Program): Link {
  switch (hook) {
    case "raw tracepoint":
      return attachRawTracepoint(program, { tracepoint: "sys_enter" });
    case "tracepoint":
      return attachTracepoint(program, {
        tracepoint: "syscalls/sys_enter_getpgid",
      });
    case "XDP":
      return attachXdp(program, { interface: "lo" });
    case "XDP over netlink":
      return attachXdp(program, { interface: "lo", via: "netlink" });
    case "perf event":
    case "perf event by ioctl":
      return attachPerfEvent(program, {
        event: "cpu-clock",
        every: { frequency: 99 },
        cpus: [0],
        ...(hook === "perf event" ? {} : { via: "ioctl" }),
      });
    case "refused":
      throw new Error("A refused program is not attached");
    default:
      return hook;
  }
}

/** One round; what a ring reader registers with the event loop is let go of in the turn that follows. */
async function round(hook: Hook, number: number, source: CollectionSpec): Promise<void> {
  if (hook === "refused") {
    refusedRound(source);
    return;
  }
  const name = PROGRAMS[hook];
  using collection = loadCollection(source, {
    programs: (program) => program.name === name,
    variables: { owner: process.pid },
  });
  {
    let records = 0;
    using reader = createRingReader(collection.map("records"), {
      onRecord: () => {
        records += 1;
      },
      intervalMs: 1000,
    });
    using link = attachTo(hook, collection.program(name));
    if (number % STRIDE === 0) noteHeld(collection);
    if (name === "on_packet") {
      run(collection.program(name), { data: new Uint8Array(64) });
      reader.consume();
      if (records !== 1) throw new Error(`${hook}: ${records} records instead of 1`);
    }
    if (number % 2 === 0) link.detach();
  }
  await turn();
}

function refusedRound(source: CollectionSpec): void {
  try {
    loadCollection(source, { programs: ({ name }) => name === "on_packet" || name === "refused" });
  } catch (error) {
    if (error instanceof VerifierError && error.message.includes("refused")) return;
    throw error;
  }
  throw new Error("The verifier took the program that it must refuse");
}

/** Ids of BPF objects that this process holds, as the kernel lists them beside its descriptors. */
function held(): { readonly kind: KernelObject; readonly id: number }[] {
  return readdirSync("/proc/self/fdinfo").flatMap((fd) => {
    let text: string;
    try {
      text = readFileSync(`/proc/self/fdinfo/${fd}`, "utf8");
    } catch {
      return []; // the descriptor that listed the folder
    }
    const link = /^link_id:\s*(\d+)$/m.exec(text)?.[1];
    // A link's text names its program as well.
    if (link !== undefined) return [{ kind: "link" as const, id: Number(link) }];
    const [, kind, id] = /^(prog|map|btf)_id:\s*(\d+)$/m.exec(text) ?? [];
    return OBJECTS.flatMap((one) => (one === kind ? [{ kind: one, id: Number(id) }] : []));
  });
}

/** The object's types are closed after loading; its programs keep them in the kernel. */
function noteHeld(collection: Collection): void {
  for (const { kind, id } of held()) made[kind].add(id);
  for (const { fd } of collection.programs.values()) made.btf.add(programInfo(kernel, fd).btfId);
}

function holdings(): Holdings {
  for (let pass = 0; pass < 4; pass += 1) globalThis.gc?.();
  releaseFreeMemory();
  const objects = held();
  const { heapUsed, external } = process.memoryUsage();
  // Pages of Node's own file come and go as the machine has memory: what a leak takes is anonymous.
  const anonymous = /^RssAnon:\s*(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
  return {
    descriptors: readdirSync("/proc/self/fd").length,
    objects: Object.fromEntries(
      OBJECTS.map((kind) => [kind, objects.filter((one) => one.kind === kind).length]),
    ),
    mappings: readFileSync("/proc/self/maps", "utf8").split("anon_inode:bpf-map").length - 1,
    listeners: process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
    timers: process.getActiveResourcesInfo().filter((name) => name === "Timeout").length,
    rssBytes: Number(anonymous) * 1024,
    heapBytes: heapUsed,
    externalBytes: external,
  };
}

async function rest(): Promise<void> {
  // The kernel frees after a grace period, and libuv closes handles in a later turn.
  await sleep(300);
}

/** Ids of the noted objects that the kernel still has. */
async function alive(): Promise<Record<string, number[]>> {
  for (let attempt = 0; ; attempt += 1) {
    const found = OBJECTS.map((kind): [string, number[]] => [
      kind,
      [...kernelIds(kernel, kind)].filter((id) => made[kind].has(id)),
    ]);
    if (attempt === 20 || found.every(([, ids]) => ids.length === 0))
      return Object.fromEntries(found);
    await rest();
  }
}

async function repeat(count: number): Promise<void> {
  for (let number = 0; number < count; number += 1) await round(hookOf(number), number, spec);
}

const count = Number(rounds);
await repeat(Math.max(Math.min(WARM_UP, count), count * WARM_UP_SHARE));
await rest();
const before = holdings();
const start = performance.now();
const samples: number[] = [];
const parts = Math.max(1, Math.min(40, Math.floor(count / 48)));
for (let part = 0; part < parts; part += 1) {
  await repeat(Math.ceil(count / parts));
  globalThis.gc?.();
  releaseFreeMemory();
  samples.push(Math.round(process.memoryUsage.rss() / 2 ** 20));
}
const seconds = (performance.now() - start) / 1000;
await rest();
const after = holdings();
const report: LeakReport = {
  rounds: Math.ceil(count / parts) * parts,
  seconds,
  rssMiB: samples,
  noted: Object.fromEntries(OBJECTS.map((kind) => [kind, made[kind].size])),
  alive: await alive(),
  before,
  after,
};
console.log(JSON.stringify(report));
