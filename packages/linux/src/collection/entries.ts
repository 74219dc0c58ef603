import type { CollectionSpec, MapEntry, MapSpec } from "@ocelli/bpf";

import { LinuxError } from "../error.ts";
import type { BpfMap } from "../map/map.ts";
import type { Program } from "../program/program.ts";

/** Writes the initial entries of one kind: inner maps and bytes before the programs load, programs afterwards. */
export function writeEntries(
  spec: CollectionSpec,
  kind: "before-programs" | "programs",
  maps: ReadonlyMap<string, BpfMap>,
  programs: ReadonlyMap<string, Program>,
): void {
  for (const [name, mapSpec] of spec.maps) {
    const map = maps.get(name);
    if (map === undefined) continue;
    for (const entry of mapSpec.entries) {
      if ("program" in entry !== (kind === "programs")) continue;
      writeEntry(mapSpec, map, entry, maps, programs);
    }
  }
}

function writeEntry(
  spec: MapSpec,
  map: BpfMap,
  entry: MapEntry,
  maps: ReadonlyMap<string, BpfMap>,
  programs: ReadonlyMap<string, Program>,
): void {
  if ("value" in entry) {
    map.update(entry.key, entry.value);
    return;
  }
  const target = "program" in entry ? programs.get(entry.program) : maps.get(entry.map);
  if (target === undefined) {
    // A program that is switched off leaves its slot empty, as a tail call through it goes on.
    if ("program" in entry) return;
    throw new LinuxError(
      "not-found",
      `Cannot fill entry ${entry.key} of map "${spec.name}": there is no map "${entry.map}"`,
    );
  }
  map.update(word(entry.key), word(target.fd.value));
}

function word(value: number): Uint8Array {
  return new Uint8Array(new Uint32Array([value]).buffer);
}
