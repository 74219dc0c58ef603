import assert from "node:assert/strict";
import { mkdirSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { suite } from "node:test";

import { COMMANDS, mapSpec } from "@ocelli/bpf";
import { kernelTest } from "@ocelli/testkit";

import { LinuxError } from "../error.ts";
import { Fd } from "../fd.ts";
import { MapMismatchError } from "../map/compare.ts";
import { createMap } from "../map/create.ts";
import { mapIds, openMapById, openPinnedMap } from "../map/open.ts";
import { encodeAttribute } from "../port/attribute.ts";
import { objectInfo } from "../port/info.ts";
import { openKernel } from "../port/koffi.ts";
import { BPFFS, isBpffs, mountBpffs, pinPath } from "./bpffs.ts";
import { openPinned, pinObject, unpin } from "./pin.ts";
import { openOrCreatePinned } from "./pinned-map.ts";
import { walkPinned } from "./walk.ts";

const kernel = openKernel();
const spec = mapSpec({ name: "flows", type: "hash", keySize: 4, valueSize: 8, maxEntries: 16 });

/** A folder of its own on a BPF file system of its own, gone at the end. */
function ownBpffs(): Disposable & { readonly path: string } {
  const path = `/tmp/ocelli-pin-${process.pid}`;
  mkdirSync(path);
  mountBpffs(kernel, path);
  return {
    path,
    [Symbol.dispose]() {
      kernel.syscall("umount2", new TextEncoder().encode(`${path}\0`), 0);
      rmdirSync(path);
    },
  };
}

function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof LinuxError) return `${error.code}: ${error.message}`;
    if (error instanceof Error) return `${error.name}: ${error.message}`;
  }
  return "accepted";
}

