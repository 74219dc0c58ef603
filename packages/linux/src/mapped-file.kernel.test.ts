import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "node:test";

import { kernelTest } from "@ocelli/testkit";

import { MappedFile } from "./mapped-file.ts";
import { openKernel } from "./port/koffi.ts";

const kernel = openKernel();

function inFolder(): { readonly path: string } & Disposable {
  const folder = mkdtempSync(join(tmpdir(), "ocelli-mapped-"));
  return {
    path: join(folder, "file"),
    [Symbol.dispose]: () => {
      rmSync(folder, { recursive: true });
    },
  };
}

suite("MappedFile", () => {
  kernelTest("shows a file's bytes until it is disposed of", {}, () => {
    using place = inFolder();
    writeFileSync(place.path, "contents");
    const file = new MappedFile(kernel, place.path);
    assert.deepEqual(new TextDecoder().decode(file.bytes), "contents");
    const { bytes } = file;
    const { mapped } = file;
    file[Symbol.dispose]();
    file[Symbol.dispose]();
    if (mapped) assert.equal(bytes.length, 0);
  });

  kernelTest("reads empty files and files that are being written", {}, () => {
    using place = inFolder();
    writeFileSync(place.path, "");
    using empty = new MappedFile(kernel, place.path);
    assert.deepEqual([empty.mapped, empty.bytes.length], [false, 0]);
    writeFileSync(place.path, "half");
    const writer = openSync(place.path, "a");
    using half = new MappedFile(kernel, place.path);
    assert.deepEqual([half.mapped, half.bytes.length], [false, 4]);
    closeSync(writer);
    assert.throws(() => new MappedFile(kernel, "/nowhere"), { code: "ENOENT" });
  });

  kernelTest("makes those wait who would cut off what is mapped", {}, async () => {
    using place = inFolder();
    writeFileSync(place.path, new Uint8Array(1 << 20).fill(7));
    const file = new MappedFile(kernel, place.path);
    assert.ok(file.mapped);
    const script = `require("node:fs").truncateSync(${JSON.stringify(place.path)}, 0)`;
    const child = spawn(process.execPath, ["-e", script], { stdio: "inherit" });
    const ended = once(child, "exit");
    // A file that is about to lose its lease says so in the list of locks.
    while (!readFileSync("/proc/locks", "utf8").includes("LEASE  BREAKING"))
      await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(file.bytes.at(-1), 7);
    file[Symbol.dispose]();
    assert.deepEqual(await ended, [0, null]);
    assert.equal(readFileSync(place.path).length, 0);
  });
});
