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

/** A map's blueprint made by hand: what is left out gets the value that nearly every map has, four-byte keys and values too. */
export function mapSpec(
  spec: Pick<MapSpec, "name" | "type"> & Partial<Omit<MapSpec, "name" | "type">>,
): MapSpec {
  return { ...emptyMap(spec.name, ""), keySize: 4, valueSize: 4, maxEntries: 1, ...spec };
}
