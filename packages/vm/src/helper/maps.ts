import { VmError } from "../error.ts";
import { ERRNO, type VmMap } from "../map/map.ts";
import { EXIT_FLAG, TAIL_CALLS } from "../memory/layout.ts";
import type { VmMemory } from "../memory/memory.ts";
import type { VmSystem } from "../system/system.ts";
import { checkReadable, checkWritable, give64, helperTable, highArgument } from "./define.ts";
import type { HelperTable } from "./helper.ts";

/** MAX_TAIL_CALL_CNT of include/linux/bpf.h. */
const MOST_TAIL_CALLS = 33;

/** What an update or a push gets for flags that do not fit 32 bits: no map knows any of them. */
const TOO_MANY = -1;

/** Helpers on maps that have keys, on queues and their kin, and tail calls. Maps are named by their handles. */
export function mapHelpers({ mapOf, findMap, memory, processors }: MapSystem): HelperTable {
  const flagsOf = (index: number, low: number): number =>
    highArgument(memory, index) === 0 ? low : TOO_MANY;
  const keyless = (handle: number, operation: "push" | "pop" | "peek"): VmMap => {
    const map = mapOf(handle);
    if (map[operation] === undefined)
      throw new VmError("helper", `Cannot ${operation} on map "${map.spec.name}": it has keys`);
    return map;
  };
  return helperTable({
    map_lookup_elem: {
      result: "u32",
      lookup: findMap,
      call: (_, handle, key) => {
        const map = mapOf(handle);
        checkReadable(memory, "a key", key, map.spec.keySize);
        return map.lookup(key >>> 0);
      },
    },
    map_update_elem: {
      result: "int",
      wide: true,
      call: (_, handle, key, value, flags) => {
        const map = mapOf(handle);
        checkReadable(memory, "a key", key, map.spec.keySize);
        checkReadable(memory, "a value", value, map.spec.valueSize);
        return map.update(key >>> 0, value >>> 0, flagsOf(3, flags));
      },
    },
    map_delete_elem: {
      result: "int",
      call: (_, handle, key) => {
        const map = mapOf(handle);
        checkReadable(memory, "a key", key, map.spec.keySize);
        return map.remove(key >>> 0);
      },
    },
    map_lookup_percpu_elem: {
      result: "u32",
      call: (_, handle, key, processor) => {
        const map = mapOf(handle);
        checkReadable(memory, "a key", key, map.spec.keySize);
        if (processor >>> 0 >= processors) return 0;
        return map.lookupOn?.(key >>> 0, processor) ?? 0;
      },
    },
    map_push_elem: {
      result: "int",
      wide: true,
      call: (_, handle, value, flags) => {
        const map = keyless(handle, "push");
        checkReadable(memory, "a value", value, map.spec.valueSize);
        return map.push?.(value >>> 0, flagsOf(2, flags)) ?? -ERRNO.EOPNOTSUPP;
      },
    },
    map_pop_elem: {
      result: "int",
      call: (_, handle, value) => {
        const map = keyless(handle, "pop");
        checkWritable(memory, "a value", value, map.spec.valueSize);
        return map.pop?.(value >>> 0) ?? -ERRNO.EOPNOTSUPP;
      },
    },
    map_peek_elem: {
      result: "int",
      call: (_, handle, value) => {
        const map = keyless(handle, "peek");
        checkWritable(memory, "a value", value, map.spec.valueSize);
        return map.peek?.(value >>> 0) ?? -ERRNO.EOPNOTSUPP;
      },
    },
    for_each_map_elem: {
      result: "int",
      wide: true,
      call: ({ invoke }, handle, callback, argument, flags) => {
        if (flags !== 0 || highArgument(memory, 3) !== 0) return -ERRNO.EINVAL;
        const map = mapOf(handle);
        let count = 0;
        for (const [key, value] of map.entries()) {
          count += 1;
          const seen = map.lookupOn === undefined ? value : map.lookup(key);
          if (invoke(callback, handle, key, seen, argument) !== 0) break;
        }
        return count;
      },
    },
    tail_call: {
      result: "u64",
      mayExit: true,
      call: ({ tailCall }, context, handle, index) => {
        const { targets } = mapOf(handle);
        const target = targets?.[index >>> 0];
        const { words } = memory;
        const count = words[TAIL_CALLS / 4] ?? 0;
        if (target === undefined || count >= MOST_TAIL_CALLS)
          return give64(memory, BigInt(-ERRNO.ENOENT));
        words[TAIL_CALLS / 4] = count + 1;
        const result = tailCall(target, context);
        words[EXIT_FLAG / 4] = 1;
        return result;
      },
    },
    // What a lookup found may hold a lock; one program runs at a time.
    spin_lock: { result: "int", call: () => 0 },
    spin_unlock: { result: "int", call: () => 0 },
  });
}

/** What helpers on maps need of a system. */
export type MapSystem = Pick<VmSystem, "mapOf" | "findMap" | "processors"> & {
  readonly memory: VmMemory;
};
