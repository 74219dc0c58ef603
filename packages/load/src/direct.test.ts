import assert from "node:assert/strict";
import { test } from "node:test";

import { Xdp } from "@ocelli/compiler";

import type * as Drop from "../fixtures/drop-port.bpf.ts";
import type * as Globals from "../fixtures/globals.bpf.ts";
import type * as Openat from "../fixtures/openat.bpf.ts";
import { callDirectly } from "./direct.ts";
import type { TextView } from "./memory-view.ts";

/** A fresh copy of a fixture: maps belong to the module. */
async function fixture<T>(name: string): Promise<T> {
  return (await import(`../fixtures/${name}.bpf.ts?${Math.random()}`)) as T;
}

test("callDirectly() fills records through views of their memory", async () => {
  const openat = await fixture<typeof Openat>("openat");
  using direct = callDirectly({
    ktimeNs: () => 5n,
    pid: () => 7,
    uid: () => 2 ** 32 + 1,
    comm: (into: TextView) => into.write("a name that is far too long"),
    readUserStr: (into: TextView, from: bigint) => into.write(`file ${from}`),
  });
  direct.call(openat.onOpen, { filename: 0x10n });
  assert.deepEqual(direct.records(openat.opens), [
    { ts: 5n, pid: 7, uid: 1, comm: "a name that is ", file: "file 16" },
  ]);
});

test("callDirectly() reads packets and counts in maps", async () => {
  const drop = await fixture<typeof Drop>("drop-port");
  using direct = callDirectly();
  const packet = new Uint8Array(54);
  const view = new DataView(packet.buffer);
  view.setUint16(12, 0x0800);
  packet.set([0x45], 14);
  packet.set([6], 14 + 9);
  view.setUint16(14 + 20 + 2, 8080);
  assert.equal(direct.packet(drop.dropPort, packet), Xdp.DROP);
  assert.equal(direct.packet(drop.dropPort, packet), Xdp.DROP);
  assert.equal(direct.packet(drop.dropPort, packet.subarray(0, 40)), Xdp.PASS);
  assert.deepEqual(direct.entries(drop.drops), [[0, 2n]]);
});

test("callDirectly() keeps structs, arrays and histograms in maps", async () => {
  const globals = await fixture<typeof Globals>("globals");
  using direct = callDirectly();
  const args = [5n, 1000n];
  assert.equal(direct.call(globals.probe, { args }), 1);
  globals.places.set(5, { a: 300, b: 0, name: "five" as never, ports: [80, 0, 65_536 + 7] });
  assert.equal(direct.call(globals.probe, { args }), 7);
  assert.deepEqual(direct.entries(globals.places), [
    [5, { a: 44, b: -1, name: "five", ports: [80, 443, 7] }],
  ]);
  assert.deepEqual(direct.entries(globals.sizes as never), [[10, 1n]]);
});

test("callDirectly() says which helper it needs, and leaves nothing behind", async () => {
  const openat = await fixture<typeof Openat>("openat");
  {
    using direct = callDirectly();
    assert.throws(() => direct.call(openat.onOpen, { filename: 1n }), {
      name: "TypeError",
      message: "Cannot call readUserStr() in Node: give callDirectly() a function of that name",
    });
  }
  const call = openat.onOpen.body as (context: unknown) => void;
  assert.throws(() => {
    call({ filename: 1n });
  }, /exists in a kernel program only/);
});
