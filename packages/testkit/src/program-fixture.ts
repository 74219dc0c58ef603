import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

import {
  formatDiagnostic,
  readCollection,
  writeCollection,
  type CollectionSpec,
} from "@ocelli/bpf";
import { compile } from "@ocelli/compiler/compile";
import { kernelTypes, readTracepointFormat } from "@ocelli/linux";

const cache = join(import.meta.dirname, "../../../.cache/fixtures");

/**
 * Where the object of a `.bpf.ts` file lies. On a guest of the kernel matrix it is the one that the host compiled with its own
 * kernel's types, so that one object is tested on every kernel; elsewhere it is compiled now. Throws with the compiler's words.
 */
export function programFixturePath(source: string): string {
  const target = join(cache, `${basename(source, ".bpf.ts")}.program.o`);
  if (process.env["OCELLI_GUEST"] !== undefined && existsSync(target)) return target;
  const compiled = compile(readFileSync(source, "utf8"), {
    file: basename(source),
    get kernel() {
      return kernelTypes().kernel;
    },
    tracepointFormat: (name) => readTracepointFormat(name),
    readModule: (from) => {
      const file = join(dirname(source), from);
      return { file, text: readFileSync(file, "utf8") };
    },
  });
  const written = compiled.ok ? writeCollection(compiled.value.collection) : compiled;
  if (!written.ok)
    throw new Error(
      `Cannot build "${source}":\n${written.diagnostics.map(formatDiagnostic).join("\n")}`,
    );
  mkdirSync(cache, { recursive: true });
  const draft = `${target}.${process.pid}`;
  writeFileSync(draft, written.value);
  renameSync(draft, target);
  return target;
}

/** The blueprint that the object of a `.bpf.ts` file holds, as any loader would read it. */
export function programFixture(source: string): CollectionSpec {
  const read = readCollection(new Uint8Array(readFileSync(programFixturePath(source))));
  if (!read.ok) throw new Error(read.diagnostics.map(formatDiagnostic).join("\n"));
  return read.value;
}
