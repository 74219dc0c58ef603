import assert from "node:assert/strict";
import { suite } from "node:test";

import { mapSpec } from "@ocelli/bpf";
import { kernelTest, refusingKernel } from "@ocelli/testkit";

import { LinuxError } from "../error.ts";
import { ERRNO } from "../port/errno.ts";
import { openKernel } from "../port/koffi.ts";
import {
  BatchCursor,
  BatchError,
  deleteBatch,
  lookupAndDeleteBatch,
  lookupBatch,
  updateBatch,
} from "./batch.ts";
import { createMap } from "./create.ts";
import { BPF_NOEXIST } from "./flags.ts";
import { mapEntries, mapKeys } from "./iterate.ts";
import { BpfMap } from "./map.ts";
import { perCpu, u32, u64 } from "./schema.ts";
import { typedMap } from "./typed-map.ts";

const kernel = openKernel();
const hash = (maxEntries: number) =>
  createMap(kernel, mapSpec({ name: "flows", type: "hash", valueSize: 8, maxEntries }));

function fill(map: BpfMap, count: number, flags = 0): number {
  const keys = Uint32Array.from({ length: count }, (_, i) => i);
  const values = BigUint64Array.from({ length: count }, (_, i) => BigInt(i) * 3n);
  return updateBatch(map, new Uint8Array(keys.buffer), new Uint8Array(values.buffer), flags);
}

function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof LinuxError) return `${error.code}: ${error.message}`;
    if (error instanceof Error) return `${error.name}: ${error.message}`;
  }
  return "accepted";
}

const byNumber = (a: number, b: number): number => a - b;
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

