// Matrix: the oldest and the newest kernel: our maps.
// Random operations on maps of every kind, here and through bpf(2): the same results, errors and contents.
// OCELLI_MAP_ROUNDS says how many maps of each kind: 12 if absent.
import assert from "node:assert/strict";

import { COMMANDS, mapSpec, type MapSpec } from "@ocelli/bpf";
import { createMap, LinuxError, openKernel, possibleCpus } from "@ocelli/linux";
import { createRandom, kernelTest, skipReason, type Random } from "@ocelli/testkit";

import { createMemory } from "../memory/memory.ts";
import { createVmMap } from "./create.ts";
import { userMap, type UserMap } from "./user.ts";

const ROUNDS = Number(process.env["OCELLI_MAP_ROUNDS"] ?? 12);
const OPERATIONS = 120;
const FLAGS: readonly [number, ...number[]] = [0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 64];
// Linux 7.0 gave per-CPU maps flags of their own, and other answers to those that are wrong.
const PER_CPU_FLAGS: readonly [number, ...number[]] =
  skipReason({ needs: ["cpu_flags"] }) === undefined ? [0, 0, 0, 1, 2] : FLAGS;

/** The same operations, asked of the kernel. */
function kernelMap(fd: number, { keySize }: MapSpec, copySize: number): Omit<UserMap, "map"> {
  const kernel = openKernel();
  const call = (
    command: number,
    key: Uint8Array | undefined,
    value: Uint8Array | undefined,
    flags: number,
  ): number => {
    // union bpf_attr:  0 u32 map_fd   8 u64 key   16 u64 value or next_key   24 u64 flags
    const attribute = new Uint8Array(32);
    const view = new DataView(attribute.buffer);
    view.setUint32(0, fd, true);
    if (key !== undefined) view.setBigUint64(8, kernel.address(key), true);
    if (value !== undefined) view.setBigUint64(16, kernel.address(value), true);
    view.setBigUint64(24, BigInt(flags), true);
    return kernel.bpf(command, attribute);
  };
  const lookup: UserMap["lookup"] = (key, given) => {
    const value = given ?? new Uint8Array(copySize);
    const result = call(COMMANDS.map_lookup_elem, key, value, 0);
    return result < 0 ? result : value;
  };
  const nextKey: UserMap["nextKey"] = (key) => {
    const next = new Uint8Array(keySize);
    const result = call(COMMANDS.map_get_next_key, key, next, 0);
    return result < 0 ? result : next;
  };
  return {
    lookup,
    nextKey,
    update: (key, value, flags = 0) => call(COMMANDS.map_update_elem, key, value, flags),
    remove: (key) => call(COMMANDS.map_delete_elem, key, undefined, 0),
    take: (key) => {
      const value = new Uint8Array(copySize);
      const result = call(COMMANDS.map_lookup_and_delete_elem, key, value, 0);
      return result < 0 ? result : value;
    },
    entries: () => {
      const all: [Uint8Array, Uint8Array][] = [];
      for (let key = nextKey(undefined); typeof key !== "number"; key = nextKey(key)) {
        const value = lookup(key);
        if (typeof value !== "number") all.push([key, value]);
      }
      return all;
    },
  };
}

function randomBytes(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random.int(256));
}

interface Kind {
  readonly spec: (random: Random) => MapSpec;
  readonly key: (random: Random, spec: MapSpec) => Uint8Array | undefined;
}

/** One of a few keys, so that operations meet. */
function fewKeys(random: Random, { keySize, maxEntries }: MapSpec): Uint8Array {
  const key = new Uint8Array(keySize);
  key[0] = random.int(maxEntries + 3);
  key[keySize - 1] = keySize > 1 ? 0 : (key[0] ?? 0);
  return key;
}

const spec = (type: MapSpec["type"], random: Random, sizes: Partial<MapSpec> = {}): MapSpec =>
  mapSpec({
    name: "property",
    type,
    keySize: 1 + random.int(20),
    valueSize: 1 + random.int(20),
    maxEntries: 1 + random.int(8),
    ...sizes,
  });

const prefixKey = (random: Random, { keySize }: MapSpec): Uint8Array => {
  const key = new Uint8Array(keySize);
  const bits = (keySize - 4) * 8;
  key[0] = Math.min(255, random.int(8) === 0 ? bits + 1 : random.int(bits + 1));
  for (let at = 4; at < keySize; at++) key[at] = random.pick([0, 0x80, 0xff, 0xc0]);
  return key;
};

const KINDS: Readonly<Record<string, Kind>> = {
  array: { spec: (random) => spec("array", random, { keySize: 4 }), key: fewKeys },
  "per-CPU array": { spec: (random) => spec("percpu_array", random, { keySize: 4 }), key: fewKeys },
  hash: {
    spec: (random) => spec("hash", random, { flags: random.int(2) }),
    key: fewKeys,
  },
  "per-CPU hash": { spec: (random) => spec("percpu_hash", random), key: fewKeys },
  // As many entries as keys: what an LRU table gives up depends on the kernel's processors.
  "LRU hash": {
    spec: (random) => spec("lru_hash", random, { maxEntries: 1000 }),
    key: (random, one) => fewKeys(random, { ...one, maxEntries: 6 }),
  },
  "per-CPU LRU hash": {
    spec: (random) => spec("lru_percpu_hash", random, { maxEntries: 1000 }),
    key: (random, one) => fewKeys(random, { ...one, maxEntries: 6 }),
  },
  "LPM trie": {
    spec: (random) => spec("lpm_trie", random, { keySize: 5 + random.int(4), flags: 1 }),
    key: prefixKey,
  },
  queue: { spec: (random) => spec("queue", random, { keySize: 0 }), key: () => undefined },
  stack: { spec: (random) => spec("stack", random, { keySize: 0 }), key: () => undefined },
  // BPF_F_ZERO_SEED, without which no two filters hash alike.
  "bloom filter": {
    spec: (random) =>
      spec("bloom_filter", random, {
        keySize: 0,
        flags: 64,
        mapExtra: BigInt(random.int(16)),
        valueSize: 1 + random.int(6),
        maxEntries: 1 + random.int(60),
      }),
    key: () => undefined,
  },
};

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const shown = (result: Uint8Array | number): string =>
  typeof result === "number" ? `${result}` : hex(result);

