import assert from "node:assert/strict";
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { suite } from "node:test";

import { COMMANDS, createBtfBuilder, PROGRAM_TYPES, type BtfType, mapSpec } from "@ocelli/bpf";
import { kernelTest } from "@ocelli/testkit";

import { LinuxError } from "../error.ts";
import { Fd } from "../fd.ts";
import { encodeAttribute } from "../port/attribute.ts";
import { objectInfo } from "../port/info.ts";
import { openKernel } from "../port/koffi.ts";
import type { SyscallName } from "../port/kernel.ts";
import { network4 } from "./cidr.ts";
import { createMap } from "./create.ts";
import { indexKey, objectIdAt, openInnerMap, putObject } from "./descriptors.ts";
import { BPF_EXIST, BPF_F_ALL_CPUS, BPF_F_CPU, BPF_F_LOCK, MAP_FLAGS } from "./flags.ts";
import { perCpu, u32 } from "./schema.ts";
import { typedMap } from "./typed-map.ts";

const kernel = openKernel();

function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof LinuxError) return `${error.code}: ${error.message}`;
    if (error instanceof Error) return `${error.name}: ${error.message}`;
  }
  return "accepted";
}

function call(name: SyscallName, ...args: (number | Uint8Array)[]): number {
  const result = kernel.syscall(name, ...args);
  assert.ok(result >= 0, `${name} gave ${result}`);
  return result;
}

function loadTypes(...types: BtfType[]): Fd {
  const builder = createBtfBuilder();
  for (const type of types) builder.add(type);
  const btf = builder.write();
  const fd = kernel.bpf(
    COMMANDS.btf_load,
    encodeAttribute(kernel, "btf_load", { btf, btf_size: btf.length }),
  );
  assert.ok(fd >= 0, `BPF_BTF_LOAD gave ${fd}`);
  return new Fd(kernel, fd);
}

const int: BtfType = {
  kind: "int",
  name: "int",
  size: 4,
  bits: 32,
  offsetBits: 0,
  encoding: "signed",
};
const value = (number: number): Uint8Array => indexKey(number);

/** `r0 = 0; exit` as a socket filter. */
function loadNothing(): Fd {
  const insns = Uint8Array.of(0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0);
  const license = new TextEncoder().encode("GPL\0");
  const attribute = encodeAttribute(kernel, "prog_load", {
    prog_type: PROGRAM_TYPES.socket_filter,
    insns,
    insn_cnt: 2,
    license,
  });
  const fd = kernel.bpf(COMMANDS.prog_load, attribute);
  assert.ok(fd >= 0, `BPF_PROG_LOAD gave ${fd}`);
  return new Fd(kernel, fd);
}

/** A UDP socket bound to a free port of the loopback address, with SO_REUSEPORT. */
function boundSocket(): Fd {
  const socket = new Fd(kernel, call("socket", 2, 2, 0));
  call("setsockopt", socket.value, 1, 15, value(1), 4);
  // struct sockaddr_in: family, port, address, 8 bytes of padding.
  call("bind", socket.value, Uint8Array.of(2, 0, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0), 16);
  return socket;
}

function cgroupRoot(): string {
  const line = readFileSync("/proc/mounts", "utf8")
    .split("\n")
    .find((mount) => mount.split(" ")[2] === "cgroup2");
  const root = line?.split(" ")[1];
  assert.ok(root !== undefined, "cgroup2 is not mounted");
  return root;
}

