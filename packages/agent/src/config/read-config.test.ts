import assert from "node:assert/strict";
import { test } from "node:test";

import { CONFIG_KEYS, makeConfig, USUAL_EVENTS } from "./config.ts";
import { formatConfig } from "./format-config.ts";
import { readConfig } from "./read-config.ts";

function said(text: string): readonly string[] {
  const result = readConfig(text);
  return result.ok
    ? []
    : result.problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
}

test("readConfig() fills in what is not said", () => {
  const defaults = makeConfig(new Map());
  assert.deepEqual(readConfig(""), { ok: true, config: defaults });
  assert.deepEqual(readConfig("http:\n"), { ok: true, config: defaults });
  assert.deepEqual(readConfig("http:\n  port: 9000\nrules:\n  files: [a.yaml]\n"), {
    ok: true,
    config: {
      http: { host: "127.0.0.1", port: 9000 },
      events: { kinds: USUAL_EVENTS, keep: 20_000 },
      ring: { bytes: 8 << 20 },
      rules: { files: ["a.yaml"], builtIn: true, keep: 1000 },
    },
  });
});

test("readConfig() names line, column and the nearest key of everything that is wrong", () => {
  assert.deepEqual(
    said(
      "http:\n  prt: 1\n  port: many\nring:\n  bytes: 1000\nevents: 5\nrulse: {}\nrules:\n  files: [1]\n  builtIn: 1\n",
    ),
    [
      '2:3 Unknown key "http.prt"; did you mean "port"?',
      '3:9 Cannot use this as "http.port": it must be a whole number',
      '5:10 Cannot use 1000 as "ring.bytes": it must be a power of two from 65536 to 1073741824',
      '6:9 Cannot use this as "events": it must be keys with values',
      '7:1 Unknown key "rulse"; did you mean "rules"?',
      '9:10 Cannot use this as "rules.files": it must be a list of texts',
      '10:12 Cannot use this as "rules.builtIn": it must be true or false',
    ],
  );
  assert.deepEqual(said("- a\n"), [
    "1:1 Cannot read this as a configuration: it must be keys with values",
  ]);
  assert.deepEqual(said("http:\n  host: 0.0.0.0\n"), [
    '2:9 Cannot use "0.0.0.0" as "http.host": it must be 127.0.0.1, ::1 or localhost, as anything beyond would need TLS and a token',
  ]);
});

test("readConfig() points at what is no YAML", () => {
  assert.deepEqual(said("http: {\n"), [
    "2:1 Cannot read this as YAML: Flow map in block collection must be sufficiently indented and end with a }",
  ]);
});

test("CONFIG_KEYS documents every key in a sentence", () => {
  for (const { path, doc } of CONFIG_KEYS) assert.match(doc, /^[A-Z].*\.$/, path);
});

test("formatConfig() writes what readConfig() reads back, with every key explained", () => {
  const config = makeConfig(
    new Map<string, string | number | readonly string[]>([
      ["http.port", 0],
      ["rules.files", ["a b.yaml", "# no comment"]],
    ]),
  );
  const text = formatConfig(config);
  assert.deepEqual(readConfig(text), { ok: true, config });
  for (const { doc } of CONFIG_KEYS) assert.ok(text.includes(`  # ${doc}\n`), doc);
});
