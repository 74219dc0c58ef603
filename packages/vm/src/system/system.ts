import type { MapSpec } from "@ocelli/bpf";

import { VmError } from "../error.ts";
import { createVmMap } from "../map/create.ts";
import { MAP_BASE, type VmMap } from "../map/map.ts";
import { PROCESSOR } from "../memory/layout.ts";
import { createMemory, type VmMemory } from "../memory/memory.ts";
import type { VmPacket } from "../context/packet.ts";

/** The task that programs think runs: what `get_current_*` helpers tell. Change it between runs as you like. */
export interface VmTask {
  /** The thread, which the kernel calls pid. */
  pid: number;
  /** The process. */
  tgid: number;
  uid: number;
  gid: number;
  /** At most 15 bytes are seen. */
  comm: string;
  cgroupId: bigint;
  /** Ids of the cgroups above it, the root's first; its own is the last. */
  cgroups: readonly bigint[];
  /** The address that `get_current_task()` gives. */
  address: bigint;
}

/** A packet that a program sent elsewhere. The runtime only records it. */
export interface Redirection {
  readonly kind: "interface" | "peer" | "neighbour" | "clone" | "map";
  /** The interface; for kind `map` the key. */
  readonly target: number;
  readonly flags: number;
  /** The map, for kind `map`. */
  readonly map?: string;
  /** What was sent, for kind `clone`. */
  readonly bytes?: Uint8Array;
}

/** What stands around programs in place of a kernel. Everything has a default. */
export interface SystemOptions {
  /** 1 MiB if absent. */
  readonly memory?: VmMemory;
  /** How many values per-CPU maps have for a key: 1 if absent. */
  readonly processors?: number;
  /** Nanoseconds since the start: those of the host's clock since the system was made if absent. */
  readonly nowNs?: () => bigint;
  /** 32 random bits. */
  readonly random?: () => number;
  readonly task?: Partial<VmTask>;
  /** Memory of the kernel or of the task for `probe_read` and its kin: the bytes, or `undefined` where a read faults. */
  readonly readMemory?: (
    address: bigint,
    size: number,
    space: "kernel" | "user",
  ) => Uint8Array | undefined;
  /** Takes what `probe_write_user` writes; false where that faults. Everything faults if absent. */
  readonly writeMemory?: (address: bigint, bytes: Uint8Array) => boolean;
  /** The stack that a program stands on, innermost address first: empty if absent. */
  readonly stack?: (space: "kernel" | "user") => readonly bigint[];
  /** Lines of `bpf_trace_printk()`; kept in `printed` if absent. */
  readonly print?: (text: string) => void;
}

/** A system: the memory, its maps, and what helpers tell and record. Made by `createSystem()`. */
export interface VmSystem {
  readonly memory: VmMemory;
  readonly processors: number;
  readonly nowNs: () => bigint;
  readonly random: () => number;
  readonly task: VmTask;
  /** Bytes at an address: of the programs' own memory, else what `readMemory` gives. */
  readonly read: (
    address: bigint,
    size: number,
    space: "kernel" | "user",
  ) => Uint8Array | undefined;
  readonly writeMemory: (address: bigint, bytes: Uint8Array) => boolean;
  readonly stack: (space: "kernel" | "user") => readonly bigint[];
  readonly print: (text: string) => void;
  /** What `bpf_trace_printk()` wrote, if nobody else takes it. */
  readonly printed: string[];
  readonly redirections: Redirection[];
  /** What was recorded besides: signals to the task, values put in place of a function's. */
  readonly effects: { readonly kind: "signal" | "override" | "retval"; readonly value: number }[];
  /** Maps, in the order of their handles. */
  readonly maps: readonly VmMap[];
  /** Makes a map and gives it a handle. Throws what `createVmMap()` throws. */
  readonly addMap: (spec: MapSpec) => VmMap;
  readonly handleOf: (map: VmMap) => number;
  /** The map behind a handle, if it is one. */
  readonly findMap: (handle: number) => VmMap | undefined;
  /** The same. Throws `helper` when it is none. */
  readonly mapOf: (handle: number) => VmMap;
  /** Packets by the address of their context. */
  readonly packets: Map<number, VmPacket>;
  /** Moves programs to another processor. */
  readonly setProcessor: (processor: number) => void;
  /** Attach cookie, function address and arguments of the probe that runs. */
  readonly probe: { cookie: bigint; functionAddress: bigint; arguments: readonly bigint[] };
}

// Hosts have this clock by the standard (High Resolution Time, section 7); no library of types says so here.
const clock = (globalThis as unknown as { readonly performance?: { readonly now: () => number } })
  .performance;
const now = (): number => clock?.now() ?? Date.now();

/** Makes a system. Throws `argument` when its memory cannot be had. */
export function createSystem(options: SystemOptions = {}): VmSystem {
  const { memory = createMemory(), processors = 1 } = options;
  const maps: VmMap[] = [];
  const handles = new Map<VmMap, number>();
  const printed: string[] = [];
  const start = now();
  const { readMemory } = options;
  const findMap = (handle: number): VmMap | undefined => maps[(handle >>> 0) - MAP_BASE];
  return {
    memory,
    processors,
    nowNs: options.nowNs ?? (() => BigInt(Math.round((now() - start) * 1e6))),
    random: options.random ?? (() => Math.floor(Math.random() * 2 ** 32)),
    task: {
      pid: 1,
      tgid: 1,
      uid: 0,
      gid: 0,
      comm: "ocelli",
      cgroupId: 1n,
      cgroups: [1n],
      address: 0n,
      ...options.task,
    },
    read: (address, size, space) => {
      if (address < BigInt(memory.size) && memory.isReadable(Number(address), size))
        return memory.bytes.slice(Number(address), Number(address) + size);
      const bytes = readMemory?.(address, size, space);
      return bytes === undefined || bytes.length < size ? undefined : bytes;
    },
    writeMemory: options.writeMemory ?? (() => false),
    stack: options.stack ?? (() => []),
    print:
      options.print ??
      ((text) => {
        printed.push(text);
      }),
    printed,
    redirections: [],
    effects: [],
    maps,
    addMap: (spec) => {
      const map = createVmMap(memory, spec, { processors });
      handles.set(map, MAP_BASE + maps.length);
      maps.push(map);
      return map;
    },
    handleOf: (map) => handles.get(map) ?? 0,
    findMap,
    mapOf: (handle) => {
      const map = findMap(handle);
      if (map !== undefined) return map;
      throw new VmError(
        "helper",
        `Cannot use 0x${(handle >>> 0).toString(16)} as a map: it is not what a load of a map gives`,
      );
    },
    packets: new Map(),
    setProcessor: (processor) => {
      if (!(processor >= 0 && processor < processors && Number.isInteger(processor)))
        throw new VmError(
          "argument",
          `Cannot run on processor ${processor}: there are 0 to ${processors - 1}`,
        );
      memory.words[PROCESSOR / 4] = processor;
    },
    probe: { cookie: 0n, functionAddress: 0n, arguments: [] },
  };
}
