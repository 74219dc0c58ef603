import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmdirSync } from "node:fs";

import { cachedFile, fixturePath, kernelTest } from "@ocelli/testkit";

import { decodeInstructions } from "./decode.ts";
import { formatListing } from "./listing.ts";

function run(command: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8" });
  assert.equal(status, 0, error?.message ?? stderr);
  return stdout;
}

kernelTest(
  "formatListing() prints what bpftool dumps of a loaded program",
  { needs: ["bpf_loop", "raw_tracepoint"], tools: ["clang-19", "bpftool"] },
  (t) => {
    const folder = `/tmp/ocelli-asm-xlated-${process.pid}`;
    mkdirSync(folder);
    run("mount", ["-t", "bpf", "bpf", folder]);
    // The program goes with its last pin.
    t.after(() => {
      run("umount", [folder]);
      rmdirSync(folder);
    });
    run("bpftool", ["prog", "load", fixturePath("asm-xlated"), `${folder}/p`]);
    const raw = cachedFile(`asm-xlated-${process.pid}.bin`, new Uint8Array());
    run("bpftool", ["prog", "dump", "xlated", "pinned", `${folder}/p`, "file", raw]);
    const dump = run("bpftool", ["prog", "dump", "xlated", "pinned", `${folder}/p`]);
    const decoded = decodeInstructions(readFileSync(raw));
    assert.ok(decoded.ok);
    const theirs = dump
      .split("\n")
      .filter((line) => /^ *\d+: /.test(line))
      // Names of jited functions, and of helpers by their kernel address, are bpftool's to know.
      .map((line) =>
        line.replace(/(call pc[-+]\d+)#.*/, "$1").replace(/call \w+#/, "call unknown#"),
      );
    assert.deepEqual(formatListing(decoded.value).trimEnd().split("\n"), theirs);
    const words = ["map[id:", "[0]+", "subprog[", "call pc"];
    assert.deepEqual(
      words.filter((word) => !dump.includes(word)),
      [],
    );
  },
);
