import assert from "node:assert/strict";
import { test } from "node:test";

import { isProgramModule, registerProgramModules, withOrigins } from "./hook.ts";
import { noteOrigins, originOf } from "./origin.ts";

test("isProgramModule() knows modules with kernel programs by their name", () => {
  const urls = [
    "file:///a/x.bpf.ts",
    "file:///a/x.bpf.ts?2",
    "file:///a/x.ts",
    "file:///x.bpf.ts/y",
  ];
  assert.deepEqual(urls.map(isProgramModule), [true, true, false, false]);
});

test("withOrigins() keeps every line and notes what is exported", () => {
  const text =
    "export const a = 1, b = 2;\nconst c = 3;\nexport function d() {}\n// export const e = 1\n";
  const [first, second, third, fourth, fifth, ...rest] = withOrigins(text).split("\n");
  assert.deepEqual([first, second, third, fourth, ""], text.split("\n"));
  assert.equal(fifth, "");
  assert.match(
    rest.join("\n"),
    /^;import \{ noteOrigins as __ocelliNoteOrigins \} from "file:.*\/origin\.[jt]s"; __ocelliNoteOrigins\(import\.meta\.url, \{ a, d \}\);\n$/,
  );
});

test("registerProgramModules() notes where exports come from until it is disposed of", async () => {
  const address = "../fixtures/globals.bpf.ts";
  const url = (suffix: string): string => new URL(`${address}${suffix}`, import.meta.url).href;
  {
    using _hook = registerProgramModules();
    const module = (await import(url("?with"))) as Readonly<Record<string, unknown>>;
    assert.deepEqual(originOf(module["places"]), { url: url("?with"), name: "places" });
    assert.equal(originOf(module["nothing"]), undefined);
  }
  const module = (await import(url("?without"))) as Readonly<Record<string, unknown>>;
  assert.equal(originOf(module["places"]), undefined);
});

test("noteOrigins() keeps the module that made a value when another hands it on", () => {
  const value = {};
  noteOrigins("file:///first.bpf.ts", { value, number: 5 });
  noteOrigins("file:///second.bpf.ts", { renamed: value });
  assert.deepEqual(originOf(value), { url: "file:///first.bpf.ts", name: "value" });
  assert.equal(originOf(5), undefined);
});
