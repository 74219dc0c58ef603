import { createBtfBuilder, MAP_TYPES, type MapSpec, type MapType, mapSpec } from "@ocelli/bpf";

import { loadBtf } from "../collection/btf.ts";
import { LinuxError } from "../error.ts";
import { createMap, type CreateMapOptions } from "../map/create.ts";
import { MAP_FLAGS } from "../map/flags.ts";
import { ERRNO } from "../port/errno.ts";
import type { Kernel } from "../port/kernel.ts";
import { inconclusive, no, YES, type ProbeAnswer } from "./answer.ts";

type Shape = Partial<Pick<MapSpec, "keySize" | "valueSize" | "maxEntries" | "flags">>;

// What a type wants other than keys and values of four bytes and one entry.
const SHAPES: Partial<Record<MapType, Shape>> = {
  stack_trace: { valueSize: 8 },
  lpm_trie: { keySize: 8, valueSize: 8, flags: MAP_FLAGS.no_prealloc },
  cgroup_storage: { keySize: 16, valueSize: 8, maxEntries: 0 },
  percpu_cgroup_storage: { keySize: 16, valueSize: 8, maxEntries: 0 },
  queue: { keySize: 0 },
  stack: { keySize: 0 },
  bloom_filter: { keySize: 0 },
  sk_storage: { maxEntries: 0, flags: MAP_FLAGS.no_prealloc },
  inode_storage: { maxEntries: 0, flags: MAP_FLAGS.no_prealloc },
  task_storage: { maxEntries: 0, flags: MAP_FLAGS.no_prealloc },
  cgrp_storage: { maxEntries: 0, flags: MAP_FLAGS.no_prealloc },
  ringbuf: { keySize: 0, valueSize: 0, maxEntries: 4096 },
  user_ringbuf: { keySize: 0, valueSize: 0, maxEntries: 4096 },
  arena: { keySize: 0, valueSize: 0, flags: MAP_FLAGS.mmapable },
  insn_array: { valueSize: 16 },
  rhash: { flags: MAP_FLAGS.no_prealloc },
};
const WITH_TYPES: ReadonlySet<MapType> = new Set<MapType>([
  "sk_storage",
  "inode_storage",
  "task_storage",
  "cgrp_storage",
]);

/** Whether the kernel makes maps of a type. */
export function probeMapType(kernel: Kernel, type: MapType, tokenFd?: number): ProbeAnswer {
  const isOuter = type === "array_of_maps" || type === "hash_of_maps";
  const spec: MapSpec = {
    ...mapSpec({ name: "probe", type, keySize: 4, valueSize: 4, maxEntries: 1, ...SHAPES[type] }),
    ...(isOuter
      ? {
          inner: mapSpec({ name: "inner", type: "array", keySize: 4, valueSize: 4, maxEntries: 1 }),
        }
      : {}),
  };
  try {
    using types = WITH_TYPES.has(type) ? loadInt(kernel, tokenFd) : undefined;
    const options: CreateMapOptions =
      types === undefined ? {} : { btfFd: types.value, keyTypeId: 1, valueTypeId: 1 };
    // Type 1 of the kernel is no struct_ops, which only a kernel with the type notices.
    const structOps = type === "struct_ops" ? { kernelValueTypeId: 1 } : {};
    const token = tokenFd === undefined ? {} : { tokenFd };
    using _map = createMap(kernel, spec, { ...options, ...structOps, ...token });
    return YES;
  } catch (error) {
    if (!(error instanceof LinuxError)) throw error;
    if (type === "struct_ops" && error.errno === ERRNO.ENOTSUPP) return YES;
    if (error.code === "permission") return inconclusive(error.message);
    return no(error.message);
  }
}

function loadInt(kernel: Kernel, tokenFd?: number): ReturnType<typeof loadBtf> {
  const builder = createBtfBuilder();
  builder.add({ kind: "int", name: "int", size: 4, bits: 32, offsetBits: 0, encoding: "signed" });
  return loadBtf(kernel, builder.write(), tokenFd);
}

/** Every map type that this library knows. */
export function probedMapTypes(): readonly MapType[] {
  // Every key of the table is one of its own names.
  return (Object.keys(MAP_TYPES) as MapType[]).filter((type) => type !== "unspec");
}