/** What a random operation gives. */
function operate(map: Omit<UserMap, "map">, kind: Kind, one: MapSpec, seed: number): string {
  const random = createRandom(seed);
  const key = kind.key(random, one);
  const isPerCpu = one.type.includes("percpu");
  const size = isPerCpu ? ((one.valueSize + 7) & ~7) * possibleCpus().length : one.valueSize;
  const value = randomBytes(random, size);
  // Every processor's value has its own bytes; what is between them is nobody's.
  if (isPerCpu)
    value.forEach((_, at) => {
      if (at % ((one.valueSize + 7) & ~7) >= one.valueSize) value[at] = 0;
    });
  if (one.type === "bloom_filter") {
    value.fill(random.int(4));
    return random.int(2) === 0
      ? `push ${map.update(undefined, value, random.pick([0, 0, 0, 1, 2]))}`
      : `peek ${shown(map.lookup(undefined, value))}`;
  }
  switch (random.int(6)) {
    case 0:
      return `remove ${map.remove(key ?? new Uint8Array(0))}`;
    case 1:
      return `take ${shown(map.take(key))}`;
    case 2:
      return `lookup ${shown(map.lookup(key))}`;
    default:
      return `update ${map.update(key, value, random.pick(isPerCpu ? PER_CPU_FLAGS : FLAGS))}`;
  }
}

for (const [name, kind] of Object.entries(KINDS)) {
  kernelTest(
    `A map of kind ${name} does what the kernel's does`,
    { needs: ["bloom_filter"] },
    () => {
      for (let seed = 0; seed < ROUNDS; seed++) {
        const one = kind.spec(createRandom(seed));
        using real = createMap(openKernel(), one);
        const processors = possibleCpus().length;
        const memory = createMemory({ size: 1 << 20 });
        const ours = userMap(createVmMap(memory, one, { processors }));
        const theirs = kernelMap(real.fd.value, one, real.copySize);
        const done: string[] = [];
        for (let step = 0; step < OPERATIONS; step++) {
          const at = seed * OPERATIONS + step;
          const expected = operate(theirs, kind, one, at);
          const found = operate(ours, kind, one, at);
          done.push(expected);
          assert.equal(
            found,
            expected,
            `seed ${seed}, step ${step} after ${done.slice(-6).join(", ")}`,
          );
        }
        if (one.keySize === 0) continue;
        const lines = (map: Omit<UserMap, "map">): string[] =>
          map.entries().map(([key, value]) => `${hex(key)} ${hex(value)}`);
        // Tries have an order of their own; a table's is that of its hashes.
        const isOrdered = one.type === "lpm_trie" || one.type.endsWith("array");
        const [found, expected] = [lines(ours), lines(theirs)];
        assert.deepEqual(
          isOrdered ? found : found.toSorted(),
          isOrdered ? expected : expected.toSorted(),
          `seed ${seed}`,
        );
      }
    },
  );
}

kernelTest(
  "createVmMap() refuses exactly what BPF_MAP_CREATE refuses",
  { needs: ["bloom_filter"] },
  () => {
    const random = createRandom(7);
    const types = [
      "array",
      "percpu_array",
      "hash",
      "percpu_hash",
      "lru_hash",
      "lru_percpu_hash",
      "lpm_trie",
      "queue",
      "stack",
      "bloom_filter",
      "ringbuf",
      "stack_trace",
      "prog_array",
    ] as const;
    let refused = 0;
    let rounds = 0;
    for (const type of types) {
      for (let round = 0; round < ROUNDS * 4; round++) {
        const one = mapSpec({
          name: "limits",
          type,
          keySize: random.pick([0, 1, 4, 4, 5, 8, 260, 264]),
          valueSize: random.pick([0, 1, 4, 8, 12, 1016, 1024, 32_768, 32_776]),
          maxEntries:
            type === "ringbuf"
              ? random.pick([0, 1, 2048, 4096, 6000, 8192])
              : random.pick([0, 1, 2, 5]),
          flags: random.pick([0, 0, 0, 1, 2, 64, 128, 256, 384, 8, 1024, 2048]),
          mapExtra: type === "bloom_filter" ? BigInt(random.pick([0, 3, 16])) : 0n,
        });
        rounds += 1;
        const theirs = attempt(() => {
          createMap(openKernel(), one)[Symbol.dispose]();
        });
        const ours = attempt(() => {
          createVmMap(createMemory({ size: 2 << 20, readOnlySize: 1 << 19 }), one);
        });
        assert.equal(ours, theirs, JSON.stringify({ ...one, mapExtra: Number(one.mapExtra) }));
        if (!ours) refused += 1;
      }
    }
    assert.ok(refused > rounds / 5 && refused < rounds, `${refused} of ${rounds} were refused`);
  },
);

function attempt(make: () => void): boolean {
  try {
    make();
    return true;
  } catch (error) {
    // EINVAL, ENOTSUPP and E2BIG are what the kernel says to a map that cannot be.
    const refusals: readonly string[] = ["invalid", "unsupported", "limit"];
    if (error instanceof LinuxError && !refusals.includes(error.code)) throw error;
    return false;
  }
}
