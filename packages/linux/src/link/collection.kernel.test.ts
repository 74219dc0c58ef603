import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { formatDiagnostic, readCollection, type CollectionSpec } from "@ocelli/bpf";
import { assertNoLeaks, CLANG_PACKAGE, fixture, kernelTest } from "@ocelli/testkit";

import { loadCollection } from "../collection/load.ts";
import { run } from "../program/run.ts";
import { attach } from "./attach.ts";
import { attachFreplace } from "./freplace.ts";
import { attachStructOps } from "./struct-ops.ts";

const tools = [CLANG_PACKAGE];

function read(name: string): CollectionSpec {
  const result = readCollection(fixture(name));
  if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join("\n"));
  return result.value;
}

const packet = { data: new Uint8Array(64) };
const XDP_DROP = 1;
const XDP_PASS = 2;

kernelTest(
  "attachFreplace() replaces a function of a loaded program until it ends",
  { needs: ["freplace", "fentry"], tools },
  () => {
    using target = loadCollection(read("link-target"), { name: "target" });
    const entry = target.program("entry");
    using replacement = loadCollection(read("link-replacement"), {
      name: "replacement",
      targets: { drop: { program: entry, functionName: "verdict" } },
    });
    const drop = replacement.program("drop");
    assert.equal(run(entry, packet).returnValue, XDP_PASS);
    const link = attach(drop);
    assert.deepEqual([link.kind, link.target], ["freplace", 'function "verdict"']);
    assert.equal(run(entry, packet).returnValue, XDP_DROP);
    assert.throws(() => attachFreplace(drop), {
      message: /^Cannot attach "drop" to function "verdict": /,
    });
    link[Symbol.dispose]();
    assert.equal(run(entry, packet).returnValue, XDP_PASS);
  },
);

kernelTest(
  "attachStructOps() registers by a link or by value, until it ends",
  { needs: ["struct_ops_link", "fentry"], tools },
  () => {
    const algorithms = (): string[] =>
      readFileSync("/proc/sys/net/ipv4/tcp_available_congestion_control", "utf8")
        .trim()
        .split(" ")
        .filter((name) => name.startsWith("ocelli_"));
    using collection = loadCollection(read("link-struct-ops"), { name: "congestion" });
    const link = attachStructOps(collection.map("linked"), collection.structOps.get("linked"));
    const plain = attachStructOps(collection.map("plain"), collection.structOps.get("plain"));
    assert.deepEqual([link.info()?.type, plain.info()], ["struct_ops", undefined]);
    assert.deepEqual(algorithms().toSorted(), ["ocelli_linked", "ocelli_plain"]);
    link[Symbol.dispose]();
    plain[Symbol.dispose]();
    assert.deepEqual(algorithms(), []);
  },
);

kernelTest("attach() of a collection's programs leaves nothing behind", { tools }, () =>
  assertNoLeaks(() => {
    using collection = loadCollection(read("link-target"), { name: "target" });
    assert.throws(() => attach(collection.program("entry")), {
      code: "invalid",
      message:
        'Cannot attach "entry": a program of section "xdp" and type xdp needs the option "interface"',
    });
  }),
);