suite("batches", () => {
  kernelTest(
    "lookupBatch() reads every entry once, however small the steps",
    { needs: ["map_batch"] },
    () => {
      using map = hash(1000);
      assert.equal(fill(map, 1000), 1000);
      // Buckets hold more than one entry, so a capacity of 1 has to grow.
      for (const capacity of [1, 7, 1000, 5000]) {
        const cursor = new BatchCursor(map, capacity);
        const found: number[] = [];
        while (lookupBatch(cursor) > 0) {
          const keys = new Uint32Array(cursor.keys.buffer, 0, cursor.count);
          const values = new BigUint64Array(cursor.values.buffer, 0, cursor.count);
          keys.forEach((key, i) => {
            assert.equal(values[i], BigInt(key) * 3n);
            found.push(key);
          });
        }
        assert.deepEqual(found.toSorted(byNumber), range(1000));
        assert.deepEqual([cursor.done, lookupBatch(cursor)], [true, 0]);
      }
    },
  );

  kernelTest("lookupAndDeleteBatch() empties the map", { needs: ["map_batch"] }, () => {
    using map = hash(100);
    fill(map, 100);
    const cursor = new BatchCursor(map, 40);
    let count = 0;
    while (lookupAndDeleteBatch(cursor) > 0) count += cursor.count;
    assert.deepEqual([count, map.nextKey()], [100, undefined]);
  });

  kernelTest("updateBatch() says how far it came", { needs: ["map_batch"] }, () => {
    using map = hash(10);
    const full = 'limit: Cannot update map "flows" in batches after 10 entries: E2BIG';
    assert.equal(
      refusal(() => fill(map, 12)),
      full,
    );
    assert.throws(
      () => fill(map, 12),
      (error) => error instanceof BatchError && error.count === 10,
    );
    assert.equal(
      refusal(() => fill(map, 2, BPF_NOEXIST)),
      'invalid: Cannot update map "flows" in batches: EINVAL',
    );
    assert.equal(
      refusal(() => updateBatch(map, new Uint8Array(8), new Uint8Array(8))),
      'RangeError: Cannot use 8 bytes of keys and 8 bytes of values as a batch: each entry of map "flows" has 4 and 8',
    );
    assert.equal(updateBatch(map, new Uint8Array(0), new Uint8Array(0)), 0);
  });

  kernelTest("deleteBatch() counts the keys that were there", { needs: ["map_batch"] }, () => {
    using map = hash(10);
    fill(map, 10);
    const keys = Uint32Array.of(99, 1, 2, 98, 97, 3, 96);
    assert.equal(deleteBatch(map, new Uint8Array(keys.buffer)), 3);
    assert.deepEqual([...typedMap(map, u32, u64).keys()].toSorted(byNumber), [0, 4, 5, 6, 7, 8, 9]);
    const refusing = new BpfMap(
      refusingKernel({ commands: { map_delete_batch: ERRNO.EPERM } }),
      map.fd,
      "flows",
    );
    assert.match(
      refusal(() => deleteBatch(refusing, new Uint8Array(keys.buffer))),
      /^permission: Cannot empty map "flows" in batches: EPERM/,
    );
    assert.equal(
      refusal(() => deleteBatch(map, new Uint8Array(3))),
      'RangeError: Cannot use 3 bytes of keys as a batch: each entry of map "flows" has 4 and 8',
    );
  });

  kernelTest("types without batches say so", { needs: ["map_batch"] }, () => {
    using map = createMap(kernel, mapSpec({ name: "work", type: "queue", keySize: 0 }));
    assert.equal(
      refusal(() => lookupBatch(new BatchCursor(map))),
      'unsupported: Cannot read map "work" in batches as this kernel has no batches for type queue: ENOTSUPP',
    );
    assert.equal(
      refusal(() => new BatchCursor(map, 0)),
      "RangeError: Cannot read a batch as its capacity must be at least 1: it is 0",
    );
  });

  kernelTest(
    "a walk over a hash table sees every lasting entry once while others vanish",
    { needs: ["map_batch"] },
    () => {
      using map = hash(2000);
      fill(map, 2000);
      const seen = new Map<number, number>();
      for (const [key] of typedMap(map, u32, u64).entries()) {
        seen.set(key, (seen.get(key) ?? 0) + 1);
        // Odd keys go, the one before and the one after alike.
        for (const odd of [key - 1, key, key + 1]) {
          if (odd % 2 === 1) map.delete(new Uint8Array(Uint32Array.of(odd).buffer));
        }
      }
      for (let key = 0; key < 2000; key += 2) assert.equal(seen.get(key), 1);
      assert.ok([...seen.values()].every((times) => times === 1));
    },
  );

  kernelTest("mapKeys() walks other types, and the caller may delete what it got", {}, () => {
    using map = createMap(
      kernel,
      mapSpec({ name: "routes", type: "lpm_trie", keySize: 8, maxEntries: 50, flags: 1 }),
    );
    for (let i = 0; i < 50; i += 1)
      map.update(Uint8Array.of(32, 0, 0, 0, 10, 0, 0, i), Uint8Array.of(i, 0, 0, 0));
    const values: number[] = [];
    for (const [, value] of mapEntries(map)) values.push(value[0] ?? -1);
    assert.deepEqual(values.toSorted(byNumber), range(50));
    let deleted = 0;
    for (const key of mapKeys(map)) if (map.delete(key)) deleted += 1;
    assert.equal(deleted, 50);
  });

  kernelTest("a walk that the kernel starts again ends with an error", {}, () => {
    using map = createMap(
      kernel,
      mapSpec({ name: "routes", type: "lpm_trie", keySize: 8, maxEntries: 3, flags: 1 }),
    );
    const key = (i: number) => Uint8Array.of(32, 0, 0, 0, 10, 0, 0, i);
    const add = (i: number) => {
      map.update(key(i), new Uint8Array(4));
    };
    const walk = () => {
      // The walk holds the key after the current one: that one goes each time, so the walk begins again at the lowest.
      add(1);
      add(2);
      let round = 0;
      for (const current of mapKeys(map)) {
        const held = current[7] === 1 ? 2 : 1;
        map.delete(key(held));
        add(round === 0 ? 3 : 3 - held);
        round += 1;
      }
    };
    assert.equal(
      refusal(walk),
      'busy: Cannot finish the walk over map "routes" after 3 keys: it started again, as keys were deleted meanwhile',
    );
  });

  kernelTest("typedMap() reads and writes values of all CPUs", {}, () => {
    using map = createMap(
      kernel,
      mapSpec({ name: "hits", type: "percpu_array", valueSize: 4, maxEntries: 3 }),
    );
    const hits = typedMap(map, u32, perCpu(u32));
    const first = hits.get(0);
    assert.ok(first !== undefined);
    const values = first.map((_, cpu) => cpu * 10 + 1);
    hits.set(1, values);
    assert.deepEqual(hits.get(1), values);
    assert.deepEqual(
      [...hits.entries()],
      [
        [0, first],
        [1, values],
        [2, first],
      ],
    );
    assert.equal(
      refusal(() => typedMap(map, u32, u32)),
      `RangeError: Cannot use a codec of 4 bytes for the values of map "hits": they have ${map.copySize}: use perCpu() around it`,
    );
    assert.equal(
      refusal(() => typedMap(map, u64, u32)),
      'RangeError: Cannot use a codec of 8 bytes for the keys of map "hits": they have 4',
    );
  });

  kernelTest("typedMap() takes, has and deletes", {}, () => {
    using map = hash(4);
    const flows = typedMap(map, u32, u64);
    flows.set(5, 6n);
    assert.deepEqual(
      [flows.has(5), flows.has(6), flows.get(5), flows.get(6)],
      [true, false, 6n, undefined],
    );
    assert.deepEqual([...flows.values()], [6n]);
    assert.deepEqual([flows.delete(5), flows.delete(5)], [true, false]);
  });
});
