// Needs a process of its own: it moves into a network namespace of its own.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type AddressInfo } from "node:net";
import { release } from "node:os";

import {
  attach,
  compareReleases,
  listInterfaces,
  openKernel,
  putObject,
  run,
  setInterfaceUp,
  type AttachOptions,
} from "@ocelli/linux";

import { featureTest, numbersOf } from "../support/feature-test.ts";
import {
  isolateNetwork,
  newestSocket,
  portBytes,
  receiver,
  send,
  sendTo,
} from "../support/network.ts";

isolateNetwork();

const fixture = "feature-network";

for (const [feature, program, needs, options] of [
  ["XDP", "on_xdp", ["xdp_link"], { interface: "lo" }],
  ["tcx, ingress", "on_ingress", ["tcx"], { interface: "lo" }],
  ["tcx, egress", "on_egress", ["tcx"], { interface: "lo" }],
  [
    "Traffic control: tcx, or clsact before it",
    "on_tc",
    [],
    { interface: "lo", direction: "ingress" },
  ],
] as const) {
  featureTest(feature, { fixture, programs: [program], needs }, async (collection) => {
    await using target = await receiver();
    collection.variable("port").write(portBytes(target.port));
    const link = attach(collection.program(program), options satisfies AttachOptions);
    await send(target.port, "dropped", "as well");
    assert.deepEqual(
      [target.received, numbersOf(collection, "seen", "bytes")],
      [[], { seen: 2, bytes: 2 * (8 + 7) }],
    );
    link[Symbol.dispose]();
    await send(target.port, "let through");
    assert.deepEqual(
      [target.received, numbersOf(collection, "seen")],
      [["let through"], { seen: 2 }],
    );
  });
}

featureTest(
  "netkit",
  { fixture, programs: ["on_primary"], needs: ["netkit"] },
  async (collection) => {
    const { status, stderr } = spawnSync("ip", ["link", "add", "ocelli-nk", "type", "netkit"], {
      encoding: "utf8",
    });
    assert.equal(status, 0, stderr);
    try {
      // Both ends have to be up; the kernel names the other one.
      for (const { name, type } of listInterfaces(openKernel()))
        if (type === "netkit") setInterfaceUp(openKernel(), name, true);
      spawnSync("ip", ["addr", "add", "10.77.0.1/24", "dev", "ocelli-nk"]);
      collection.variable("port").write(portBytes(4242));
      {
        using _link = attach(collection.program("on_primary"), { interface: "ocelli-nk" });
        await sendTo("10.77.0.2", 4242, "first", "second");
      }
      await sendTo("10.77.0.2", 4242, "not seen");
      assert.deepEqual(numbersOf(collection, "seen", "bytes"), { seen: 2, bytes: 8 + 5 + 8 + 6 });
    } finally {
      spawnSync("ip", ["link", "del", "ocelli-nk"]);
    }
  },
);

featureTest("Socket filters", { fixture, programs: ["on_socket"] }, async (collection) => {
  await using target = await receiver();
  const link = attach(collection.program("on_socket"), { socketFd: newestSocket() });
  await send(target.port, "#12345", "-67", "whole");
  assert.deepEqual(
    [target.received, numbersOf(collection, "seen")],
    [["#12", "whole"], { seen: 2 }],
  );
  link[Symbol.dispose]();
  await send(target.port, "#12345");
  assert.deepEqual(target.received, ["#12", "whole", "#12345"]);
});

featureTest(
  "netfilter",
  { fixture, programs: ["on_netfilter"], needs: ["netfilter"] },
  async (collection) => {
    await using target = await receiver();
    const where = { family: "ipv4", hook: "input", priority: -5 } as const;
    const link = attach(collection.program("on_netfilter"), { netfilter: where });
    await send(target.port, "x".repeat(777), "y");
    assert.deepEqual([target.received, numbersOf(collection, "seen")], [["y"], { seen: 1 }]);
    link[Symbol.dispose]();
    await send(target.port, "x".repeat(777));
    assert.equal(target.received.length, 2);
  },
);

featureTest(
  "sk_lookup, with a sockmap",
  { fixture, programs: ["on_lookup"], needs: ["sk_lookup"] },
  async (collection) => {
    const server = createServer((peer) => peer.end("here")).listen(0, "127.0.0.1");
    await once(server, "listening");
    putObject(collection.map("listeners"), 0, newestSocket());
    // A server listens on an address and a port, not on a path.
    const { port } = server.address() as AddressInfo;
    const other = port === 7 ? 8 : 7;
    collection.variable("port").write(portBytes(other));
    const link = attach(collection.program("on_lookup"));
    const client = connect(other, "127.0.0.1");
    const data: unknown[] = await once(client, "data");
    assert.equal(String(data[0]), "here");
    assert.deepEqual(numbersOf(collection, "seen"), { seen: 1 });
    link[Symbol.dispose]();
    const refused = connect(other, "127.0.0.1");
    const errors: unknown[] = await once(refused, "error");
    assert.match(String(errors[0]), /ECONNREFUSED/);
    server.close();
    await once(server, "close");
  },
);

/** An Ethernet frame with an IPv4 header and the beginning of a UDP header, from port 1000 to 2000. */
function datagram(): Uint8Array {
  const frame = new Uint8Array(64);
  frame.set([0x08, 0x00, 0x45, 0, 0, 50, 0, 0, 0, 0, 64, 17, 0, 0, 127, 0, 0, 1, 127, 0, 0, 2], 12);
  frame.set([0x03, 0xe8, 0x07, 0xd0, 0, 30, 0, 0], 34);
  return frame;
}

featureTest(
  "Flow dissectors",
  { fixture, programs: ["on_dissect", "ask_for_hash"], needs: ["netns_link"] },
  async (collection) => {
    const dissector = collection.program("on_dissect");
    const { returnValue, data } = run(dissector, { data: datagram() });
    // Before 6.1 a test run of a dissector gave "did it work", since then the program's own BPF_OK, which is 0.
    const success = compareReleases(release(), "6.1") < 0 ? 1 : 0;
    // struct bpf_flow_keys: u16 nhoff, thoff, addr_proto; u8 flags[4]; u8 ip_proto; … sport and dport at 12
    const keys = Buffer.from(data);
    assert.deepEqual(
      [
        returnValue,
        keys.readUInt16LE(0),
        keys.readUInt16LE(2),
        keys[9],
        keys.readUInt16BE(12),
        keys.readUInt16BE(14),
      ],
      [success, 14, 34, 17, 1000, 2000],
    );
    const before = numbersOf(collection, "seen")["seen"] ?? 0;
    using _dissector = attach(dissector);
    using _traffic = attach(collection.program("ask_for_hash"), {
      interface: "lo",
      direction: "ingress",
    });
    await using target = await receiver();
    await send(target.port, "one", "two");
    const { seen = 0, bytes = 0 } = numbersOf(collection, "seen", "bytes");
    assert.deepEqual(
      [seen - before >= 2, bytes >= 2, target.received],
      [true, true, ["one", "two"]],
    );
  },
);
