import type { MapSpec } from "./spec.ts";

/** A map's blueprint with nothing said yet. */
export function emptyMap(name: string, section: string): MapSpec {
  return {
    name,
    type: "unspec",
    keySize: 0,
    valueSize: 0,
    maxEntries: 0,
    flags: 0,
    mapExtra: 0n,
    numaNode: 0,
    pinning: "none",
    keyTypeId: 0,
    valueTypeId: 0,
    entries: [],
    frozen: false,
    tags: [],
    section,
  };
}
