// Needs a process of its own: it moves into a network namespace of its own.
import assert from "node:assert/strict";
import { once } from "node:events";
import { rmdirSync } from "node:fs";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { release } from "node:os";

import { attach, compareReleases, putObject } from "@ocelli/linux";
import { makeCgroup } from "@ocelli/testkit";

import { enterCgroup } from "../support/enter-cgroup.ts";
import { featureTest, numbersOf, words } from "../support/feature-test.ts";
import { isolateNetwork, newestSocket, pause, receiver, send } from "../support/network.ts";

isolateNetwork();

const fixture = "feature-sockets";

interface Connection extends AsyncDisposable {
  readonly client: Socket;
  readonly peer: Socket;
  readonly port: number;
}

/** Two connected sockets of this process. */
async function connection(): Promise<Connection> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  // A server listens on an address and a port, not on a path.
  const { port } = server.address() as AddressInfo;
  const accepted = once(server, "connection") as Promise<[Socket]>;
  const client = connect(port, "127.0.0.1");
  const [peer] = await accepted;
  if (client.connecting) await once(client, "connect");
  return {
    client,
    peer,
    port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of [client, peer]) {
        if (socket.closed) continue;
        const closed = once(socket, "close");
        socket.destroy();
        await closed;
      }
      server.close();
      await once(server, "close");
    },
  };
}

/** The descriptor of a socket of Node, which keeps it to itself. */
function descriptorOf(socket: Socket): number {
  const handle: unknown = Reflect.get(socket, "_handle");
  assert.ok(typeof handle === "object" && handle !== null && "fd" in handle);
  return Number(handle.fd);
}

/** Text that arrives, gathered. */
function gather(socket: Socket): () => string {
  let text = "";
  socket.on("data", (data) => {
    text += String(data);
  });
  return () => text;
}

const settle = (): Promise<void> => pause(process.env["OCELLI_GUEST"] === undefined ? 60 : 300);

featureTest("sk_msg on a sockmap", { fixture, programs: ["on_message"] }, async (collection) => {
  await using pair = await connection();
  const received = gather(pair.peer);
  const link = attach(collection.program("on_message"), { map: collection.map("sockets") });
  putObject(collection.map("sockets"), 0, descriptorOf(pair.client));
  pair.client.on("error", () => {
    // A refused message is EACCES for whoever sends it.
  });
  pair.client.write("let through");
  await settle();
  assert.deepEqual(
    [received(), numbersOf(collection, "seen", "bytes")],
    ["let through", { seen: 1, bytes: 11 }],
  );
  pair.client.write("-refused");
  await settle();
  assert.deepEqual([received(), numbersOf(collection, "seen")], ["let through", { seen: 2 }]);
  link[Symbol.dispose]();
});

featureTest(
  "sk_skb with a stream parser",
  { fixture, programs: ["on_parse", "on_stream"] },
  async (collection) => {
    await using pair = await connection();
    const sockets = collection.map("sockets");
    const returned = gather(pair.client);
    using _parser = attach(collection.program("on_parse"), { map: sockets });
    using _verdict = attach(collection.program("on_stream"), { map: sockets });
    putObject(sockets, 0, descriptorOf(pair.peer));
    pair.client.write("abcdefgh");
    await settle();
    // Before 5.16 the kernel forgot where in the packet a message began: each of the two came with all of it.
    const text = compareReleases(release(), "5.16") < 0 ? "abcdefghabcdefgh" : "abcdefgh";
    assert.deepEqual([returned(), numbersOf(collection, "seen")], [text, { seen: 2 }]);
    sockets.delete(words(0));
  },
);

featureTest(
  "sk_skb without a parser",
  { fixture, programs: ["on_verdict"], needs: ["sk_skb_verdict"] },
  async (collection) => {
    await using pair = await connection();
    const sockets = collection.map("sockets");
    const returned = gather(pair.client);
    using _verdict = attach(collection.program("on_verdict"), { map: sockets });
    putObject(sockets, 0, descriptorOf(pair.peer));
    pair.client.write("echo");
    await settle();
    assert.deepEqual(
      [returned(), numbersOf(collection, "seen", "bytes")],
      ["echo", { seen: 1, bytes: 4 }],
    );
    sockets.delete(words(0));
  },
);

featureTest(
  "sockops that fills a sockhash",
  { fixture, programs: ["on_connected"], needs: ["cgroup_link"] },
  async (collection) => {
    const folder = makeCgroup("sockhash");
    try {
      using _inside = enterCgroup(folder);
      using _link = attach(collection.program("on_connected"), { cgroup: folder });
      await using pair = await connection();
      await settle();
      assert.deepEqual(numbersOf(collection, "seen"), { seen: 1 });
      // The value is the socket's cookie, which is never 0.
      const cookie = collection.map("by_port").lookup(words(pair.port));
      assert.ok(cookie?.some((byte) => byte !== 0));
    } finally {
      rmdirSync(folder);
    }
  },
);

featureTest("sk_reuseport", { fixture, programs: ["on_group"] }, async (collection) => {
  // Both must be of the group before the second is bound: the first one makes it.
  await using first = await receiver({ reusePort: 0 });
  const firstFd = newestSocket();
  await using second = await receiver({ reusePort: first.port });
  const secondFd = newestSocket();
  const group = collection.map("group");
  putObject(group, 0, firstFd);
  putObject(group, 1, secondFd);
  using _link = attach(collection.program("on_group"), { socketFd: firstFd });
  for (const index of [0, 1, 1]) {
    collection.variable("wanted").write(words(index));
    await send(first.port, `to ${index}`);
  }
  assert.deepEqual(
    [first.received, second.received, numbersOf(collection, "seen")],
    [["to 0"], ["to 1", "to 1"], { seen: 3 }],
  );
});
