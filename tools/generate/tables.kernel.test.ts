import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "node:test";

import { readBtf } from "@ocelli/bpf";
import { kernelTest } from "@ocelli/testkit";

import { root } from "../sources.ts";
import { generateFiles } from "./files.ts";

/** `table.entry` → number or layout, for all lines of a generated file that say something. */
function facts(text: string): Map<string, string> {
  const path: string[] = [];
  const found = new Map<string, string>();
  for (const line of text.split("\n")) {
    const open = /^\s*(?:export const )?"?([\w.]+)"?(?: =|:) \{$/.exec(line)?.[1];
    if (open !== undefined) path.push(open);
    else if (/^\s*\}/.test(line)) path.pop();
    else {
      const fact = /^\s*"?([\w.]+)"?: (.*),$/.exec(line);
      // A struct's size, a plain number, grows with the kernel; its fields stay.
      const isSize = path.length === 2 && fact?.[1] === "size";
      if (fact?.[1] !== undefined && !isSize)
        found.set([...path, fact[1]].join("/"), fact[2] ?? "");
    }
  }
  return found;
}

suite("generated tables", () => {
  kernelTest(
    "have everything that the running kernel has, with the same numbers and places",
    {},
    () => {
      const btf = readBtf(readFileSync("/sys/kernel/btf/vmlinux"));
      assert.ok(btf.ok);
      for (const { path, text } of generateFiles(btf.value)) {
        const committed = facts(readFileSync(join(root, path), "utf8"));
        const running = facts(text);
        assert.ok(running.size >= 5, `${path}: only ${running.size} entries were read from BTF`);
        for (const [name, value] of running) {
          assert.equal(committed.get(name), value, `${path}: ${name}`);
        }
      }
    },
  );
});
