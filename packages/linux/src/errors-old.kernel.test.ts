// What is said on kernels, and systems, that lack what was asked for.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";

import { mapSpec } from "@ocelli/bpf";
import {
  countingProgram,
  kernelTest,
  onRelease,
  refusingKernel,
  sentenceOf,
} from "@ocelli/testkit";

import { readLinkInfo } from "./link/info.ts";
import { attachRawTracepoint } from "./link/raw-tracepoint.ts";
import { attachXdp } from "./link/xdp.ts";
import { createMap } from "./map/create.ts";
import { ERRNO } from "./port/errno.ts";
import { openKernel } from "./port/koffi.ts";
import { Program } from "./program/program.ts";

const kernel = openKernel();

kernelTest("an error says which kernel a link's info needs", {}, () => {
  using counting = countingProgram("raw_tracepoint");
  using link = attachRawTracepoint(counting.program, { tracepoint: "sys_enter" });
  assert.equal(link.closed, false);
  assert.equal(
    onRelease("5.7.19", () => sentenceOf(() => readLinkInfo(kernel, 0))),
    "unsupported: Cannot read the info of a link: links by id need Linux 5.8, running 5.7.19",
  );
});

kernelTest("an error says which kernel a link needs", {}, () => {
  using counting = countingProgram("xdp");
  const refusing = refusingKernel({ commands: { link_create: ERRNO.EINVAL } });
  const program = new Program(refusing, counting.program.fd, { name: "p", type: "xdp" });
  assert.equal(
    onRelease("5.8.0", () =>
      sentenceOf(() => attachXdp(program, { interface: "lo", via: "link" })),
    ),
    'unsupported: Cannot attach "p" to XDP of interface "lo": XDP links need Linux 5.9, running 5.8.0',
  );
});

kernelTest("an error says which kernel a type of map needs", {}, () => {
  const refusing = refusingKernel({ commands: { map_create: ERRNO.EINVAL } });
  const spec = mapSpec({ name: "seen", type: "bloom_filter", valueSize: 4, maxEntries: 8 });
  assert.equal(
    onRelease("5.15.0", () => sentenceOf(() => createMap(refusing, spec))),
    'unsupported: Cannot create map "seen" of type bloom_filter as bloom filter maps need Linux 5.16: running 5.15.0',
  );
});

kernelTest("an error says which rights a map needs", {}, () => {
  const refusing = refusingKernel({ commands: { map_create: ERRNO.EPERM } });
  const spec = mapSpec({ name: "seen", type: "hash", keySize: 4, valueSize: 4, maxEntries: 8 });
  assert.match(
    sentenceOf(() => createMap(refusing, spec)),
    /^permission: Cannot create map "seen" of type hash: EPERM, /,
  );
});

kernelTest("an error says which systems have BPF", {}, () => {
  const script = `
    import { openKernel } from ${JSON.stringify(new URL("port/koffi.ts", import.meta.url).href)};
    Object.defineProperty(process, "platform", { value: "darwin" });
    try { openKernel(); } catch (error) { console.log(error.code + ": " + error.message); }
  `;
  const child = spawnSync(
    process.execPath,
    ["--conditions=development", "--no-warnings", "--input-type=module", "--eval", script],
    { encoding: "utf8" },
  );
  assert.deepEqual(
    [child.stderr, child.stdout],
    [
      "",
      `unsupported: Cannot reach BPF on darwin/${process.arch}: Linux on x64 or arm64 is needed\n`,
    ],
  );
});
