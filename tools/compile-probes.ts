// Compiles the kernel programs of packages/probes ahead of time:
//   npm run probes                writes packages/probes/objects/*.bpf.o and objects/sources.json
//   npm run probes -- --check     writes nothing; fails when a source changed since its object was made
// As root, where /sys/kernel/btf/vmlinux is. The objects run on every kernel that is supported, whatever kernel they were
// compiled on.
import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";

import { formatDiagnostic, writeCollection } from "@ocelli/bpf";
import { compile, formatSourceDiagnostic } from "@ocelli/compiler/compile";
import { kernelTypes, readTracepointFormat } from "@ocelli/linux";

import { sourceDigest } from "./probes/source-digest.ts";
import { root } from "./sources.ts";

const { values } = parseArgs({ options: { check: { type: "boolean" } } });
const folder = join(root, "packages/probes");
const list = join(folder, "objects/sources.json");
const digests: Record<string, string> = {};
for (const path of globSync("bpf/*.bpf.ts", { cwd: folder }).toSorted()) {
  const name = basename(path, ".ts");
  const text = readFileSync(join(folder, path), "utf8");
  digests[name] = sourceDigest(text);
  if (values.check === true) continue;
  const compiled = compile(text, {
    file: path,
    kernel: kernelTypes().kernel,
    tracepointFormat: (tracepoint) => readTracepointFormat(tracepoint),
  });
  for (const one of compiled.diagnostics) console.error(formatSourceDiagnostic(path, text, one));
  if (!compiled.ok) process.exit(1);
  const written = writeCollection(compiled.value.collection);
  if (!written.ok) {
    for (const one of written.diagnostics) console.error(formatDiagnostic(one));
    process.exit(1);
  }
  mkdirSync(join(folder, "objects"), { recursive: true });
  writeFileSync(join(folder, `objects/${name}.o`), written.value);
  console.log(`written  packages/probes/objects/${name}.o (${written.value.length} bytes)`);
}
const text = `${JSON.stringify(digests, null, 2)}\n`;
if (values.check === true) {
  if (readFileSync(list, "utf8") !== text) {
    console.error("The objects of packages/probes are older than their sources: npm run probes");
    process.exitCode = 1;
  }
} else writeFileSync(list, text);
