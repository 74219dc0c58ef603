import type { MapType } from "@ocelli/bpf";

import { possibleCpus } from "../cpu.ts";

/** Types whose values exist once per possible CPU. */
export function isPerCpu(type: MapType): boolean {
  return (
    type === "percpu_hash" ||
    type === "percpu_array" ||
    type === "lru_percpu_hash" ||
    type === "percpu_cgroup_storage"
  );
}

/** Types whose values are descriptors when written, and ids (4 bytes) when read. */
export function holdsDescriptors(type: MapType): boolean {
  return (
    type === "prog_array" ||
    type === "perf_event_array" ||
    type === "cgroup_array" ||
    type === "array_of_maps" ||
    type === "hash_of_maps"
  );
}

const INDEXED: ReadonlySet<MapType> = new Set<MapType>([
  "array",
  "percpu_array",
  "prog_array",
  "perf_event_array",
  "cgroup_array",
  "array_of_maps",
  "devmap",
  "cpumap",
  "xskmap",
  "sockmap",
  "reuseport_sockarray",
]);

/** Types whose keys are indexes below `maxEntries`. */
export function isIndexed(type: MapType): boolean {
  return INDEXED.has(type);
}

/** How many bytes the kernel gives one CPU of a per-CPU value: its size, rounded up to 8. */
export function perCpuStride(valueSize: number): number {
  return (valueSize + 7) & ~7;
}

/**
 * How many bytes the kernel copies for one value: kernel/bpf/syscall.c, `bpf_map_value_size()`. All CPUs' values lie
 * one after the other, each rounded up to 8.
 */
export function copiedValueSize(type: MapType, valueSize: number): number {
  if (isPerCpu(type)) return perCpuStride(valueSize) * possibleCpus().length;
  return holdsDescriptors(type) ? 4 : valueSize;
}
