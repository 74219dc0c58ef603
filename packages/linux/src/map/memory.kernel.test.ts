import assert from "node:assert/strict";
import { suite } from "node:test";

import { mapSpec } from "@ocelli/bpf";
import { kernelTest } from "@ocelli/testkit";

import { LinuxError } from "../error.ts";
import { openKernel } from "../port/koffi.ts";
import { createMap } from "./create.ts";
import { MAP_FLAGS } from "./flags.ts";
import { mapArena, mapArray } from "./memory.ts";
import { u32, u64 } from "./schema.ts";
import { openAtomic32, openAtomic64, openVariable } from "./variable.ts";

const kernel = openKernel();
const zero = new Uint8Array(4);

function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof LinuxError) return `${error.code}: ${error.message}`;
    if (error instanceof Error) return `${error.name}: ${error.message}`;
  }
  return "accepted";
}

const data = (flags = 0) =>
  createMap(
    kernel,
    mapSpec({ name: ".bss", type: "array", valueSize: 24, flags: MAP_FLAGS.mmapable | flags }),
  );

suite("MappedMemory", () => {
  kernelTest(
    "mapArray() shows what the kernel has, and the kernel sees what is written",
    { needs: ["mmap_array"] },
    () => {
      using map = data();
      using memory = mapArray(map);
      assert.deepEqual([memory.size, memory.writable], [24, true]);
      map.update(
        zero,
        Uint8Array.from({ length: 24 }, (_, i) => i),
      );
      assert.deepEqual(memory.read(4, 3), Uint8Array.of(4, 5, 6));
      memory.write(0, Uint8Array.of(9, 9));
      assert.deepEqual(map.lookup(zero)?.subarray(0, 3), Uint8Array.of(9, 9, 2));
      using lease = memory.lease(8, 2);
      lease.bytes[1] = 77;
      assert.deepEqual(map.lookup(zero)?.subarray(8, 10), Uint8Array.of(8, 77));
    },
  );

  kernelTest(
    "leases and variables fail after disposal instead of ending the process",
    { needs: ["mmap_array"] },
    () => {
      using map = data();
      const memory = mapArray(map);
      const lease = memory.lease(0, 8);
      const kept = lease.bytes;
      const counter = openAtomic64(memory, { name: "hits", offset: 8, size: 8 });
      const variable = openVariable(memory, { name: "pid", offset: 0, size: 4 }, u32);
      memory[Symbol.dispose]();
      memory[Symbol.dispose]();
      const closed = 'closed: Cannot use the memory of map ".bss": it was closed';
      assert.equal(
        refusal(() => lease.bytes),
        closed,
      );
      assert.equal(
        refusal(() => counter.load()),
        closed,
      );
      assert.equal(
        refusal(() => counter.add(1n)),
        closed,
      );
      assert.equal(
        refusal(() => variable.get()),
        closed,
      );
      assert.equal(
        refusal(() => memory.read(0, 1)),
        closed,
      );
      assert.deepEqual([kept.length, kept[0]], [0, undefined]);
    },
  );

  kernelTest("a lease that was given back fails", { needs: ["mmap_array"] }, () => {
    using map = data();
    using memory = mapArray(map);
    const lease = memory.lease(0, 8);
    lease[Symbol.dispose]();
    assert.equal(
      refusal(() => lease.bytes),
      "closed: Cannot use a lease of memory: it was given back",
    );
    assert.equal(
      refusal(() => memory.lease(20, 8)),
      'RangeError: Cannot use bytes 20 to 28 of map ".bss": its memory has 24 bytes',
    );
  });

  kernelTest("a frozen map is mapped read-only", { needs: ["mmap_array"] }, () => {
    using map = data(MAP_FLAGS.rdonly_prog);
    map.update(zero, new Uint8Array(24).fill(3));
    map.freeze();
    using memory = mapArray(map);
    assert.equal(memory.writable, false);
    const limit = openVariable(memory, { name: "limit", offset: 8, size: 8 }, u64);
    assert.equal(limit.get(), 0x0303_0303_0303_0303n);
    const readOnly = 'permission: Cannot write to the memory of map ".bss" as it is read-only';
    assert.equal(
      refusal(() => {
        limit.set(1n);
      }),
      readOnly,
    );
    assert.equal(
      refusal(() => {
        memory.write(0, zero);
      }),
      readOnly,
    );
    assert.equal(
      refusal(() => memory.lease(0, 4).bytes),
      readOnly,
    );
    const atomic = openAtomic32(memory, { name: "limit", offset: 8, size: 4 });
    assert.equal(atomic.load(), 0x0303_0303);
    assert.equal(
      refusal(() => atomic.exchange(5)),
      readOnly,
    );
  });

  kernelTest(
    "atomic variables change in one step and give the value before",
    { needs: ["mmap_array"] },
    () => {
      using map = data();
      using memory = mapArray(map);
      const small = openAtomic32(memory, { name: "small", offset: 4, size: 4 });
      assert.deepEqual(
        [
          small.store(5),
          small.add(2),
          small.sub(1),
          small.or(8),
          small.and(12),
          small.xor(4),
          small.exchange(0xffff_ffff),
          small.compareExchange(1, 2),
          small.load(),
        ],
        [undefined, 5, 7, 6, 14, 12, 8, 0xffff_ffff, 0xffff_ffff],
      );
      const large = openAtomic64(memory, { name: "large", offset: 16, size: 8 });
      assert.deepEqual(
        [
          large.store(5n),
          large.add(2n),
          large.sub(1n),
          large.or(8n),
          large.and(12n),
          large.xor(4n),
          large.exchange(1n),
          large.compareExchange(1n, 2n),
          large.load(),
        ],
        [undefined, 5n, 7n, 6n, 14n, 12n, 8n, 1n, 2n],
      );
      assert.equal(
        refusal(() => openAtomic64(memory, { name: "odd", offset: 4, size: 8 })),
        'RangeError: Cannot open variable "odd" for atomic steps as its offset must be a multiple of 8: it is 4',
      );
      assert.equal(
        refusal(() => openVariable(memory, { name: "odd", offset: 4, size: 8 }, u32)),
        'RangeError: Cannot open variable "odd" with a codec of 4 bytes: it has 8',
      );
      assert.equal(
        refusal(() => openVariable(memory, { name: "far", offset: 24, size: 4 }, u32)),
        'RangeError: Cannot open variable "far" at byte 24: its memory has 24 bytes',
      );
    },
  );

  kernelTest("mapArray() refuses what cannot be mapped", { needs: ["mmap_array"] }, () => {
    using hash = createMap(kernel, mapSpec({ name: "h", type: "hash" }));
    assert.equal(
      refusal(() => mapArray(hash)),
      'invalid: Cannot map the memory of map "h" as only arrays can be mapped: it is of type hash',
    );
    using plain = createMap(kernel, mapSpec({ name: "a", type: "array" }));
    assert.equal(
      refusal(() => mapArray(plain)),
      'invalid: Cannot map the memory of map "a": create it with MAP_FLAGS.mmapable',
    );
    assert.equal(
      refusal(() => mapArena(plain)),
      'invalid: Cannot map arena "a": it is of type array',
    );
  });

  kernelTest(
    "mapArena() maps pages at the address the arena was made for",
    { needs: ["arena"] },
    () => {
      const place = 0x1000_0000_0000n;
      const spec = mapSpec({
        name: "shared",
        type: "arena",
        keySize: 0,
        valueSize: 0,
        maxEntries: 16,
        flags: MAP_FLAGS.mmapable,
        mapExtra: place,
      });
      using map = createMap(kernel, spec);
      using memory = mapArena(map);
      assert.deepEqual([memory.address, memory.size], [place, 16 * kernel.pageSize]);
      memory.write(5 * kernel.pageSize, Uint8Array.of(1, 2, 3));
      assert.deepEqual(memory.read(5 * kernel.pageSize, 4), Uint8Array.of(1, 2, 3, 0));
      using other = createMap(kernel, { ...spec, name: "late" });
      assert.equal(
        refusal(() => mapArena(other)),
        'busy: Cannot map arena "late" at 0x100000000000 as other memory is there: EEXIST',
      );
      using free = createMap(kernel, { ...spec, name: "free", mapExtra: 0n });
      using anywhere = mapArena(free);
      assert.equal(anywhere.size, 16 * kernel.pageSize);
      using strict = createMap(kernel, {
        ...spec,
        name: "strict",
        flags: spec.flags | MAP_FLAGS.segv_on_fault,
      });
      assert.equal(
        refusal(() => mapArena(strict)),
        'unsupported: Cannot map arena "strict": with segv_on_fault, reading a page that is not allocated would end this process',
      );
    },
  );
});
