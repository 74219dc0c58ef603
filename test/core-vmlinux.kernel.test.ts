import assert from "node:assert/strict";
import { readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";

import { readCollection } from "@ocelli/bpf";
import { codecFromBtf, decodeValue, loadCollection, run } from "@ocelli/linux";
import { CLANG_PACKAGE, fixture, kernelTest } from "@ocelli/testkit";

/** What /proc says of this thread; the fields after the name in parentheses begin with the third of the file. */
function readProc(): Record<string, bigint | string> {
  const text = (name: string): string => readFileSync(`/proc/self/${name}`, "utf8").trim();
  const stat = text("stat")
    .replace(/^.*\) /s, "")
    .split(" ");
  return {
    pid: BigInt(process.pid),
    tgid: BigInt(process.pid),
    parent: BigInt(process.ppid),
    euid: BigInt(process.geteuid?.() ?? -1),
    net_inode: BigInt(/\d+/.exec(readlinkSync("/proc/self/ns/net"))?.[0] ?? 0),
    threads: BigInt(stat[17] ?? 0),
    sid: BigInt(stat[3] ?? 0),
    comm: text("comm"),
    exe: basename(readlinkSync("/proc/self/exe")),
  };
}

kernelTest(
  "an object built against all types of one kernel reads right values on every other",
  { tools: [CLANG_PACKAGE] },
  () => {
    const spec = readCollection(fixture("core-vmlinux", { kernelTypes: true }));
    assert.ok(spec.ok);
    const { btf } = spec.value;
    using collection = loadCollection(spec.value);
    const expected = readProc();
    // A raw tracepoint program runs in the calling thread.
    run(collection.program("read_task"), { context: new Uint8Array(8) });
    const variable = collection.variable("result");
    assert.ok(btf !== undefined);
    const codec = codecFromBtf(btf, variable.spec.typeId);
    const { start_time: started, ...read } = decodeValue(codec, variable.read()) as Record<
      string,
      bigint
    >;
    assert.deepEqual(read, expected);
    assert.ok(started !== undefined && started > 0n && started <= process.hrtime.bigint());
  },
);
