import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server } from "node:net";

import { kernelTest, programFixture } from "@ocelli/testkit";

import { createObserver } from "./observe.ts";

const { observe } = createObserver(programFixture);

const SENT = 5;
const ANSWERED = 1000;

/** A server that answers `ANSWERED` bytes and closes. */
async function serve(host: string): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer((socket) => {
    socket.once("data", () => socket.end(Buffer.alloc(ANSWERED)));
  });
  server.listen(0, host);
  await once(server, "listening");
  // A server that listens on a port has an address of that kind.
  return { server, port: (server.address() as AddressInfo).port };
}

/** Connects, sends, reads the answer and closes. */
async function talk(host: string, port: number): Promise<number> {
  const socket = connect(port, host);
  await once(socket, "connect");
  const local = socket.localPort ?? 0;
  socket.write(Buffer.alloc(SENT));
  socket.resume();
  await once(socket, "close");
  return local;
}

async function exchange(host: string): Promise<{ port: number; local: number }> {
  const { server, port } = await serve(host);
  const local = await talk(host, port);
  server.close();
  await once(server, "close");
  // The last states are set when the other side's acknowledgement comes.
  await new Promise((resolve) => {
    setTimeout(resolve, 50);
  });
  return { port, local };
}

const NEEDS = { needs: ["tp_btf", "ringbuf"] } as const;

kernelTest("tcpconnect tells connections over IPv4 and IPv6", NEEDS, async () => {
  const ports: number[] = [];
  const rows = await observe("tcpconnect", async () => {
    for (const host of ["127.0.0.1", "::1"]) ports.push((await exchange(host)).port);
  });
  const mine = rows.filter(({ pid }) => pid === process.pid);
  assert.deepEqual(
    mine.map(({ uid, from, to, port }) => ({ uid, from, to, port })),
    [
      { uid: 0, from: "127.0.0.1", to: "127.0.0.1", port: ports[0] },
      { uid: 0, from: "::1", to: "::1", port: ports[1] },
    ],
  );
});

kernelTest("tcplife tells who talked with whom, and how much", NEEDS, async () => {
  let ports = { port: 0, local: 0 };
  const rows = await observe("tcplife", async () => {
    ports = await exchange("127.0.0.1");
  });
  const client = rows.filter(({ port }) => port === ports.port);
  assert.deepEqual(
    client.map(({ pid, from, to }) => ({ pid, from, to })),
    [{ pid: process.pid, from: "127.0.0.1", to: "127.0.0.1" }],
  );
  // The kernel counts the FIN as a byte, and the SYN of ours, once they are acknowledged.
  const received = Number(client[0]?.["received"]);
  assert.ok(received >= ANSWERED && received <= ANSWERED + 1, `${received} bytes`);
  const sent = Number(client[0]?.["sent"]);
  assert.ok(sent >= SENT && sent <= SENT + 2, `${sent} bytes`);
  const server = rows.filter(({ port }) => port === ports.local);
  assert.equal(server.length, 1);
  assert.ok(Number(client[0]?.["ms"]) > 0);
});

kernelTest("tcpstates tells a connection's states in order", NEEDS, async () => {
  let ports = { port: 0, local: 0 };
  const rows = await observe("tcpstates", async () => {
    ports = await exchange("127.0.0.1");
  });
  const client = rows.filter(({ port }) => port === ports.port);
  const [first] = client;
  assert.deepEqual(
    [first?.["before"], first?.["now"], first?.["pid"]],
    ["CLOSE", "SYN_SENT", process.pid],
  );
  const states = client.map(({ now }) => now);
  assert.equal(states[1], "ESTABLISHED");
  assert.equal(states.at(-1), "CLOSE");
  client.slice(1).forEach(({ before, ms }, index) => {
    assert.equal(before, states[index]);
    assert.ok(Number(ms) > 0);
  });
});

kernelTest("tcprtt measures round trips of one port", { needs: ["tp_btf"] }, async () => {
  const { server, port } = await serve("127.0.0.1");
  const rows = await observe(
    "tcprtt",
    async () => {
      await talk("127.0.0.1", port);
    },
    { config: { remote: port } },
  );
  server.close();
  const count = rows.reduce((sum, row) => sum + Number(row["count"]), 0);
  assert.ok(count > 0);
  assert.ok(rows.every((row) => Number(row["us_from"]) < 1_000_000));
});

kernelTest(
  "bindsnoop tells sockets that are bound, and errors",
  { needs: ["ringbuf"] },
  async () => {
    let port = 0;
    const rows = await observe("bindsnoop", async () => {
      const first = createServer().listen(0, "127.0.0.1");
      await once(first, "listening");
      ({ port } = first.address() as AddressInfo);
      const second = createServer().listen(port, "127.0.0.1");
      await once(second, "error");
      const sixth = createServer().listen(0, "::1");
      await once(sixth, "listening");
      sixth.close();
      first.close();
    });
    const mine = rows.filter(({ pid }) => pid === process.pid);
    assert.deepEqual(
      mine.map(({ address, port: asked, error }) => ({ address, asked, error })),
      [
        { address: "127.0.0.1", asked: 0, error: 0 },
        // libuv keeps EADDRINUSE for listen(2), where SO_REUSEADDR lets bind(2) pass or not.
        { address: "127.0.0.1", asked: port, error: mine[1]?.["error"] },
        { address: "::1", asked: 0, error: 0 },
      ],
    );
  },
);

kernelTest("solisten tells sockets that listen", NEEDS, async () => {
  let port = 0;
  const rows = await observe("solisten", async () => {
    const server = createServer().listen({ port: 0, host: "127.0.0.1", backlog: 17 });
    await once(server, "listening");
    ({ port } = server.address() as AddressInfo);
    server.close();
  });
  const mine = rows.filter(({ pid }) => pid === process.pid);
  assert.deepEqual(
    mine.map(({ address, port: where, backlog }) => ({ address, where, backlog })),
    [{ address: "127.0.0.1", where: port, backlog: 17 }],
  );
});
