import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmdirSync } from "node:fs";

import { mapSpec } from "@ocelli/bpf";
import { assertNoLeaks, countingProgram, kernelTest, kernelTypeId } from "@ocelli/testkit";

import { createMap } from "../map/create.ts";
import { mountBpffs } from "../pin/bpffs.ts";
import { openKernel } from "../port/koffi.ts";
import { loadProgram } from "../program/load.ts";
import type { Program } from "../program/program.ts";
import { attachIterator, readIterator } from "./iterator.ts";
import { openLinkById, openPinnedLink } from "./open.ts";

const kernel = openKernel();

/** An iterator that writes one letter for every element, with bpf_seq_write. */
function writing(name: string): Program {
  const code = Buffer.from(
    [
      "7911000000000000", // r1 = ctx->meta
      "7911000000000000", // r1 = meta->seq
      "b702000061000000", // r2 = 'a'
      "732af8ff00000000", // *(u8 *)(r10 - 8) = r2
      "bfa2000000000000", // r2 = r10
      "07020000f8ffffff", // r2 -= 8
      "b703000001000000", // r3 = 1
      "850000007f000000", // bpf_seq_write(seq, data, length)
      "b700000000000000", // r0 = 0
      "9500000000000000", // exit
    ].join(""),
    "hex",
  );
  return loadProgram(kernel, {
    type: "tracing",
    bytes: code,
    name,
    license: "GPL",
    attachType: "trace_iter",
    attachTo: name,
    attachBtfId: kernelTypeId(`bpf_iter_${name}`, "func"),
  });
}

kernelTest(
  "readIterator() gives what the program wrote about every task",
  { needs: ["iter"] },
  () =>
    assertNoLeaks((track) => {
      using program = writing("task");
      using link = track(attachIterator(program));
      const text = readIterator(kernel, link);
      assert.match(text, /^a{10,}$/);
      const info = link.info();
      assert.deepEqual(info?.type === "iter" ? info.iterator : undefined, "task");
    }),
);

kernelTest("attachIterator() walks over one map", { needs: ["iter"] }, () =>
  assertNoLeaks(() => {
    using program = writing("bpf_map_elem");
    using map = createMap(kernel, mapSpec({ name: "three", type: "array", maxEntries: 3 }));
    using link = attachIterator(program, { map });
    // One letter for each element, and one for the end.
    assert.equal(readIterator(kernel, link), "aaaa");
    assert.throws(() => attachIterator(program), {
      message:
        /^Cannot attach "bpf_map_elem" to iterator "bpf_map_elem": .*it walks over .* that must be named/,
    });
  }),
);

kernelTest(
  "attachIterator() refuses what is no iterator, and readIterator() no iterator's link",
  { needs: ["iter"] },
  () =>
    assertNoLeaks(() => {
      using counting = countingProgram("tracing", {
        name: "watch",
        attachType: "trace_raw_tp",
        attachTo: "sys_enter",
        attachBtfId: kernelTypeId("btf_trace_sys_enter", "typedef"),
      });
      assert.throws(() => attachIterator(counting.program), {
        code: "invalid",
        message:
          'Cannot attach "watch" to iterator "sys_enter": the program is no iterator, or it walks over something that must be named: "map" or "cgroup" (EINVAL)',
      });
      using program = writing("task");
      assert.throws(
        () => attachIterator(program, { cgroup: { path: "/nowhere", order: "self" } }),
        {
          code: "not-found",
          message: 'Cannot attach "task" to iterator "task": there is no cgroup folder "/nowhere"',
        },
      );
    }),
);

kernelTest(
  "a pinned link stays, is read as a file, and goes when it is unpinned",
  { needs: ["iter"] },
  () =>
    assertNoLeaks((track) => {
      mountBpffs(kernel);
      const folder = `/sys/fs/bpf/ocelli-link-${process.pid}`;
      mkdirSync(folder);
      const path = `${folder}/tasks`;
      try {
        using program = writing("task");
        const link = track(attachIterator(program));
        const id = link.info()?.id ?? 0;
        link.pin(path);
        assert.throws(
          () => {
            link.pin(`${folder}/again`);
          },
          {
            message: `Cannot pin the link on iterator "task" as "${folder}/again": it is pinned as "${path}", unpin it first`,
          },
        );
        link[Symbol.dispose]();
        assert.match(readFileSync(path, "latin1"), /^a{10,}$/);
        using byId = openLinkById(kernel, id);
        assert.deepEqual([byId.kind, byId.info()?.id], ["iter", id]);
        using again = openPinnedLink(kernel, path);
        assert.deepEqual([again.kind, again.info()?.id], ["iter", id]);
        again.unpin();
        assert.throws(() => openPinnedLink(kernel, path), { code: "not-found" });
      } finally {
        rmdirSync(folder);
      }
    }),
);

kernelTest("openLinkById() says that there is none", {}, () => {
  assert.throws(() => openLinkById(kernel, 0x7fffffff), {
    code: "not-found",
    message: "Cannot open link 2147483647: there is no link with this id (ENOENT)",
  });
});
