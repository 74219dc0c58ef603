// The compiler's types beside those of `tsc`: every expression of the tools' programs whose type the compiler knows is written
// again with `satisfies` behind it, and `tsc` has to agree with all of them.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

import { compile } from "@ocelli/compiler/compile";
import { kernelTypes, readTracepointFormat } from "@ocelli/linux";
import { kernelTest } from "@ocelli/testkit";

const root = join(import.meta.dirname, "..");

/** What can stand in parentheses without changing what the source means: no target, no short member, no part of a chain. */
function isWrappable(text: string, start: number, end: number): boolean {
  const before = text.slice(0, start).trimEnd();
  const behind = text.slice(end).trimStart();
  if (/^(?:[-+*&|^]=|<<=|>>>?=|=(?![=>])|\+\+|--|\?\.)/.test(behind)) return false;
  if (/(?:\+\+|--)$/.test(before)) return false;
  if (text.slice(start, end).includes("?.")) return false;
  const isShort = /[{,]$/.test(before) && /^[,}]/.test(behind);
  return !(isShort && /^[A-Za-z_]\w*$/.test(text.slice(start, end)) && isInBraces(text, start));
}

function isInBraces(text: string, at: number): boolean {
  let depth = 0;
  for (let index = at - 1; index >= 0; index -= 1) {
    const one = text[index];
    if (one === ")" || one === "]" || one === "}") depth += 1;
    if (one === "(" || one === "[" || one === "{") {
      if (depth === 0) return one === "{";
      depth -= 1;
    }
  }
  return false;
}

function annotate(path: string): { readonly text: string; readonly count: number } {
  const text = readFileSync(path, "utf8");
  const found = new Map<string, { start: number; end: number; types: Set<string> }>();
  const compiled = compile(text, {
    file: path,
    kernel: kernelTypes().kernel,
    tracepointFormat: (name) => readTracepointFormat(name),
    onType({ offset, length, section }, type) {
      if (section !== undefined || length === 0) return;
      const key = `${offset} ${length}`;
      const known = found.get(key) ?? { start: offset, end: offset + length, types: new Set() };
      known.types.add(type);
      found.set(key, known);
    },
  });
  assert.deepEqual(compiled.diagnostics, [], path);
  const wanted = [...found.values()].filter(
    ({ start, end, types }) => types.size === 1 && isWrappable(text, start, end),
  );
  const edits = wanted.flatMap(({ start, end, types }) => {
    const [type = ""] = types;
    return [
      { at: start, outer: -end, text: "((" },
      { at: end, outer: start, text: `) satisfies ${type === "boolean" ? type : `T.${type}`})` },
    ];
  });
  edits.sort(
    (a, b) =>
      a.at - b.at ||
      Number(a.text === "((") - Number(b.text === "((") ||
      (a.text === "((" ? a.outer - b.outer : b.outer - a.outer),
  );
  let out = "";
  let at = 0;
  for (const edit of edits) {
    out += text.slice(at, edit.at) + edit.text;
    at = edit.at;
  }
  const head = 'import type * as T from "@ocelli/compiler";\n';
  return { text: head + out + text.slice(at), count: wanted.length };
}

kernelTest(
  "compile() infers for every expression of the tools a type that tsc agrees with",
  { needs: ["tp_btf"], timeoutMs: 120_000 },
  (t) => {
    if (process.env["OCELLI_GUEST"] !== undefined) {
      t.skip("guests of the kernel matrix have no tsc");
      return;
    }
    const folder = join(root, `.cache/typed-${process.pid}`);
    mkdirSync(folder, { recursive: true });
    try {
      let count = 0;
      for (const path of globSync("packages/tools/src/*.bpf.ts", { cwd: root })) {
        const annotated = annotate(join(root, path));
        count += annotated.count;
        writeFileSync(join(folder, basename(path)), annotated.text);
      }
      const config = {
        extends: "../../tsconfig.base.json",
        compilerOptions: { isolatedDeclarations: false, declaration: false, noEmit: true },
        include: ["*.ts", "../../packages/tools/src/vmlinux.gen.d.ts"],
      };
      writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
      const tsc = join(root, "node_modules/.bin/tsc");
      const { stdout } = spawnSync(tsc, ["-p", folder], { encoding: "utf8" });
      assert.equal(stdout, "");
      assert.ok(count > 300, `${count} expressions`);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
