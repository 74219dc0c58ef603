// The one test file that a worker gives to node:test: it makes a suite of each file that the worker was asked for, so
// that hooks at a file's top level stay in that file.
import { join } from "node:path";
import { suite } from "node:test";

import { root } from "../sources.ts";

for (const file of process.argv.slice(2)) {
  void suite(file, async () => {
    await import(join(root, file));
  });
}
