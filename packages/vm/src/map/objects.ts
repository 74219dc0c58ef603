import type { MapSpec } from "@ocelli/bpf";

import type { TailTarget } from "../helper/helper.ts";
import type { VmMemory } from "../memory/memory.ts";
import { createArray } from "./array.ts";
import { createHash } from "./hash.ts";
import { ERRNO, NO_KEYS, type PerfRecord, type VmMap } from "./map.ts";

/** Makes a map whose values are handles of other maps: a lookup gives the handle itself, never a place in memory. */
export function createOuter(memory: VmMemory, spec: MapSpec): VmMap {
  const isHash = spec.type === "hash_of_maps";
  const plain: MapSpec = { ...spec, type: isHash ? "hash" : "array", valueSize: 4 };
  const { layout: _, ...table } = isHash ? createHash(memory, plain) : createArray(memory, plain);
  return {
    ...table,
    spec,
    lookup: (key) => {
      const place = table.lookup(key);
      return place === 0 ? 0 : memory.view.getUint32(place, true);
    },
  };
}

/** Makes a map of programs, for tail calls. User space fills it. */
export function createProgArray(memory: VmMemory, spec: MapSpec): VmMap {
  const targets = Array.from<TailTarget | undefined>({ length: spec.maxEntries }).fill(undefined);
  const { view } = memory;
  return {
    ...NO_KEYS,
    spec,
    memory,
    remove: (key) => {
      const index = view.getUint32(key, true);
      if (index >= targets.length) return -ERRNO.E2BIG;
      if (targets[index] === undefined) return -ERRNO.ENOENT;
      targets[index] = undefined;
      return 0;
    },
    targets,
  };
}

/** Makes a perf event array. Every processor has an open event, whose records are kept until somebody takes them. */
export function createPerfArray(memory: VmMemory, spec: MapSpec): VmMap {
  const records: PerfRecord[] = [];
  return { ...NO_KEYS, spec, memory, records };
}

/** Makes a map of devices, processors or sockets to redirect to: redirections are recorded, not carried out. */
export function createRedirectMap(memory: VmMemory, spec: MapSpec): VmMap {
  if (spec.type === "devmap_hash")
    return { ...createHash(memory, { ...spec, type: "hash" }), spec };
  const table = createArray(memory, { ...spec, type: "array" });
  const present = new Set<number>();
  const indexOf = (key: number): number => memory.view.getUint32(key, true);
  return {
    spec,
    memory,
    lookup: (key) => (present.has(indexOf(key)) ? table.lookup(key) : 0),
    update: (key, value, flags) => {
      const result = table.update(key, value, flags);
      if (result === 0) present.add(indexOf(key));
      return result;
    },
    remove: (key) => {
      if (indexOf(key) >= spec.maxEntries) return -ERRNO.EINVAL;
      present.delete(indexOf(key));
      return 0;
    },
    *entries() {
      for (const entry of table.entries()) if (present.has(indexOf(entry[0]))) yield entry;
    },
  };
}
