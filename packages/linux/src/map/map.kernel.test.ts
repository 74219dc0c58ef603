import assert from "node:assert/strict";
import { suite } from "node:test";

import { mapSpec } from "@ocelli/bpf";
import { kernelTest } from "@ocelli/testkit";

import { LinuxError } from "../error.ts";
import { openKernel } from "../port/koffi.ts";
import { createMap } from "./create.ts";
import { BPF_EXIST, BPF_NOEXIST, MAP_FLAGS } from "./flags.ts";

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const u32 = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);

function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof LinuxError) return `${error.code}: ${error.message}`;
    if (error instanceof Error) return `${error.name}: ${error.message}`;
  }
  return "accepted";
}

suite("BpfMap", () => {
  const kernel = openKernel();
  const hash = () =>
    createMap(
      kernel,
      mapSpec({ name: "flows", type: "hash", keySize: 4, valueSize: 2, maxEntries: 2 }),
    );

  kernelTest("lookup() gives what update() wrote, until delete()", {}, () => {
    using map = hash();
    assert.equal(map.lookup(u32(1)), undefined);
    map.update(u32(1), bytes(7, 8));
    assert.deepEqual(map.lookup(u32(1)), bytes(7, 8));
    assert.equal(map.delete(u32(1)), true);
    assert.equal(map.delete(u32(1)), false);
    assert.equal(map.lookup(u32(1)), undefined);
  });

  kernelTest("lookup() writes into the buffer that is given", {}, () => {
    using map = hash();
    map.update(u32(1), bytes(7, 8));
    const into = new Uint8Array(2);
    assert.equal(map.lookup(u32(1), into), into);
    assert.deepEqual(into, bytes(7, 8));
  });

  kernelTest("nextKey() walks all keys", {}, () => {
    using map = hash();
    assert.equal(map.nextKey(), undefined);
    map.update(u32(1), bytes(1, 1));
    map.update(u32(2), bytes(2, 2));
    const first = map.nextKey();
    assert.ok(first !== undefined);
    const second = map.nextKey(first);
    assert.ok(second !== undefined);
    assert.deepEqual(
      [first[0], second[0]].toSorted((a = 0, b = 0) => a - b),
      [1, 2],
    );
    assert.equal(map.nextKey(second), undefined);
  });

  kernelTest("update() says why it was refused", {}, () => {
    using map = hash();
    map.update(u32(1), bytes(1, 1));
    map.update(u32(2), bytes(2, 2));
    assert.equal(
      refusal(() => {
        map.update(u32(3), bytes(3, 3));
      }),
      'limit: Cannot update a key of map "flows" as it is full with 2 entries: E2BIG',
    );
    assert.equal(
      refusal(() => {
        map.update(u32(1), bytes(3, 3), BPF_NOEXIST);
      }),
      'exists: Cannot update a key of map "flows" as the key exists already: EEXIST',
    );
    assert.equal(
      refusal(() => {
        map.update(u32(3), bytes(3, 3), BPF_EXIST);
      }),
      'not-found: Cannot update a key of map "flows" as the key does not exist: ENOENT',
    );
  });

  kernelTest(
    "keys and values of the wrong length are refused before the kernel sees them",
    {},
    () => {
      using map = hash();
      assert.equal(
        refusal(() => map.lookup(bytes(1))),
        'RangeError: Cannot use a key of 1 bytes: keys of map "flows" have 4',
      );
      assert.equal(
        refusal(() => {
          map.update(u32(1), bytes(1));
        }),
        'RangeError: Cannot use a value of 1 bytes: values of map "flows" have 2',
      );
    },
  );

  kernelTest("a buffer that is too small is refused", {}, () => {
    using map = hash();
    map.update(u32(1), bytes(7, 8));
    assert.equal(
      refusal(() => map.lookup(u32(1), bytes(0))),
      'RangeError: Cannot read 2 bytes of map "flows" into a buffer of 1',
    );
    assert.equal(
      refusal(() => map.nextKey(undefined, bytes(0))),
      'RangeError: Cannot read 4 bytes of map "flows" into a buffer of 1',
    );
  });

  kernelTest("a closed map is refused", {}, () => {
    const map = hash();
    map[Symbol.dispose]();
    assert.equal(
      refusal(() => map.lookup(u32(1))),
      'closed: Cannot use map "flows": it was closed',
    );
  });

  kernelTest("a frozen map is read-only", {}, () => {
    using map = createMap(kernel, mapSpec({ name: "rodata", type: "array" }));
    map.update(u32(0), u32(5));
    map.freeze();
    assert.deepEqual(map.lookup(u32(0)), u32(5));
    assert.equal(
      refusal(() => {
        map.update(u32(0), u32(6));
      }),
      'permission: Cannot update a key of map "rodata" as it is frozen, or was opened without the right: EPERM',
    );
  });

  kernelTest("createMap() says what the kernel refused", {}, () => {
    assert.equal(
      refusal(() => createMap(kernel, mapSpec({ name: "odd", type: "array", keySize: 5 }))),
      'invalid: Cannot create map "odd" of type array with keys of 5 bytes, values of 4 bytes, 1 entries and flags 0x0: EINVAL',
    );
  });

  kernelTest("createMap() repeats the kernel's words", { needs: ["creation_log"] }, () => {
    const spec = mapSpec({ name: "far", type: "hash", flags: MAP_FLAGS.numa_node, numaNode: 99 });
    assert.equal(
      refusal(() => createMap(kernel, spec)),
      'invalid: Cannot create map "far" of type hash with keys of 4 bytes, values of 4 bytes, 1 entries and flags 0x4: EINVAL, the kernel says "Invalid numa_node."',
    );
  });
});
