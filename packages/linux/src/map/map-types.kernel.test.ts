import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { suite } from "node:test";

import {
  COMMANDS,
  createBtfBuilder,
  MAP_TYPES,
  readBtf,
  sizeOf,
  type MapSpec,
  type MapType,
  mapSpec,
} from "@ocelli/bpf";
import { kernelTest } from "@ocelli/testkit";

import { Fd } from "../fd.ts";
import type { Feature } from "../feature/table.ts";
import { encodeAttribute } from "../port/attribute.ts";
import { openKernel } from "../port/koffi.ts";
import { createMap, type CreateMapOptions } from "./create.ts";
import { MAP_FLAGS } from "./flags.ts";

const kernel = openKernel();

/** A BTF object with `int` as type 1, as the kernel wants it for the keys and values of storage maps. */
function loadInt(): Fd {
  const builder = createBtfBuilder();
  builder.add({ kind: "int", name: "int", size: 4, bits: 32, offsetBits: 0, encoding: "signed" });
  const btf = builder.write();
  const attribute = encodeAttribute(kernel, "btf_load", { btf, btf_size: btf.length });
  const fd = kernel.bpf(COMMANDS.btf_load, attribute);
  assert.ok(fd >= 0, `BPF_BTF_LOAD gave ${fd}`);
  return new Fd(kernel, fd);
}

type Recipe = Partial<MapSpec> & { readonly needs?: Feature; readonly btf?: true };

const storage: Recipe = {
  maxEntries: 0,
  flags: MAP_FLAGS.no_prealloc,
  keyTypeId: 1,
  valueTypeId: 1,
  btf: true,
};
const inner = mapSpec({ name: "inner", type: "array", maxEntries: 2 });

// What each type insists on beyond keys and values of 4 bytes and one entry.
const RECIPES: Record<Exclude<MapType, "unspec" | "struct_ops">, Recipe> = {
  hash: {},
  array: {},
  prog_array: {},
  perf_event_array: { maxEntries: 0 },
  percpu_hash: {},
  percpu_array: {},
  stack_trace: { valueSize: 8 * 16 },
  cgroup_array: {},
  lru_hash: {},
  lru_percpu_hash: {},
  lpm_trie: { keySize: 8, flags: MAP_FLAGS.no_prealloc },
  array_of_maps: { inner },
  hash_of_maps: { inner },
  devmap: {},
  sockmap: {},
  cpumap: {},
  xskmap: {},
  sockhash: {},
  cgroup_storage: { keySize: 16, maxEntries: 0 },
  reuseport_sockarray: { valueSize: 8 },
  percpu_cgroup_storage: { keySize: 16, maxEntries: 0 },
  queue: { keySize: 0 },
  stack: { keySize: 0 },
  sk_storage: storage,
  devmap_hash: {},
  ringbuf: { keySize: 0, valueSize: 0, maxEntries: 0, needs: "ringbuf" },
  inode_storage: { ...storage, needs: "inode_storage" },
  task_storage: { ...storage, needs: "task_storage" },
  bloom_filter: { keySize: 0, mapExtra: 3n, needs: "bloom_filter" },
  user_ringbuf: { keySize: 0, valueSize: 0, maxEntries: 5000, needs: "user_ringbuf" },
  cgrp_storage: { ...storage, needs: "cgrp_storage" },
  arena: { keySize: 0, valueSize: 0, maxEntries: 4, flags: MAP_FLAGS.mmapable, needs: "arena" },
  insn_array: { valueSize: 16, needs: "insn_array" },
  rhash: { flags: MAP_FLAGS.no_prealloc, needs: "rhash" },
};

suite("createMap()", () => {
  for (const [type, recipe] of Object.entries(RECIPES)) {
    const { needs, btf, ...parts } = recipe;
    kernelTest(`makes maps of type ${type}`, { needs: needs === undefined ? [] : [needs] }, () => {
      using types = btf === true ? loadInt() : undefined;
      // The table's keys are names of types.
      const spec = mapSpec({ name: `t_${type}`, type: type as MapType, ...parts });
      const options: CreateMapOptions = types === undefined ? {} : { btfFd: types.value };
      using map = createMap(kernel, spec, options);
      assert.equal(map.type, type);
      assert.equal(map.info.typeNumber, MAP_TYPES[spec.type]);
      assert.equal(map.info.name, spec.name.slice(0, 15));
      assert.deepEqual([map.keySize, map.valueSize], [spec.keySize, spec.valueSize]);
    });
  }

  kernelTest("makes struct_ops maps after the kernel's own type", { needs: ["struct_ops"] }, () => {
    const btf = readBtf(readFileSync("/sys/kernel/btf/vmlinux"));
    assert.ok(btf.ok);
    const [id] = btf.value.idsByName("bpf_struct_ops_tcp_congestion_ops", "struct");
    assert.ok(id !== undefined);
    using types = loadInt();
    const spec = mapSpec({
      name: "congestion",
      type: "struct_ops",
      valueSize: sizeOf(btf.value, id) ?? 0,
    });
    using map = createMap(kernel, spec, { btfFd: types.value, kernelValueTypeId: id });
    assert.deepEqual([map.type, map.info.kernelValueTypeId], ["struct_ops", id]);
  });

  kernelTest("sizes perf event arrays and rings for this machine", { needs: ["ringbuf"] }, () => {
    using events = createMap(
      kernel,
      mapSpec({ name: "e", type: "perf_event_array", maxEntries: 0 }),
    );
    assert.ok(events.maxEntries >= 1);
    using ring = createMap(
      kernel,
      mapSpec({ name: "r", type: "ringbuf", keySize: 0, valueSize: 0, maxEntries: 5000 }),
    );
    let pages = 1;
    while (pages * kernel.pageSize < 5000) pages *= 2;
    assert.equal(ring.maxEntries, pages * kernel.pageSize);
    using open = createMap(
      kernel,
      mapSpec({ name: "o", type: "ringbuf", keySize: 0, valueSize: 0, maxEntries: 0 }),
    );
    assert.equal(open.maxEntries, 256 * 1024);
  });

  kernelTest("makes many small maps: the limit on locked memory is lifted", {}, () => {
    using stack = new DisposableStack();
    for (let i = 0; i < 64; i += 1)
      stack.use(createMap(kernel, mapSpec({ name: `m${i}`, type: "array", valueSize: 4096 })));
  });

  kernelTest("cuts and mends the names that the kernel would refuse", {}, () => {
    using map = createMap(
      kernel,
      mapSpec({ name: "a-name/longer than the kernel's", type: "array" }),
    );
    assert.deepEqual(
      [map.name, map.info.name],
      ["a-name/longer than the kernel's", "a_name_longer_t"],
    );
  });
});
