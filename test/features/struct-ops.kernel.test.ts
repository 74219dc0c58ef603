import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";

import { attach, attachStructOps, loadCollection, openKernel, run } from "@ocelli/linux";

import { featureTest, numbersOf, readFixture } from "../support/feature-test.ts";
import { pause } from "../support/network.ts";

const kernel = openKernel();
const SOCK_STREAM = 1;
const IPPROTO_TCP = 6;
const TCP_CONGESTION = 13;

function chooseFor(fd: number, name: string): number {
  return kernel.syscall(
    "setsockopt",
    fd,
    IPPROTO_TCP,
    TCP_CONGESTION,
    Buffer.from(name),
    name.length,
  );
}

/** Asks for the congestion control on a socket of its own; gives the result. */
function choose(name: string): number {
  const fd = kernel.syscall("socket", 2, SOCK_STREAM, 0);
  const result = chooseFor(fd, name);
  kernel.syscall("close", fd);
  return result;
}

/** Sends some data over a connection that the congestion control serves. */
async function transfer(name: string): Promise<number> {
  const server = createServer((peer) => peer.resume()).listen(0, "127.0.0.1");
  await once(server, "listening");
  // A server listens on an address and a port, not on a path.
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  await once(client, "connect");
  const handle: unknown = Reflect.get(client, "_handle");
  assert.ok(typeof handle === "object" && handle !== null && "fd" in handle);
  const result = chooseFor(Number(handle.fd), name);
  client.end(Buffer.alloc(1 << 20));
  await once(client, "close");
  server.close();
  await once(server, "close");
  await pause(20);
  return result;
}

for (const [feature, fixture, needs, name] of [
  [
    "struct_ops: congestion control by value",
    "feature-struct-ops",
    ["struct_ops", "fentry"],
    "ocelli_counts",
  ],
  [
    "struct_ops: congestion control by link",
    "feature-struct-ops-link",
    ["struct_ops_link", "fentry"],
    "ocelli_linked2",
  ],
] as const) {
  featureTest(feature, { fixture, needs }, async (collection) => {
    const ENOENT = -2;
    assert.equal(choose(name), ENOENT);
    const link = attachStructOps(collection.map("counting"), collection.structOps.get("counting"));
    const available = readFileSync("/proc/sys/net/ipv4/tcp_available_congestion_control", "utf8");
    assert.ok(available.split(/\s/).includes(name));
    assert.equal(await transfer(name), 0);
    const { begun, ended, asked = 0 } = numbersOf(collection, "begun", "ended", "asked");
    assert.deepEqual([begun, ended, asked > 0], [1, 1, true]);
    link[Symbol.dispose]();
    assert.equal(choose(name), ENOENT);
  });
}

featureTest(
  "freplace",
  { fixture: "link-target", needs: ["freplace", "fentry"], load: { name: "target" } },
  (target) => {
    const packet = { data: new Uint8Array(64) };
    const entry = target.program("entry");
    using replacement = loadCollection(readFixture("link-replacement"), {
      targets: { drop: { program: entry, functionName: "verdict" } },
    });
    const link = attach(replacement.program("drop"));
    assert.equal(run(entry, packet).returnValue, 1);
    link[Symbol.dispose]();
    assert.equal(run(entry, packet).returnValue, 2);
  },
);