suite("pins", () => {
  kernelTest("pinObject() keeps a map that openPinnedMap() finds, until unpin()", {}, () => {
    using folder = ownBpffs();
    const path = `${folder.path}/kept`;
    let id = 0;
    {
      using map = createMap(kernel, spec);
      id = map.id;
      map.update(Uint8Array.of(1, 0, 0, 0), Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
      pinObject(kernel, map.fd, path);
    }
    {
      using map = openPinnedMap(kernel, path, "read");
      assert.equal(map.id, id);
      assert.deepEqual(
        map.lookup(Uint8Array.of(1, 0, 0, 0)),
        Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
      );
      assert.equal(
        refusal(() => map.delete(Uint8Array.of(1, 0, 0, 0))),
        'permission: Cannot delete a key of map "flows" as it is frozen, or was opened without the right: EPERM',
      );
      assert.ok([...mapIds(kernel)].includes(id));
      using same = openMapById(kernel, id);
      assert.equal(same.name, "flows");
    }
    assert.equal(unpin(path), true);
    assert.equal(unpin(path), false);
    assert.equal(
      refusal(() => openPinnedMap(kernel, path)),
      `not-found: Cannot open the object pinned at "${path}" as nothing is there: ENOENT`,
    );
  });

  kernelTest("programs are told from maps", {}, () => {
    using folder = ownBpffs();
    const path = `${folder.path}/filter`;
    const insns = Uint8Array.of(0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0);
    const license = new TextEncoder().encode("GPL\0");
    const attribute = encodeAttribute(kernel, "prog_load", {
      prog_type: 1,
      insns,
      insn_cnt: 2,
      license,
    });
    using program = new Fd(kernel, kernel.bpf(COMMANDS.prog_load, attribute));
    pinObject(kernel, program, path);
    assert.equal(
      refusal(() => openPinnedMap(kernel, path)),
      `invalid: Cannot open the map pinned at "${path}": it is a program`,
    );
    const id = objectInfo(kernel, "prog", program.value).number("id");
    assert.deepEqual(
      [...walkPinned(kernel, folder.path)].filter((pin) => pin.path === path),
      [{ kind: "program", path, id }],
    );
    unpin(path);
  });

  kernelTest("openMapById() says that there is no such map", {}, () => {
    assert.equal(
      refusal(() => openMapById(kernel, 0x7fffffff)),
      "not-found: Cannot open map 2147483647 as there is none: ENOENT",
    );
  });

  kernelTest("pinObject() says what is wrong with a path", {}, () => {
    using folder = ownBpffs();
    using map = createMap(kernel, spec);
    const pin = (path: string) =>
      refusal(() => {
        pinObject(kernel, map.fd, path);
      });
    assert.equal(pin(`${folder.path}/a`), "accepted");
    assert.equal(
      pin(`${folder.path}/a`),
      `exists: Cannot pin at "${folder.path}/a" as something is pinned there: EEXIST`,
    );
    assert.equal(
      pin(`${folder.path}/b.c`),
      `invalid: Cannot pin at "${folder.path}/b.c" as a name there must not contain a dot: EPERM`,
    );
    assert.equal(
      pin(`${folder.path}/no/b`),
      `not-found: Cannot pin at "${folder.path}/no/b" as folder "${folder.path}/no" does not exist: ENOENT`,
    );
    assert.equal(
      pin("/tmp/b"),
      'invalid: Cannot pin at "/tmp/b" as "/tmp" is not on a BPF file system: EPERM, pin below /sys/fs/bpf',
    );
    unpin(`${folder.path}/a`);
  });

  kernelTest("openPinned() and unpin() leave ordinary files alone", {}, () => {
    const path = `/tmp/ocelli-plain-${process.pid}`;
    writeFileSync(path, "");
    assert.equal(
      refusal(() => openPinned(kernel, path)),
      `invalid: Cannot open the object pinned at "${path}" as it is no BPF file system: EACCES`,
    );
    assert.equal(
      refusal(() => unpin(path)),
      `invalid: Cannot unpin "${path}" as a pin lies on a BPF file system: it is an ordinary file`,
    );
    rmSync(path);
  });

  kernelTest("openOrCreatePinned() creates once and refuses a map that differs", {}, () => {
    using folder = ownBpffs();
    const first = openOrCreatePinned(kernel, spec, { folder: folder.path });
    using _first = first.map;
    const second = openOrCreatePinned(kernel, spec, { folder: folder.path });
    using _second = second.map;
    assert.deepEqual([first.created, second.created], [true, false]);
    assert.equal(first.map.id, second.map.id);
    assert.equal(second.path, `${folder.path}/flows`);
    const other = { ...spec, valueSize: 16, maxEntries: 8, flags: 1 };
    assert.equal(
      refusal(() => openOrCreatePinned(kernel, other, { folder: folder.path })),
      `exists: Cannot reuse the map pinned at "${folder.path}/flows" as "flows": value size is 8 instead of 16, max entries are 16 instead of 8, flags are 0x0 instead of 0x1`,
    );
    assert.throws(
      () => openOrCreatePinned(kernel, other, { folder: folder.path }),
      (error) => error instanceof MapMismatchError && error.differences.length === 3,
    );
    unpin(first.path);
  });

  kernelTest("walkPinned() lists what is pinned, folders included", {}, () => {
    using folder = ownBpffs();
    using map = createMap(kernel, spec);
    mkdirSync(`${folder.path}/inner`);
    pinObject(kernel, map.fd, `${folder.path}/z`);
    pinObject(kernel, map.fd, `${folder.path}/inner/a`);
    // The kernel puts iterators of its own there: kernel/bpf/preload.
    const ours = [...walkPinned(kernel, folder.path)].filter(({ path }) => !path.includes("."));
    assert.deepEqual(ours, [
      { kind: "map", path: `${folder.path}/inner/a`, id: map.id },
      { kind: "map", path: `${folder.path}/z`, id: map.id },
    ]);
    unpin(`${folder.path}/z`);
    unpin(`${folder.path}/inner/a`);
    assert.equal(
      refusal(() => [...walkPinned(kernel, "/tmp")]),
      `invalid: Cannot list pins below "/tmp" as it is not on a BPF file system: mount one with "mount -t bpf bpf ${BPFFS}"`,
    );
    assert.equal(
      refusal(() => [...walkPinned(kernel, "/nowhere")]),
      'not-found: Cannot list pins below "/nowhere": it does not exist',
    );
  });

  kernelTest("mountBpffs() mounts once and says why it cannot", {}, () => {
    using folder = ownBpffs();
    assert.equal(isBpffs(folder.path), true);
    assert.equal(mountBpffs(kernel, folder.path), false);
    assert.equal(
      refusal(() => mountBpffs(kernel, "/nowhere")),
      'not-found: Cannot mount a BPF file system at "/nowhere" as the folder does not exist: ENOENT',
    );
  });

  kernelTest("pinPath() makes a file name of an object's name", {}, () => {
    assert.equal(pinPath(".rodata.x"), "/sys/fs/bpf/_rodata_x");
    assert.equal(pinPath("a", "/b/"), "/b/a");
    assert.equal(
      refusal(() => pinPath("a/b")),
      'RangeError: Cannot pin by name as a name must be a file name: it is "a/b"',
    );
  });
});