suite("maps of maps", () => {
  const innerSpec = mapSpec({ name: "inner", type: "array", maxEntries: 2 });

  for (const type of ["array_of_maps", "hash_of_maps"] as const) {
    kernelTest(`${type} take maps and give them back`, {}, () => {
      using outer = createMap(
        kernel,
        mapSpec({ name: "outer", type, maxEntries: 4, inner: innerSpec }),
      );
      using inner = createMap(kernel, innerSpec);
      inner.update(value(1), value(77));
      putObject(outer, 3, inner);
      assert.equal(objectIdAt(outer, 3), inner.id);
      using found = openInnerMap(outer, 3);
      assert.deepEqual(found?.lookup(value(1)), value(77));
      assert.equal(openInnerMap(outer, 2), undefined);
      assert.equal(outer.delete(value(3)), true);
      assert.equal(objectIdAt(outer, 3), undefined);
    });
  }

  kernelTest("a map unlike the inner one is refused", {}, () => {
    using outer = createMap(
      kernel,
      mapSpec({ name: "outer", type: "array_of_maps", inner: innerSpec }),
    );
    using other = createMap(kernel, mapSpec({ name: "other", type: "hash" }));
    assert.equal(
      refusal(() => {
        putObject(outer, 0, other);
      }),
      'invalid: Cannot update a key of map "outer": EINVAL',
    );
    assert.equal(
      refusal(() => createMap(kernel, mapSpec({ name: "alone", type: "array_of_maps" }))),
      'invalid: Cannot create map "alone" of type array_of_maps: give it an inner map or a blueprint of one',
    );
  });
});

suite("maps of objects", () => {
  kernelTest("prog arrays take programs and give their ids", {}, () => {
    using map = createMap(kernel, mapSpec({ name: "tails", type: "prog_array", maxEntries: 2 }));
    using fd = loadNothing();
    putObject(map, 1, { fd });
    assert.equal(objectIdAt(map, 1), objectInfo(kernel, "prog", fd.value).number("id"));
    assert.equal(objectIdAt(map, 0), undefined);
    assert.equal(map.delete(value(1)), true);
    assert.equal(
      refusal(() => {
        putObject(map, 2, { fd });
      }),
      'limit: Cannot update a key of map "tails" as the index is not below 2: E2BIG',
    );
  });

  kernelTest("cgroup arrays take folders of cgroup2", {}, () => {
    using map = createMap(kernel, mapSpec({ name: "groups", type: "cgroup_array" }));
    const folder = openSync(cgroupRoot(), "r");
    putObject(map, 0, folder);
    closeSync(folder);
    assert.equal(map.delete(value(0)), true);
  });

  for (const type of ["devmap", "devmap_hash"] as const) {
    kernelTest(`${type} take interfaces`, {}, () => {
      using map = createMap(kernel, mapSpec({ name: "ports", type, maxEntries: 4 }));
      map.update(value(2), value(1));
      assert.deepEqual(map.lookup(value(2)), value(1));
      assert.equal(
        refusal(() => {
          map.update(value(2), value(0x7fff_ffff));
        }),
        'invalid: Cannot update a key of map "ports": EINVAL',
      );
    });
  }

  kernelTest("cpumaps take queue lengths", {}, () => {
    using map = createMap(kernel, mapSpec({ name: "cpus", type: "cpumap" }));
    map.update(value(0), value(64));
    assert.deepEqual(map.lookup(value(0)), value(64));
  });

  kernelTest("xskmaps take AF_XDP sockets", {}, () => {
    using map = createMap(kernel, mapSpec({ name: "sockets", type: "xskmap" }));
    using plain = boundSocket();
    assert.equal(
      refusal(() => {
        putObject(map, 0, { fd: plain });
      }),
      'unsupported: Cannot update a key of map "sockets" as type xskmap does not offer this: EOPNOTSUPP',
    );
  });

  for (const type of ["sockmap", "sockhash", "reuseport_sockarray"] as const) {
    kernelTest(`${type} take sockets and give their cookies`, {}, () => {
      using map = createMap(kernel, mapSpec({ name: "sockets", type, valueSize: 8 }));
      using fd = boundSocket();
      putObject(map, 0, { fd });
      const cookie = new Uint8Array(8);
      // SO_COOKIE
      call("getsockopt", fd.value, 1, 57, cookie, value(8));
      assert.deepEqual(map.lookup(value(0)), cookie);
      assert.equal(map.delete(value(0)), true);
    });
  }
});

