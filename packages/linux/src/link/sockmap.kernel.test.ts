import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

import { mapSpec } from "@ocelli/bpf";
import { assertNoLeaks, countingProgram, kernelTest } from "@ocelli/testkit";

import { createMap } from "../map/create.ts";
import { openKernel } from "../port/koffi.ts";
import { attachLirc } from "./lirc.ts";
import { attachSockmap } from "./sockmap.ts";
import { attachStructOps } from "./struct-ops.ts";

const kernel = openKernel();

/** The descriptor of a socket of Node, which keeps it to itself. */
function descriptorOf(socket: Socket): number {
  const handle: unknown = Reflect.get(socket, "_handle");
  assert.ok(typeof handle === "object" && handle !== null && "fd" in handle);
  return Number(handle.fd);
}

async function close(socket: Socket): Promise<void> {
  const closed = once(socket, "close");
  socket.destroy();
  await closed;
}

kernelTest("attachSockmap() judges what the sockets of a map send, until it ends", {}, async () => {
  const server = createServer((peer) => peer.resume()).listen(0, "127.0.0.1");
  await once(server, "listening");
  // A server listens on an address and a port, not on a path.
  const { port } = server.address() as AddressInfo;
  const client = connect(port, "127.0.0.1");
  await once(client, "connect");
  await assertNoLeaks(async () => {
    using map = createMap(kernel, mapSpec({ name: "sockets", type: "sockmap", maxEntries: 2 }));
    using counting = countingProgram("sk_msg", { attachType: "sk_msg_verdict", returns: 1 });
    const link = attachSockmap(counting.program, { map });
    map.update(new Uint8Array(4), new Uint8Array(Int32Array.of(descriptorOf(client)).buffer));
    await new Promise<void>((resolve) => {
      client.write("x", () => {
        resolve();
      });
    });
    assert.equal(counting.count(), 1);
    map.delete(new Uint8Array(4));
    link[Symbol.dispose]();
    assert.throws(
      () => attachSockmap(counting.program, { map, attachType: "sk_skb_stream_parser" }),
      {
        code: "invalid",
        message:
          /^Cannot attach "count" to map "sockets" as sk_skb_stream_parser: .*the program is for another hook/,
      },
    );
  });
  await close(client);
  server.close();
  await once(server, "close");
});

kernelTest("attachSockmap() wants a map of sockets and a hook", {}, () =>
  assertNoLeaks(() => {
    using map = createMap(kernel, mapSpec({ name: "numbers", type: "array" }));
    using verdict = countingProgram("sk_skb", { name: "judge", returns: 1 });
    assert.throws(() => attachSockmap(verdict.program, { map }), {
      code: "invalid",
      message:
        'Cannot attach "judge" to map "numbers" as sk_skb: say which hook with "attachType", e.g. "sk_skb_stream_verdict"',
    });
    assert.throws(
      () => attachSockmap(verdict.program, { map, attachType: "sk_skb_stream_verdict" }),
      {
        code: "invalid",
        message:
          'Cannot attach "judge" to map "numbers" as sk_skb_stream_verdict: it is a map of type array, sockmap or sockhash is needed',
      },
    );
  }),
);

kernelTest("attachLirc() says that there is no receiver", {}, () =>
  assertNoLeaks(() => {
    using other = countingProgram("socket_filter", { name: "decode" });
    assert.throws(() => attachLirc(other.program, { device: "/dev/lirc77" }), {
      code: "invalid",
      message:
        'Cannot attach "decode" to infrared receiver "/dev/lirc77": it is a program of type socket_filter, lirc_mode2 is needed',
    });
  }),
);

kernelTest("attachStructOps() wants a map of struct_ops", {}, () =>
  assertNoLeaks(() => {
    using map = createMap(kernel, mapSpec({ name: "numbers", type: "array" }));
    assert.throws(() => attachStructOps(map), {
      code: "invalid",
      message:
        'Cannot register struct_ops "numbers": it is a map of type array, struct_ops is needed',
    });
  }),
);
