// Makes the generated tables from a kernel's BTF:
//   npm run generate                    from the running kernel
//   npm run generate -- --btf FILE      from a copy of another kernel's /sys/kernel/btf/vmlinux
//   npm run generate -- --check         writes nothing; fails when a file would change
// The committed files come from the newest kernel of the matrix. Tables of an older kernel lack its newest names, so
// check against the running one with tools/generate/tables.kernel.test.ts instead.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { formatDiagnostic, readBtf } from "@ocelli/bpf";

import { generateFiles } from "./generate/files.ts";
import { root } from "./sources.ts";

const { values } = parseArgs({
  options: {
    btf: { type: "string", default: "/sys/kernel/btf/vmlinux" },
    check: { type: "boolean" },
  },
});
const btf = readBtf(readFileSync(values.btf));
if (!btf.ok) {
  for (const diagnostic of btf.diagnostics) console.error(formatDiagnostic(diagnostic));
  process.exit(1);
}
for (const { path, text } of generateFiles(btf.value)) {
  const target = join(root, path);
  const present = existsSync(target) ? readFileSync(target, "utf8") : "";
  if (present === text) continue;
  if (values.check === true) process.exitCode = 1;
  else writeFileSync(target, text);
  console.log(`${values.check === true ? "differs" : "written"}  ${path}`);
}