suite("storage maps", () => {
  const spec = (type: "sk_storage" | "inode_storage" | "task_storage" | "cgrp_storage") =>
    mapSpec({
      name: type,
      type,
      maxEntries: 0,
      flags: MAP_FLAGS.no_prealloc,
      keyTypeId: 1,
      valueTypeId: 1,
    });

  function roundTrip(type: Parameters<typeof spec>[0], fd: number): void {
    using types = loadTypes(int);
    using map = createMap(kernel, spec(type), { btfFd: types.value });
    assert.equal(map.lookup(value(fd)), undefined);
    map.update(value(fd), value(5));
    assert.deepEqual(map.lookup(value(fd)), value(5));
    assert.deepEqual([map.delete(value(fd)), map.delete(value(fd))], [true, false]);
    assert.ok(map.info.btfId > 0);
  }

  kernelTest("sk_storage keeps values by socket", {}, () => {
    using socket = boundSocket();
    roundTrip("sk_storage", socket.value);
  });

  kernelTest("inode_storage keeps values by open file", { needs: ["inode_storage"] }, () => {
    const path = `/tmp/ocelli-inode-${process.pid}`;
    writeFileSync(path, "");
    const file = openSync(path, "r");
    roundTrip("inode_storage", file);
    closeSync(file);
    rmSync(path);
  });

  kernelTest("task_storage keeps values by pidfd", { needs: ["task_storage"] }, () => {
    using pid = new Fd(kernel, call("pidfd_open", process.pid, 0));
    roundTrip("task_storage", pid.value);
  });

  kernelTest("cgrp_storage keeps values by folder of cgroup2", { needs: ["cgrp_storage"] }, () => {
    const folder = openSync(cgroupRoot(), "r");
    roundTrip("cgrp_storage", folder);
    closeSync(folder);
  });
});

suite("maps without keys", () => {
  const spec = (type: "queue" | "stack") =>
    mapSpec({ name: type, type, keySize: 0, maxEntries: 2 });

  kernelTest("queues give the oldest value first", {}, () => {
    using map = createMap(kernel, spec("queue"));
    assert.equal(map.pop(), undefined);
    map.push(value(1));
    map.push(value(2));
    assert.equal(
      refusal(() => {
        map.push(value(3));
      }),
      'limit: Cannot push to map "queue" as it is full with 2 entries: E2BIG',
    );
    map.push(value(3), BPF_EXIST);
    assert.deepEqual(
      [map.peek(), map.pop(), map.pop(), map.pop()],
      [value(2), value(2), value(3), undefined],
    );
  });

  kernelTest("stacks give the newest value first", {}, () => {
    using map = createMap(kernel, spec("stack"));
    map.push(value(1));
    map.push(value(2));
    const into = new Uint8Array(4);
    assert.equal(map.pop(into), into);
    assert.deepEqual(
      [into, map.peek(), map.pop(), map.peek()],
      [value(2), value(1), value(1), undefined],
    );
  });

  kernelTest("bloom filters know what they never saw", { needs: ["bloom_filter"] }, () => {
    using map = createMap(
      kernel,
      mapSpec({ name: "seen", type: "bloom_filter", keySize: 0, maxEntries: 100, mapExtra: 5n }),
    );
    assert.equal(map.mapExtra, 5n);
    assert.equal(map.mayContain(value(7)), false);
    map.push(value(7));
    assert.equal(map.mayContain(value(7)), true);
  });
});

