import assert from "node:assert/strict";
import { test } from "node:test";

import { compile } from "./compile.ts";
import { formatSourceDiagnostic } from "./parse/format.ts";

const SHARED = `import { config, hashMap, u32, u64 } from "@ocelli/compiler";
export const limit = config(u32, 5);
export const seen = hashMap({ key: u32, value: u64, maxEntries: 16 });
const hidden = hashMap({ key: u32, value: u64, maxEntries: 16 });
export const unused = hashMap({ key: u32, value: u64, maxEntries: 16 });
function double(n: u32): u32 {
  return n * 2;
}
export const count = (key: u32) => {
  if (double(key) > limit.value) hidden.lookupOrInit(key, 0n)?.add(1n);
  seen.lookupOrInit(key, 0n)?.add(1n);
};
`;

const FILES: Readonly<Record<string, string>> = {
  "/a/shared.ts": SHARED,
  "/a/deep/again.ts": 'export { nothing } from "../shared.ts";\n',
  "/a/broken.ts":
    'import { u32 } from "@ocelli/compiler";\nexport const bad = (n: u32) => n / 2;\n',
  "/a/circle.ts": 'import { p } from "./main.bpf.ts";\nexport const q = 1;\n',
};

function readModule(
  from: string,
  importer: string,
): { readonly file: string; readonly text: string } | undefined {
  const file = new URL(from, `file://${importer}`).pathname;
  const text = file === "/a/main.bpf.ts" ? "" : FILES[file];
  return text === undefined ? undefined : { file, text };
}

test("compile() takes functions, maps and constants of modules that a module imports", () => {
  const text = `import { pid, syscall } from "@ocelli/compiler";
import { count, seen as known } from "./shared.ts";
export const p = syscall(() => {
  count(pid());
  known.delete(1);
  return 0;
});
`;
  const compiled = compile(text, { file: "/a/main.bpf.ts", readModule });
  assert.deepEqual(compiled.diagnostics, []);
  assert.ok(compiled.ok);
  const { maps, programs } = compiled.value.collection;
  const files = programs.get("p")?.instructions.flatMap(({ source }) => source?.file ?? []) ?? [];
  assert.deepEqual(
    [[...maps.keys()].toSorted(), [...new Set(files)].toSorted()],
    [
      [".rodata", "hidden", "seen"],
      ["/a/main.bpf.ts", "/a/shared.ts"],
    ],
  );
});

test("compile() shows what is wrong in an imported module at its own line", () => {
  const text = `import { pid, syscall } from "@ocelli/compiler";
import { bad } from "./broken.ts";
import { q } from "./circle.ts";
import { none } from "./missing.ts";
export const p = syscall(() => bad(pid()) + q + none);
`;
  const compiled = compile(text, { file: "/a/main.bpf.ts", readModule });
  const said = compiled.diagnostics.map((one) =>
    formatSourceDiagnostic("/a/main.bpf.ts", text, one, (file) => FILES[file]),
  );
  assert.deepEqual(said.toSorted(), [
    `/a/broken.ts:2:32: error[fraction]: Cannot divide numbers with a bare /: in JavaScript the result may have a fraction
  2 | export const bad = (n: u32) => n / 2;
    |                                ^^^^^
  Write Math.trunc(a / b) or idiv(a, b)`,
    `/a/circle.ts:1:10: error[import-circle]: Cannot import from "./main.bpf.ts": it imports this module, directly or through others
  1 | import { p } from "./main.bpf.ts";
    |          ^
  Move what both need into a third module`,
    `/a/circle.ts:1:10: error[unknown-import]: Cannot import "p" from "./main.bpf.ts": there is no such module, or it declares no such name
  1 | import { p } from "./main.bpf.ts";
    |          ^
  Check the path, which ends in .ts, and the spelling`,
    `/a/main.bpf.ts:4:10: error[unknown-import]: Cannot import "none" from "./missing.ts": there is no such module, or it declares no such name
  4 | import { none } from "./missing.ts";
    |          ^^^^
  Check the path, which ends in .ts, and the spelling`,
  ]);
});
