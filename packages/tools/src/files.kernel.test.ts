import assert from "node:assert/strict";
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { openKernel } from "@ocelli/linux";
import { kernelTest, programFixture } from "@ocelli/testkit";

import { createObserver } from "./observe.ts";

const { observe } = createObserver(programFixture);

/** A folder of this test's own. */
function folder(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), "ocelli-tools-"));
  return {
    path,
    [Symbol.dispose]: () => {
      rmSync(path, { recursive: true });
    },
  };
}

function refused(action: () => unknown): void {
  assert.throws(action);
}

kernelTest(
  "opensnoop tells files that are opened, and errors",
  { needs: ["ringbuf"] },
  async () => {
    using own = folder();
    const there = join(own.path, "there");
    const absent = join(own.path, "absent");
    writeFileSync(there, "x");
    const workload = (): void => {
      closeSync(openSync(there, "r"));
      refused(() => openSync(absent, "r"));
    };
    const all = await observe("opensnoop", workload, { config: { process: process.pid } });
    const mine = all.filter(({ path }) => String(path).startsWith(own.path));
    assert.deepEqual(
      mine.map(({ pid, path, error, uid }) => ({ pid, path, error, uid })),
      [
        { pid: process.pid, path: there, error: 0, uid: 0 },
        { pid: process.pid, path: absent, error: 2, uid: 0 },
      ],
    );
    assert.ok(Number(mine[0]?.["fd"]) > 2);
    const failures = await observe("opensnoop", workload, {
      config: { failed: 1, process: process.pid },
    });
    assert.deepEqual(
      failures.filter(({ path }) => String(path).startsWith(own.path)).map(({ path }) => path),
      [absent],
    );
  },
);

kernelTest("statsnoop tells files that are looked at", { needs: ["ringbuf"] }, async () => {
  using own = folder();
  const absent = join(own.path, "absent");
  const rows = await observe("statsnoop", () => {
    statSync(own.path);
    refused(() => statSync(absent));
  });
  assert.deepEqual(
    rows
      .filter(({ pid, path }) => pid === process.pid && String(path).startsWith(own.path))
      .map(({ path, error }) => ({ path, error })),
    [
      { path: own.path, error: 0 },
      { path: absent, error: 2 },
    ],
  );
});

kernelTest("mountsnoop tells mounts, unmounts and errors", { needs: ["ringbuf"] }, async () => {
  using own = folder();
  const target = join(own.path, "mounted");
  mkdirSync(target);
  const kernel = openKernel();
  const text = (value: string): Uint8Array => Buffer.from(`${value}\0`);
  const rows = await observe("mountsnoop", () => {
    assert.equal(kernel.syscall("mount", text("none"), text(target), text("tmpfs"), 0, null), 0);
    assert.equal(kernel.syscall("umount2", text(target), 0), 0);
    kernel.syscall("mount", text("none"), text(target), text("no-such-fs"), 0, null);
  });
  assert.deepEqual(
    rows
      .filter(({ pid }) => pid === process.pid)
      .map(({ call, type, source, target: where, error }) => ({
        call,
        type,
        source,
        where,
        error,
      })),
    [
      { call: "mount", type: "tmpfs", source: "none", where: target, error: 0 },
      { call: "umount", type: "", source: "", where: target, error: 0 },
      { call: "mount", type: "no-such-fs", source: "none", where: target, error: 19 },
    ],
  );
});

kernelTest("vfsstat counts reads, writes and openings", { needs: ["kprobe"] }, async () => {
  using own = folder();
  const rows = await observe("vfsstat", () => {
    const file = openSync(join(own.path, "file"), "w+");
    for (let i = 0; i < 20; i += 1) writeSync(file, "x");
    closeSync(file);
    for (let i = 0; i < 20; i += 1) readFileSync(join(own.path, "file"));
  });
  const counts = new Map(rows.map(({ kind, count }) => [kind, Number(count)]));
  assert.deepEqual([...counts.keys()], ["read", "write", "fsync", "open", "create"]);
  for (const kind of ["read", "write", "open"])
    assert.ok((counts.get(kind) ?? 0) >= 20, `${kind}: ${counts.get(kind)}`);
});

kernelTest(
  "fileguard keeps one file from being written, and only that",
  { needs: ["lsm", "ringbuf"] },
  async () => {
    using own = folder();
    const guarded = join(own.path, "guarded");
    const other = join(own.path, "other");
    writeFileSync(guarded, "as it was");
    const inode = BigInt(statSync(guarded).ino);
    const rows = await observe(
      "fileguard",
      () => {
        assert.throws(() => openSync(guarded, "r+"), { code: "EPERM" });
        assert.equal(readFileSync(guarded, "utf8"), "as it was");
        writeFileSync(other, "free");
      },
      { config: { inode } },
    );
    assert.deepEqual(
      rows.map(({ pid, inode: node, denied }) => ({ pid, node, denied })),
      [{ pid: process.pid, node: inode, denied: true }],
    );
    writeFileSync(guarded, "free again");
  },
);
