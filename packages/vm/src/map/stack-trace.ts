import type { MapSpec } from "@ocelli/bpf";

import type { VmMemory } from "../memory/memory.ts";
import { createHash } from "./hash.ts";
import { hashWords } from "./jhash.ts";
import { ERRNO, UPDATE, type VmMap } from "./map.ts";

const FAST_COMPARE = 1 << 9;
const REUSE_ID = 1 << 10;

/** Makes a map of stacks by id (kernel/bpf/stackmap.c): an id is the stack's hash, cut to the number of buckets. */
export function createStackTrace(memory: VmMemory, spec: MapSpec): VmMap {
  const { valueSize, maxEntries } = spec;
  const buckets = 2 ** Math.ceil(Math.log2(maxEntries));
  const most = Math.floor(valueSize / 8);
  const table = createHash(memory, { ...spec, type: "hash", flags: 0, maxEntries: buckets });
  const key = memory.allocate(4);
  const value = memory.allocate(valueSize);
  const hashes = new Map<number, number>();
  const { bytes, view } = memory;
  return {
    ...table,
    spec,
    // Programs have no direct way in.
    lookup: table.lookup,
    update: () => -ERRNO.EINVAL,
    remove: (at) => {
      const removed = table.remove(at);
      if (removed === 0) hashes.delete(view.getUint32(at, true));
      return removed;
    },
    keepStack: (addresses, flags) => {
      const kept = addresses.slice(0, most);
      if (kept.length === 0) return -ERRNO.EFAULT;
      const words = new Int32Array(kept.length * 2);
      bytes.fill(0, value, value + valueSize);
      kept.forEach((address, index) => {
        view.setBigUint64(value + index * 8, address, true);
        words[index * 2] = Number(BigInt.asIntN(32, address));
        words[index * 2 + 1] = Number(BigInt.asIntN(32, address >> 32n));
      });
      const hash = hashWords(words, 0);
      const id = (hash & (buckets - 1)) >>> 0;
      view.setUint32(key, id, true);
      const old = table.lookup(key);
      if (old !== 0 && hashes.get(id) === hash) {
        if ((flags & FAST_COMPARE) !== 0 || isSame(bytes, old, value, valueSize)) return id;
      }
      if (old !== 0 && (flags & REUSE_ID) === 0) return -ERRNO.EEXIST;
      hashes.set(id, hash);
      table.update(key, value, UPDATE.any);
      return id;
    },
  };
}

function isSame(bytes: Uint8Array, one: number, other: number, size: number): boolean {
  for (let at = 0; at < size; at++) if (bytes[one + at] !== bytes[other + at]) return false;
  return true;
}
