// Needs a process of its own: it moves into a network namespace of its own.
import assert from "node:assert/strict";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, rmdirSync } from "node:fs";
import { connect, createServer, type AddressInfo, type Server } from "node:net";

import { attach, openKernel, type Collection, type Feature, type Link } from "@ocelli/linux";
import { makeCgroup } from "@ocelli/testkit";

import { enterCgroup } from "../support/enter-cgroup.ts";
import { featureTest, littleEndian, numbersOf, words } from "../support/feature-test.ts";
import { isolateNetwork, portBytes, receiver, send } from "../support/network.ts";

isolateNetwork();

const kernel = openKernel();

/** A test in which the program is attached to a cgroup; `body` says when this process is inside. */
function cgroupTest(
  feature: string,
  options: { readonly program: string; readonly needs?: readonly Feature[] },
  body: (
    collection: Collection,
    attached: () => Link & Disposable,
    folder: string,
  ) => void | Promise<void>,
): void {
  const { program, needs = ["cgroup_link"] } = options;
  featureTest(
    feature,
    { fixture: "feature-cgroup", programs: [program], needs },
    async (collection) => {
      const folder = makeCgroup(program);
      try {
        await body(
          collection,
          () => attach(collection.program(program), { cgroup: folder }),
          folder,
        );
      } finally {
        rmdirSync(folder);
      }
    },
  );
}

const codeOf = (run: () => unknown): string => {
  try {
    run();
    return "";
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  }
};

cgroupTest("cgroup_skb/egress", { program: "on_egress" }, async (collection, attached, folder) => {
  await using target = await receiver();
  collection.variable("port").write(portBytes(target.port));
  using _inside = enterCgroup(folder);
  {
    using _link = attached();
    assert.deepEqual(await send(target.port, "refused"), ["EPERM"]);
  }
  assert.deepEqual(await send(target.port, "sent"), []);
  assert.deepEqual([target.received, numbersOf(collection, "seen")], [["sent"], { seen: 1 }]);
});

cgroupTest(
  "cgroup_skb/ingress",
  { program: "on_ingress" },
  async (collection, attached, folder) => {
    using _inside = enterCgroup(folder);
    await using target = await receiver();
    collection.variable("port").write(portBytes(target.port));
    {
      using _link = attached();
      assert.deepEqual(await send(target.port, "lost"), []);
    }
    await send(target.port, "sent");
    assert.deepEqual([target.received, numbersOf(collection, "seen")], [["sent"], { seen: 1 }]);
  },
);

cgroupTest("cgroup/sock_create", { program: "on_create" }, (collection, attached, folder) => {
  using _inside = enterCgroup(folder);
  // AF_INET, SOCK_DGRAM and SOCK_STREAM
  const make = (type: number): number => {
    const fd = kernel.syscall("socket", 2, type, 0);
    if (fd >= 0) kernel.syscall("close", fd);
    return Math.min(fd, 0);
  };
  {
    using _link = attached();
    assert.deepEqual([make(2), make(1)], [-1, 0]);
  }
  assert.equal(make(2), 0);
  assert.deepEqual(numbersOf(collection, "seen"), { seen: 1 });
});

/** struct sockaddr_in for 127.0.0.1. */
function address(port: number): Uint8Array {
  return Uint8Array.of(2, 0, port >> 8, port & 255, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0);
}

/** Binds a socket, and gives the result and the port that it got. */
function bindTo(port: number): { readonly result: number; readonly local: number } {
  const fd = kernel.syscall("socket", 2, 2, 0);
  const result = kernel.syscall("bind", fd, address(port), 16);
  const table = readFileSync("/proc/self/net/udp", "latin1");
  const bound = /^\s*\d+: 0100007F:(?!0000)(\w{4})/m.exec(table)?.[1] ?? "0";
  kernel.syscall("close", fd);
  return { result, local: Number.parseInt(bound, 16) };
}

cgroupTest("cgroup/bind4", { program: "on_bind" }, (collection, attached, folder) => {
  using _inside = enterCgroup(folder);
  collection.variable("port").write(portBytes(4000));
  collection.variable("other_port").write(portBytes(4001));
  {
    using _link = attached();
    assert.deepEqual(bindTo(4000), { result: 0, local: 4001 });
  }
  assert.deepEqual(bindTo(4000), { result: 0, local: 4000 });
  assert.deepEqual(numbersOf(collection, "seen"), { seen: 1 });
});

cgroupTest("cgroup/post_bind4", { program: "on_bound" }, (collection, attached, folder) => {
  using _inside = enterCgroup(folder);
  collection.variable("port").write(portBytes(4002));
  {
    using _link = attached();
    assert.deepEqual([bindTo(4002).result, bindTo(4003).result], [-1, 0]);
  }
  assert.equal(bindTo(4002).result, 0);
  assert.deepEqual(numbersOf(collection, "seen"), { seen: 1 });
});

async function listen(): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer((peer) => peer.end("here")).listen(0, "127.0.0.1");
  await once(server, "listening");
  // A server listens on an address and a port, not on a path.
  return { server, port: (server.address() as AddressInfo).port };
}

async function close(server: Server): Promise<void> {
  server.close();
  await once(server, "close");
}

