// Opens and loads an object COUNT times in one process; prints each time in milliseconds, and the memory at the end:
//   load-case.ts OBJECT COUNT
import { readFileSync } from "node:fs";

import { formatDiagnostic, readCollection } from "@ocelli/bpf";
import { loadCollection } from "@ocelli/linux";

const [path = "", count = "1"] = process.argv.slice(2);
const times: number[] = [];
for (let i = 0; i < Number(count); i += 1) {
  const start = performance.now();
  const spec = readCollection(readFileSync(path));
  if (!spec.ok) throw new Error(spec.diagnostics.map(formatDiagnostic).join("\n"));
  using _collection = loadCollection(spec.value);
  times.push(performance.now() - start);
}
console.log(times.join(" "));