suite("values", () => {
  kernelTest("LPM tries answer with the longest prefix", {}, () => {
    using map = createMap(
      kernel,
      mapSpec({
        name: "routes",
        type: "lpm_trie",
        keySize: 8,
        maxEntries: 8,
        flags: MAP_FLAGS.no_prealloc,
      }),
    );
    const routes = typedMap(map, network4, u32);
    routes.set("10.0.0.0/8", 8);
    routes.set("10.1.0.0/16", 16);
    assert.deepEqual(
      [routes.get("10.1.2.3"), routes.get("10.2.2.3"), routes.get("11.0.0.1")],
      [16, 8, undefined],
    );
    assert.deepEqual([...routes.keys()].toSorted(), ["10.0.0.0/8", "10.1.0.0/16"]);
  });

  kernelTest("resizable hash tables work as hash tables do", { needs: ["rhash"] }, () => {
    using map = createMap(
      kernel,
      mapSpec({ name: "grows", type: "rhash", maxEntries: 100, flags: MAP_FLAGS.no_prealloc }),
    );
    const squares = typedMap(map, u32, u32);
    for (let i = 0; i < 100; i += 1) squares.set(i, i * i);
    assert.deepEqual([squares.get(9), squares.take(9), squares.get(9)], [81, 81, undefined]);
    const keys: number[] = [];
    for (const [key, square] of squares.entries()) {
      assert.equal(square, key * key);
      keys.push(key);
      assert.equal(squares.delete(key), true);
    }
    assert.equal(keys.length, 99);
    assert.deepEqual([...squares.keys()], []);
  });

  kernelTest("stack traces that nobody took are not there", {}, () => {
    using map = createMap(kernel, mapSpec({ name: "stacks", type: "stack_trace", valueSize: 64 }));
    assert.equal(map.lookup(value(0)), undefined);
  });

  kernelTest("BPF_F_LOCK copies a value under its spin lock", {}, () => {
    const member = (name: string, typeId: number, offsetBits: number) => ({
      name,
      typeId,
      offsetBits,
      bitfieldBits: 0,
    });
    using types = loadTypes(
      int,
      { kind: "struct", name: "bpf_spin_lock", size: 4, members: [member("val", 1, 0)] },
      {
        kind: "struct",
        name: "locked",
        size: 8,
        members: [member("lock", 2, 0), member("hits", 1, 32)],
      },
    );
    const spec = mapSpec({
      name: "locked",
      type: "array",
      valueSize: 8,
      keyTypeId: 1,
      valueTypeId: 3,
    });
    using map = createMap(kernel, spec, { btfFd: types.value });
    map.update(value(0), Uint8Array.of(0, 0, 0, 0, 9, 0, 0, 0), BPF_F_LOCK);
    assert.deepEqual(
      map.lookup(value(0), undefined, BPF_F_LOCK),
      Uint8Array.of(0, 0, 0, 0, 9, 0, 0, 0),
    );
    using plain = createMap(kernel, mapSpec({ name: "plain", type: "array" }));
    assert.equal(
      refusal(() => plain.lookup(value(0), undefined, BPF_F_LOCK)),
      'invalid: Cannot look up a key in map "plain": EINVAL',
    );
  });

  kernelTest(
    "BPF_F_CPU reaches one CPU's value, BPF_F_ALL_CPUS every one",
    { needs: ["cpu_flags"] },
    () => {
      using map = createMap(kernel, mapSpec({ name: "hits", type: "percpu_array" }));
      map.update(value(0), value(3), BPF_F_ALL_CPUS);
      map.update(value(0), value(8), BPF_F_CPU, 0);
      assert.deepEqual(map.lookup(value(0), undefined, BPF_F_CPU, 0), value(8));
      const all = typedMap(map, u32, perCpu(u32)).get(0);
      assert.deepEqual(all, [8, ...Array.from({ length: (all?.length ?? 1) - 1 }, () => 3)]);
    },
  );

  kernelTest(
    "lookupAndDelete() takes a value out of a hash table",
    { needs: ["hash_take"] },
    () => {
      using map = createMap(kernel, mapSpec({ name: "once", type: "hash" }));
      map.update(value(1), value(2));
      assert.deepEqual(
        [map.lookupAndDelete(value(1)), map.lookupAndDelete(value(1))],
        [value(2), undefined],
      );
    },
  );
});