cgroupTest("cgroup/connect4", { program: "on_connect" }, async (collection, attached, folder) => {
  using _inside = enterCgroup(folder);
  const { server, port } = await listen();
  collection.variable("port").write(portBytes(7));
  collection.variable("other_port").write(portBytes(port));
  {
    using _link = attached();
    const client = connect(7, "127.0.0.1");
    const data: unknown[] = await once(client, "data");
    assert.deepEqual([String(data[0]), client.remotePort], ["here", port]);
    await once(client, "close");
  }
  assert.deepEqual(numbersOf(collection, "seen"), { seen: 1 });
  await close(server);
});

cgroupTest(
  "cgroup/getpeername4",
  { program: "on_peer_name" },
  async (collection, attached, folder) => {
    using _inside = enterCgroup(folder);
    const { server, port } = await listen();
    collection.variable("other_port").write(portBytes(9999));
    using _link = attached();
    const client = connect(port, "127.0.0.1");
    await once(client, "connect");
    const seen = client.remotePort;
    client.resume();
    await once(client, "close");
    assert.equal(seen, 9999);
    assert.ok((numbersOf(collection, "seen")["seen"] ?? 0) >= 1);
    await close(server);
  },
);

cgroupTest("cgroup/sendmsg4", { program: "on_send" }, async (collection, attached, folder) => {
  using _inside = enterCgroup(folder);
  await using target = await receiver();
  collection.variable("port").write(portBytes(9));
  collection.variable("other_port").write(portBytes(target.port));
  using _link = attached();
  await send(9, "redirected");
  assert.deepEqual([target.received, numbersOf(collection, "seen")], [["redirected"], { seen: 1 }]);
});

cgroupTest("cgroup/recvmsg4", { program: "on_receive" }, async (collection, attached, folder) => {
  using _inside = enterCgroup(folder);
  await using target = await receiver();
  const ports: number[] = [];
  target.socket.on("message", (_message, from) => ports.push(from.port));
  collection.variable("other_port").write(portBytes(8888));
  using _link = attached();
  await send(target.port, "from another port");
  assert.deepEqual([ports, numbersOf(collection, "seen")], [[8888], { seen: 1 }]);
});

const LEVEL = 0x0ce1;

featureTest(
  "cgroup/setsockopt and cgroup/getsockopt, with socket storage",
  { fixture: "feature-cgroup", programs: ["on_set", "on_get"], needs: ["cgroup_link"] },
  (collection) => {
    const folder = makeCgroup("sockopt");
    try {
      using _inside = enterCgroup(folder);
      using _set = attach(collection.program("on_set"), { cgroup: folder });
      using _get = attach(collection.program("on_get"), { cgroup: folder });
      const fd = kernel.syscall("socket", 2, 2, 0);
      const value = words(0);
      assert.equal(kernel.syscall("setsockopt", fd, LEVEL, 1, words(41), 4), 0);
      assert.equal(kernel.syscall("getsockopt", fd, LEVEL, 1, value, words(4)), 0);
      assert.deepEqual(value, words(42));
      assert.equal(littleEndian(collection.map("options").lookup(words(fd)) ?? words(0)), 41);
      kernel.syscall("close", fd);
      assert.deepEqual(numbersOf(collection, "seen"), { seen: 2 });
    } finally {
      rmdirSync(folder);
    }
  },
);

cgroupTest("cgroup/sysctl", { program: "on_sysctl" }, (collection, attached, folder) => {
  using _inside = enterCgroup(folder);
  const read = (name: string) => (): string => readFileSync(`/proc/sys/kernel/${name}`, "utf8");
  {
    using _link = attached();
    assert.deepEqual([codeOf(read("ostype")), codeOf(read("osrelease"))], ["EPERM", ""]);
  }
  assert.equal(read("ostype")(), "Linux\n");
  assert.deepEqual(numbersOf(collection, "seen"), { seen: 1 });
});

cgroupTest("cgroup/dev", { program: "on_device" }, (collection, attached, folder) => {
  using _inside = enterCgroup(folder);
  const open = (path: string) => (): void => {
    closeSync(openSync(path, "r"));
  };
  {
    using _link = attached();
    assert.deepEqual([codeOf(open("/dev/zero")), codeOf(open("/dev/null"))], ["EPERM", ""]);
  }
  open("/dev/zero")();
  assert.deepEqual(numbersOf(collection, "seen"), { seen: 1 });
});

cgroupTest("sockops", { program: "on_tcp" }, async (collection, attached, folder) => {
  using _inside = enterCgroup(folder);
  const { server, port } = await listen();
  {
    using _link = attached();
    const client = connect(port, "127.0.0.1");
    client.resume();
    await once(client, "close");
  }
  // Both ends are in the cgroup.
  assert.deepEqual(numbersOf(collection, "seen"), { seen: 2 });
  await close(server);
});

cgroupTest(
  "lsm_cgroup",
  { program: "on_lsm_bind", needs: ["lsm_cgroup"] },
  (collection, attached, folder) => {
    using _inside = enterCgroup(folder);
    {
      using _link = attached();
      assert.equal(bindTo(4005).result, -1);
    }
    assert.equal(bindTo(4005).result, 0);
    assert.deepEqual(numbersOf(collection, "seen"), { seen: 1 });
  },
);
