import assert from "node:assert/strict";
import { closeSync, openSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";

import { attach, Fd, openKernel, putObject, run, type Collection } from "@ocelli/linux";
import { makeCgroup } from "@ocelli/testkit";

import { enterCgroup } from "../support/enter-cgroup.ts";
import { callMarked, featureTest, numberOf, words } from "../support/feature-test.ts";

const fixture = "feature-maps";
const packet = { data: new Uint8Array(64) };
const load = { variables: { tester: process.pid } };

function results(collection: Collection, count: number): number[] {
  const bytes = collection.variable("results").read();
  return [...new BigInt64Array(bytes.slice().buffer)].slice(0, count).map(Number);
}

featureTest(
  "Hash tables, arrays, their kinds per CPU, LPM tries",
  { fixture, programs: ["keyed"] },
  (collection) => {
    run(collection.program("keyed"), packet);
    assert.deepEqual(results(collection, 10), [11, 21, 31, 41, 51, 61, 16, 0, 0, 0]);
    const array = collection.map("array");
    assert.deepEqual(array.lookup(words(2)), words(51, 0));
  },
);

featureTest("Queues and stacks", { fixture, programs: ["ordered"] }, (collection) => {
  run(collection.program("ordered"), packet);
  assert.deepEqual(results(collection, 4), [1, 2, 3, 2]);
  assert.deepEqual(collection.map("queue").pop(), words(3, 0));
});

featureTest(
  "Maps of devices, processors and XDP sockets",
  { fixture, programs: ["redirects"] },
  (collection) => {
    const loopback = 1;
    for (const name of ["devices", "device_hash"])
      collection.map(name).update(words(1), words(loopback));
    collection.map("processors").update(words(0), words(64));
    run(collection.program("redirects"), packet);
    const [DROP, PASS, TX, REDIRECT] = [1, 2, 3, 4];
    assert.deepEqual(results(collection, 7), [REDIRECT, DROP, REDIRECT, TX, REDIRECT, DROP, PASS]);
  },
);

featureTest(
  "Stack traces, and arrays of cgroups",
  { fixture, programs: ["traces"] },
  (collection) => {
    const mount = readFileSync("/proc/self/mounts", "utf8")
      .split("\n")
      .map((line) => line.split(" "))
      .find((fields) => fields[2] === "cgroup2")?.[1];
    const folder = openSync(mount ?? "", "r");
    putObject(collection.map("cgroups"), 0, folder);
    closeSync(folder);
    run(collection.program("traces"), { context: new Uint8Array(16) });
    const [id = -1, under] = results(collection, 2);
    assert.ok(id >= 0, `stack id ${id}`);
    assert.equal(under, 1);
    const frames = new BigUint64Array(
      collection.map("stacks").lookup(words(id))?.slice().buffer ?? new ArrayBuffer(),
    );
    // Addresses of the kernel are in the upper half.
    assert.ok((frames[0] ?? 0n) >> 63n === 1n);
  },
);

featureTest(
  "Task storage",
  { fixture: "feature-task-storage", needs: ["task_storage"], load },
  (collection) => {
    {
      using _link = attach(collection.program("on_call"));
      for (let i = 0; i < 3; i += 1) callMarked(i);
    }
    const kernel = openKernel();
    using pid = new Fd(kernel, kernel.syscall("pidfd_open", process.pid, 0));
    assert.deepEqual(collection.map("tasks").lookup(words(pid.value)), words(3, 0));
    assert.equal(numberOf(collection, "count"), 3);
  },
);

featureTest(
  "Inode storage",
  { fixture: "feature-inode-storage", needs: ["inode_storage", "lsm"], load },
  (collection) => {
    const path = `/tmp/ocelli-opened-${process.pid}`;
    writeFileSync(path, "");
    const inodes = collection.map("inodes");
    const file = openSync(path, "r");
    inodes.update(words(file), words(100, 0));
    {
      using _link = attach(collection.program("on_open"));
      for (let i = 0; i < 3; i += 1) readFileSync(path);
    }
    readFileSync(path);
    assert.deepEqual(inodes.lookup(words(file)), words(103, 0));
    closeSync(file);
    rmSync(path);
  },
);

featureTest(
  "Cgroup storage",
  { fixture: "feature-cgrp-storage", needs: ["cgrp_storage"], load },
  (collection) => {
    const path = makeCgroup("stored");
    {
      using _inside = enterCgroup(path);
      using _link = attach(collection.program("on_call"));
      for (let i = 0; i < 3; i += 1) callMarked(i);
    }
    const folder = openSync(path, "r");
    assert.deepEqual(collection.map("groups").lookup(words(folder)), words(3, 0));
    closeSync(folder);
    rmdirSync(path);
  },
);

featureTest(
  "Bloom filters",
  { fixture: "feature-bloom", needs: ["bloom_filter"] },
  (collection) => {
    assert.equal(run(collection.program("add_and_ask"), packet).returnValue, 1);
    assert.deepEqual(
      [7, 8].map((value) => collection.map("set").mayContain(words(value))),
      [true, false],
    );
  },
);

featureTest("Arenas", { fixture: "feature-arena", needs: ["arena"] }, (collection) => {
  const memory = collection.arenas.get("arena");
  assert.ok(memory !== undefined);
  const { returnValue, context } = run(collection.program("build"), { context: new Uint8Array(8) });
  assert.equal(returnValue, 0);
  // Pointers in an arena are those of the process that mapped it, so one page of the map holds both nodes.
  const start = new BigUint64Array(context.slice().buffer)[0] ?? 0n;
  const view = memory.view();
  const at = Number((start & 0xffff_ffffn) - (memory.address & 0xffff_ffffn));
  const next = Number(
    (view.getBigUint64(at, true) & 0xffff_ffffn) - (memory.address & 0xffff_ffffn),
  );
  assert.deepEqual(
    [at, next, view.getBigUint64(at + 8, true), view.getBigUint64(next + 8, true)],
    [at, at + 16, 11n, 22n],
  );
});
