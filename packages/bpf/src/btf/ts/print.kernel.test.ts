import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { kernelTest } from "@ocelli/testkit";

import { formatDiagnostic, type Result } from "../../diagnostic.ts";
import { readBtf } from "../read.ts";
import type { Btf } from "../types.ts";
import { printTs } from "./print.ts";

function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join("\n"));
  return result.value;
}

function vmlinux(): Btf {
  return value(readBtf(readFileSync("/sys/kernel/btf/vmlinux")));
}

/** The compiler's script; `undefined` where only what runs is installed. */
function findTsc(): string | undefined {
  try {
    return join(
      dirname(createRequire(import.meta.url).resolve("typescript/package.json")),
      "bin/tsc",
    );
  } catch {
    return undefined;
  }
}

/** The words of tsc in strict mode on declarations and on a source that uses them. */
function check(tsc: string, declarations: string, source: string): string {
  const folder = mkdtempSync(join(tmpdir(), "ocelli-print-ts-"));
  try {
    writeFileSync(join(folder, "kernel.d.ts"), declarations);
    writeFileSync(join(folder, "use.ts"), source);
    const flags = [
      "--strict",
      "--noEmit",
      "--target",
      "es2024",
      "--module",
      "nodenext",
      "--types",
      "",
      "--ignoreConfig",
    ];
    const { stdout, stderr } = spawnSync(process.execPath, [tsc, ...flags, "use.ts"], {
      cwd: folder,
      encoding: "utf8",
    });
    return stdout + stderr;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

kernelTest(
  "printTs() makes declarations of the whole running kernel that compile in strict mode",
  {},
  (t) => {
    const tsc = findTsc();
    if (tsc === undefined) {
      t.skip("needs the npm package typescript");
      return;
    }
    const text = value(printTs(vmlinux()));
    const source = [
      'import type { task_struct, sk_buff, ethhdr } from "./kernel.d.ts";',
      "export function parent(task: task_struct): [number, string] {",
      "  return [task.real_parent.tgid, task.comm];",
      "}",
      "export function length(skb: sk_buff, header: ethhdr): number {",
      "  // @ts-expect-error a length is no string",
      "  const wrong: string = skb.len;",
      "  return skb.len + wrong.length + header.h_proto;",
      "}",
    ];
    assert.equal(check(tsc, text, source.join("\n")), "");
  },
);

kernelTest("printTs() makes a small slice when fields are named", {}, () => {
  const btf = vmlinux();
  const fields = new Map([["task_struct", ["pid", "comm", "real_parent"]]]);
  const roots = btf.idsByName("task_struct", "struct");
  assert.equal(
    value(printTs(btf, { roots, fields })),
    `export type i32 = number;

export interface task_struct {
  readonly pid: i32;
  readonly real_parent: task_struct;
  readonly comm: string;
}
`,
  );
});
