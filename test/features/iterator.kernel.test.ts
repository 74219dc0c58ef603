import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, rmdirSync, statSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";

import {
  attach,
  openKernel,
  readIterator,
  type AttachOptions,
  type Collection,
} from "@ocelli/linux";
import { makeCgroup } from "@ocelli/testkit";

import { featureTest, words } from "../support/feature-test.ts";

const fixture = "feature-iterator";
const needs = ["iter"] as const;
const load = { variables: { tester: process.pid } };

function lines(collection: Collection, program: string, options: AttachOptions = {}): string[] {
  using link = attach(collection.program(program), options);
  return readIterator(openKernel(), link).split("\n").slice(0, -1);
}

featureTest("iter/task", { fixture, programs: ["tasks"], needs, load }, (collection) => {
  const name = readFileSync("/proc/self/comm", "utf8").trim();
  assert.deepEqual(lines(collection, "tasks"), [`${process.pid} ${name}`]);
});

featureTest("iter/task_file", { fixture, programs: ["files"], needs, load }, (collection) => {
  using link = attach(collection.program("files"));
  // Reading the folder and reading the iterator open a descriptor each.
  const expected = readdirSync("/proc/self/fd").map(Number);
  const seen = readIterator(openKernel(), link).split("\n").slice(0, -1).map(Number);
  const sorted = (values: number[]): number[] => values.toSorted((a, b) => a - b);
  assert.deepEqual(sorted(seen), sorted(expected));
});

featureTest("iter/bpf_map_elem", { fixture, programs: ["elements"], needs, load }, (collection) => {
  const map = collection.map("squares");
  for (const key of [3, 1, 2]) map.update(words(key), words(key * key, 0));
  assert.deepEqual(lines(collection, "elements", { iterator: { map } }).toSorted(), [
    "1 1",
    "2 4",
    "3 9",
  ]);
});

featureTest("iter/bpf_map", { fixture, programs: ["maps"], needs, load }, (collection) => {
  const map = collection.map("squares");
  collection.variable("map_id").write(words(map.id));
  assert.deepEqual(lines(collection, "maps"), [`${map.maxEntries}`]);
});

const LISTEN = 10;

function setPort(collection: Collection, port: number): void {
  collection.variable("port").write(new Uint8Array(Uint16Array.of(port).buffer));
}

featureTest("iter/tcp", { fixture, programs: ["tcp"], needs, load }, async (collection) => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  // A server listens on an address and a port, not on a path.
  const { port } = server.address() as AddressInfo;
  setPort(collection, port);
  assert.deepEqual(lines(collection, "tcp"), [`tcp ${port} state ${LISTEN}`]);
  server.close();
  await once(server, "close");
  assert.deepEqual(lines(collection, "tcp"), []);
});

featureTest("iter/udp", { fixture, programs: ["udp"], needs, load }, async (collection) => {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  setPort(collection, port);
  assert.deepEqual(lines(collection, "udp"), [`udp ${port} uid 0`]);
  socket.close();
  await once(socket, "close");
  assert.deepEqual(lines(collection, "udp"), []);
});

featureTest(
  "iter/cgroup",
  { fixture, programs: ["cgroups"], needs: ["iter_cgroup"], load },
  (collection) => {
    const path = makeCgroup("iterated");
    const child = join(path, "child");
    mkdirSync(child);
    try {
      const id = (folder: string): string => String(statSync(folder, { bigint: true }).ino);
      const iterator = { cgroup: { path, order: "descendants" } } as const;
      assert.deepEqual(lines(collection, "cgroups", { iterator }), [id(path), id(child)]);
    } finally {
      rmdirSync(child);
      rmdirSync(path);
    }
  },
);
