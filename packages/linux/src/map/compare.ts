import type { MapSpec } from "@ocelli/bpf";

import { LinuxError } from "../error.ts";
import { MAP_FLAGS } from "./flags.ts";
import type { MapInfo } from "./info.ts";
import { resolveMaxEntries } from "./create.ts";

/** One way in which a map is not what its blueprint says. */
export interface MapDifference {
  readonly property: "type" | "key size" | "value size" | "max entries" | "flags" | "map extra";
  readonly expected: string;
  readonly found: string;
}

/** A map that exists is not what a blueprint says. `differences` has every one of them. */
export class MapMismatchError extends LinuxError {
  readonly differences: readonly MapDifference[];

  constructor(message: string, differences: readonly MapDifference[]) {
    super("exists", message);
    this.differences = differences;
  }
}

/** Puts differences into words: `value size is 8 instead of 16, flags are …`. */
export function formatDifferences(differences: readonly MapDifference[]): string {
  return differences
    .map(
      ({ property, expected, found }) =>
        `${property} ${property === "max entries" || property === "flags" ? "are" : "is"} ${found} instead of ${expected}`,
    )
    .join(", ");
}

// Say how a map was created, not what it is. The kernel drops some of them by itself.
const CREATION_FLAGS = MAP_FLAGS.token_fd | MAP_FLAGS.vtype_btf_obj_fd | MAP_FLAGS.numa_node;

function comparableFlags(type: MapSpec["type"], flags: number): number {
  // The kernel sets rdonly_prog on device maps: kernel/bpf/devmap.c, dev_map_alloc_check().
  const added = type === "devmap" || type === "devmap_hash" ? MAP_FLAGS.rdonly_prog : 0;
  return flags & ~(CREATION_FLAGS | added);
}

/**
 * Everything in which an existing map differs from a blueprint; empty when programs written for one can use the other.
 * Sizes are compared after the machine had its say (`resolveMaxEntries()`). Names and type ids are not compared, and
 * the kernel does not tell a map's NUMA node or its inner map.
 */
export function compareMaps(spec: MapSpec, existing: MapInfo, pageSize: number): MapDifference[] {
  const differences: MapDifference[] = [];
  const compare = (property: MapDifference["property"], expected: string, found: string): void => {
    if (expected !== found) differences.push({ property, expected, found });
  };
  const type = existing.type === "unspec" ? `type ${existing.typeNumber}` : existing.type;
  const hex = (flags: number): string => `0x${comparableFlags(spec.type, flags).toString(16)}`;
  compare("type", spec.type, type);
  compare("key size", `${spec.keySize}`, `${existing.keySize}`);
  compare("value size", `${spec.valueSize}`, `${existing.valueSize}`);
  compare("max entries", `${resolveMaxEntries(spec, pageSize)}`, `${existing.maxEntries}`);
  compare("flags", hex(spec.flags), hex(existing.flags));
  compare("map extra", `${spec.mapExtra}`, `${existing.mapExtra}`);
  return differences;
}
