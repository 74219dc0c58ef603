import { ERRNO, MAP_FLAG, strideOf, UPDATE, type VmMap } from "./map.ts";

/**
 * A map as user space has it through `bpf(2)`: bytes in, bytes out. What fails gives the negative errno that the kernel gives.
 * On per-CPU maps a value is one value per processor, each rounded up to 8 bytes.
 */
export interface UserMap {
  readonly map: VmMap;
  /** A copy of the value. Queues, stacks and bloom filters take `undefined`; a filter wants the value itself as `value`. */
  readonly lookup: (key: Uint8Array | undefined, value?: Uint8Array) => Uint8Array | number;
  readonly update: (key: Uint8Array | undefined, value: Uint8Array, flags?: number) => number;
  readonly remove: (key: Uint8Array) => number;
  /** The value, and takes it away: of hash tables, queues and stacks. */
  readonly take: (key: Uint8Array | undefined) => Uint8Array | number;
  /** The key behind a key; the first behind `undefined` and behind one that is not there. */
  readonly nextKey: (key: Uint8Array | undefined) => Uint8Array | number;
  /** Keys and values, all copied. */
  readonly entries: () => [key: Uint8Array, value: Uint8Array][];
}

const known = new WeakMap<VmMap, UserMap>();

/** The view of a map that user space has. It is made once for a map, in whose memory it sets a key and a value aside. */
export function userMap(map: VmMap): UserMap {
  const made = known.get(map) ?? makeUserMap(map);
  known.set(map, made);
  return made;
}

function makeUserMap(map: VmMap): UserMap {
  const { spec, memory, processors = 1 } = map;
  const { keySize, valueSize } = spec;
  const perCpu = map.lookupOn !== undefined;
  const key = memory.allocate(keySize);
  const value = memory.allocate(valueSize);
  const stride = strideOf(valueSize);
  const put = (bytes: Uint8Array | undefined): number => {
    memory.bytes.set((bytes ?? new Uint8Array(keySize)).subarray(0, keySize), key);
    return key;
  };
  const copy = (address: number): Uint8Array => memory.bytes.slice(address, address + valueSize);
  const copyAll = (at: number): Uint8Array => {
    if (map.lookupOn === undefined) return copy(at);
    const all = new Uint8Array(stride * processors);
    for (let processor = 0; processor < processors; processor++) {
      const place = map.lookupOn(key, processor);
      all.set(memory.bytes.subarray(place, place + stride), processor * stride);
    }
    return all;
  };
  const isKeyless = map.peek !== undefined;
  const frozen = spec.frozen || (spec.flags & MAP_FLAG.readOnly) !== 0;

  const lookup: UserMap["lookup"] = (wanted, given) => {
    if (map.peek !== undefined) {
      if (spec.type === "bloom_filter") {
        if (given === undefined) return -ERRNO.EINVAL;
        memory.bytes.set(given, value);
      }
      const result = map.peek(value);
      return result === 0 ? copy(value) : result;
    }
    if (spec.type === "ringbuf") return -ERRNO.ENOTSUPP;
    const place = map.lookup(put(wanted));
    return place === 0 ? -ERRNO.ENOENT : copyAll(place);
  };
  const update: UserMap["update"] = (wanted, given, flags = 0) => {
    if (frozen) return -ERRNO.EPERM;
    // Values here hold no lock: bpf_map_check_op_flags() says so before anything else.
    if ((flags & UPDATE.lock) !== 0) return -ERRNO.EINVAL;
    if (map.push !== undefined) {
      memory.bytes.set(given, value);
      return map.push(value, flags);
    }
    memory.bytes.set(given.subarray(0, valueSize), value);
    const result = map.update(put(wanted), value, flags);
    if (result !== 0 || map.lookupOn === undefined) return result;
    for (let processor = 0; processor < processors; processor++) {
      const part = given.subarray(processor * stride, processor * stride + valueSize);
      memory.bytes.set(part, map.lookupOn(key, processor));
    }
    return 0;
  };
  const remove: UserMap["remove"] = (wanted) => {
    if (frozen) return -ERRNO.EPERM;
    return isKeyless ? -ERRNO.EINVAL : map.remove(put(wanted));
  };
  const entries: UserMap["entries"] = () => {
    const all: [Uint8Array, Uint8Array][] = [];
    for (const [at, place] of map.entries()) {
      const one = memory.bytes.slice(at, at + keySize);
      put(one);
      all.push([one, perCpu ? copyAll(place) : copy(place)]);
    }
    return all;
  };
  return {
    map,
    lookup,
    update,
    remove,
    take: (wanted) => {
      if (frozen) return -ERRNO.EPERM;
      if (map.pop !== undefined) {
        const result = map.pop(value);
        return result === 0 ? copy(value) : result;
      }
      if (!TAKEN.has(spec.type)) return -ERRNO.ENOTSUPP;
      const found = lookup(wanted);
      if (typeof found !== "number") map.remove(key);
      return found;
    },
    nextKey: (wanted) => {
      if (isKeyless) return -ERRNO.EINVAL;
      let found = false;
      let first: Uint8Array | undefined;
      for (const [at] of map.entries()) {
        const one = memory.bytes.slice(at, at + keySize);
        if (wanted === undefined || found) return one;
        first ??= one;
        found = isSame(one, wanted);
      }
      if (found || first === undefined) return -ERRNO.ENOENT;
      return first;
    },
    entries,
  };
}

const TAKEN: ReadonlySet<string> = new Set([
  "hash",
  "percpu_hash",
  "lru_hash",
  "lru_percpu_hash",
  "stack_trace",
]);

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.every((byte, index) => byte === other[index]);
}

/** Puts a map into a map of maps, or a program into a prog array; as `bpf(2)` does with descriptors. */
export function putHandle(outer: VmMap, key: Uint8Array, handle: number): number {
  const { memory } = outer;
  const mark = memory.mark();
  const at = memory.allocate(outer.spec.keySize);
  memory.bytes.set(key, at);
  const value = memory.allocate(4);
  memory.view.setUint32(value, handle, true);
  const result = outer.update(at, value, UPDATE.any);
  memory.release(mark);
  return result;
}
