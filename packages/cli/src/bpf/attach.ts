import { basename, extname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import type { CollectionSpec } from "@ocelli/bpf";
import {
  attach,
  attachStructOps,
  createPerfReader,
  createRingReader,
  loadCollection,
  type AttachOptions,
  type Collection,
} from "@ocelli/linux";

import type { CliContext } from "../context.ts";
import { RefusedError } from "../exit.ts";
import { checkSeconds } from "../input.ts";
import { toJson } from "../output/json.ts";
import { openObject } from "./inspect.ts";
import { mapContents } from "./map-contents.ts";
import { valuePrinter } from "./value-printer.ts";

/** Flags of `ocelli bpf attach`. */
export interface AttachFlags {
  readonly interface?: string;
  readonly cgroup?: string;
  readonly pid?: number;
  readonly interval: number;
  readonly for?: number;
  readonly json: boolean;
}

/** One thing to print: an object for scripts, a line for people. */
type Print = (report: Report) => void;

type Report =
  | { readonly kind: "attached"; readonly program: string; readonly target: string }
  | { readonly kind: "record"; readonly map: string; readonly value: unknown }
  | { readonly kind: "lost"; readonly map: string; readonly count: number; readonly cpu: number }
  | {
      readonly kind: "entry";
      readonly map: string;
      readonly key: unknown;
      readonly value: unknown;
    }
  | { readonly kind: "left_out"; readonly map: string; readonly count: number };

/** `ocelli bpf attach`. */
export async function attachObject(
  context: CliContext,
  flags: AttachFlags,
  path: string,
): Promise<void> {
  checkSeconds("interval", flags.interval, 0);
  if (flags.for !== undefined) checkSeconds("for", flags.for, 0);
  const spec = await openObject(context, path);
  const interrupted = context.interrupted();
  const print = printer(context, flags.json);
  using collection = loadCollection(spec, { name: basename(path, extname(path)) });
  using readers = startReaders(spec, collection, print);
  {
    using links = attachAll(collection, flags, print);
    const end = performance.now() + (flags.for ?? Number.POSITIVE_INFINITY) * 1000;
    for (;;) {
      const left = end - performance.now();
      const step = flags.interval === 0 ? left : Math.min(flags.interval * 1000, left);
      await pause(step, interrupted);
      if (interrupted.aborted || performance.now() >= end) break;
      printMaps(spec, collection, print);
    }
    // Detached first, so that the last picture is the final one.
    links.dispose();
  }
  readers.consume();
  printMaps(spec, collection, print);
}

// The longest time that a timer can wait; waking up for nothing once in 24 days does no harm.
const LONGEST_MS = 2 ** 31 - 1;

async function pause(ms: number, interrupted: AbortSignal): Promise<void> {
  try {
    await sleep(Math.max(0, Math.min(ms, LONGEST_MS)), undefined, { signal: interrupted });
  } catch (error) {
    if (!interrupted.aborted) throw error;
  }
}

function printer(context: CliContext, json: boolean): Print {
  const { stdout } = context.process;
  return (report) => {
    stdout.write(`${json ? toJson(report) : describe(report)}\n`);
  };
}

function describe(report: Report): string {
  const text = (value: unknown): string => (typeof value === "string" ? value : toJson(value));
  switch (report.kind) {
    case "attached":
      return `attached ${report.program} to ${report.target}`;
    case "record":
      return `${report.map}: ${text(report.value)}`;
    case "lost":
      return `${report.map}: ${report.count} records lost on CPU ${report.cpu}`;
    case "entry":
      return `${report.map}[${text(report.key)}] = ${text(report.value)}`;
    case "left_out":
      return `${report.map}: ${report.count} more entries, all zero or beyond the limit`;
  }
}

function attachAll(collection: Collection, flags: AttachFlags, print: Print): DisposableStack {
  const options: AttachOptions = {
    ...(flags.interface === undefined ? {} : { interface: flags.interface }),
    ...(flags.cgroup === undefined ? {} : { cgroup: flags.cgroup }),
    ...(flags.pid === undefined ? {} : { pid: flags.pid }),
  };
  using links = new DisposableStack();
  let count = 0;
  for (const [name, program] of collection.programs) {
    if (program.type === "struct_ops") continue;
    const link = links.use(
      attach(program, program.type === "perf_event" ? sampled(options) : options),
    );
    print({ kind: "attached", program: name, target: link.target });
    count += 1;
  }
  for (const [name, value] of collection.structOps) {
    const link = links.use(attachStructOps(collection.map(name), value));
    print({ kind: "attached", program: name, target: link.target });
    count += 1;
  }
  if (count === 0) throw new RefusedError("Nothing to attach: the object has no programs");
  return links.move();
}

/** Object files do not say how often a program samples. */
function sampled(options: AttachOptions): AttachOptions {
  const { pid } = options;
  const every = { event: "cpu-clock", every: { frequency: 99 } } as const;
  return { ...options, sampling: { ...every, ...(pid !== undefined && { pid }) } };
}

/** Readers of all rings and perf buffers. */
interface Readers extends Disposable {
  /** Prints what is there now. */
  consume(): void;
}

function startReaders(spec: CollectionSpec, collection: Collection, print: Print): Readers {
  using stack = new DisposableStack();
  const consumers: (() => void)[] = [];
  for (const [map, loaded] of collection.maps) {
    const value = valuePrinter(spec.btf, spec.maps.get(map)?.valueTypeId ?? 0);
    if (loaded.type === "ringbuf") {
      const reader = stack.use(
        createRingReader(loaded, {
          onRecord: (memory, offset, length) => {
            print({ kind: "record", map, value: value(memory.copy(offset, length)) });
          },
        }),
      );
      consumers.push(() => reader.consume());
    } else if (loaded.type === "perf_event_array") {
      const reader = stack.use(
        createPerfReader(loaded, {
          onRecord: (memory, offset, length) => {
            print({ kind: "record", map, value: value(memory.copy(offset, length)) });
          },
          onLost: (count, cpu) => {
            print({ kind: "lost", map, count, cpu });
          },
        }),
      );
      consumers.push(() => reader.consume());
    }
  }
  const owned = stack.move();
  return {
    consume: () => {
      for (const consume of consumers) consume();
    },
    [Symbol.dispose]: () => {
      owned.dispose();
    },
  };
}

function printMaps(spec: CollectionSpec, collection: Collection, print: Print): void {
  for (const { name, entries, leftOut } of mapContents(spec, collection)) {
    for (const { key, value } of entries) print({ kind: "entry", map: name, key, value });
    if (leftOut > 0) print({ kind: "left_out", map: name, count: leftOut });
  }
}
