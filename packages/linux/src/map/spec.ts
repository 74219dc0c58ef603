import type { MapSpec } from "@ocelli/bpf";

/** A blueprint made by hand: what is left out gets the value that nearly every map has. */
export function mapSpec(
  spec: Pick<MapSpec, "name" | "type"> & Partial<Omit<MapSpec, "name" | "type">>,
): MapSpec {
  return {
    keySize: 4,
    valueSize: 4,
    maxEntries: 1,
    flags: 0,
    mapExtra: 0n,
    numaNode: 0,
    pinning: "none",
    keyTypeId: 0,
    valueTypeId: 0,
    entries: [],
    frozen: false,
    tags: [],
    section: "",
    ...spec,
  };
}
