import type { CollectionSpec, MapEntry, MapSpec } from "@ocelli/bpf";

import { VmError } from "../error.ts";
import type { Machine } from "../machine.ts";
import { UPDATE, type VmMap } from "../map/map.ts";
import type { VmSystem } from "../system/system.ts";

/** Writes the entries that maps begin with, inner maps included. Throws `argument` for what a map refuses. */
export function fillEntries(
  spec: CollectionSpec,
  system: VmSystem,
  maps: ReadonlyMap<string, VmMap>,
): void {
  const { memory } = system;
  for (const { name, entries, keySize } of spec.maps.values()) {
    const map = maps.get(name);
    if (map === undefined || entries.length === 0) continue;
    const mark = memory.mark();
    const key = memory.allocate(Math.max(4, keySize));
    const value = memory.allocate(Math.max(8, map.spec.valueSize));
    for (const entry of entries) {
      if ("program" in entry) continue;
      writeKey(map, key, entry);
      memory.bytes.fill(0, value, value + map.spec.valueSize);
      if ("value" in entry) memory.bytes.set(entry.value, value);
      else memory.view.setUint32(value, handleOf(system, maps, name, entry.map), true);
      const errno = map.update(key, value, UPDATE.any);
      if (errno !== 0)
        throw new VmError("argument", `Cannot fill map "${name}": the entry is refused (${errno})`);
    }
    memory.release(mark);
  }
}

function writeKey({ memory }: VmMap, at: number, entry: MapEntry): void {
  if (typeof entry.key === "number") memory.view.setUint32(at, entry.key, true);
  else memory.bytes.set(entry.key, at);
}

function handleOf(
  system: VmSystem,
  maps: ReadonlyMap<string, VmMap>,
  outer: string,
  name: string,
): number {
  const inner = maps.get(name);
  if (inner !== undefined) return system.handleOf(inner);
  throw new VmError("argument", `Cannot fill map "${outer}": there is no map "${name}"`);
}

/** Puts programs into the prog arrays whose entries name them. Those that were not loaded stay absent, as in the kernel. */
export function fillTargets(
  spec: CollectionSpec,
  maps: ReadonlyMap<string, VmMap>,
  programs: ReadonlyMap<string, Machine>,
): void {
  for (const { name, entries, type, maxEntries } of spec.maps.values()) {
    for (const entry of entries) {
      if (!("program" in entry)) continue;
      const targets = maps.get(name)?.targets;
      if (targets === undefined || entry.key >= maxEntries) throw misplaced(name, type, entry.key);
      targets[entry.key] = programs.get(entry.program);
    }
  }
}

function misplaced(name: string, type: MapSpec["type"], key: number): VmError {
  const reason =
    type === "prog_array" ? `it has no index ${key}` : `a map of type ${type} holds no programs`;
  return new VmError("argument", `Cannot fill map "${name}": ${reason}`);
}
