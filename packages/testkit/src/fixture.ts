import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { formatDiagnostic, printC, readBtf } from "@ocelli/bpf";

const root = join(import.meta.dirname, "../../..");
const cache = join(root, ".cache/fixtures");

/** How a C fixture is built: options of clang beyond the usual ones. */
export interface FixtureOptions {
  /** `-mcpu`, the ISA version. */
  readonly cpu?: "v1" | "v2" | "v3" | "v4";
  readonly bigEndian?: boolean;
  /** Puts a `vmlinux.h` on the include path: all types of the kernel of the machine that builds, as `printC()` writes them. */
  readonly kernelTypes?: boolean;
  /** Extra arguments, e.g. `-DVARIANT=2`. */
  readonly args?: readonly string[];
}

/** Debian's package with the compiler of the C fixtures. */
export const CLANG_PACKAGE = "clang-19";

/**
 * The object file of `test/fixtures/NAME.bpf.c`, built with clang on first use and kept under `.cache/fixtures` by the
 * hash of everything that goes into it. Throws with clang's own words when it does not compile.
 */
export function fixture(name: string, options: FixtureOptions = {}): Uint8Array {
  return readFileSync(fixturePath(name, options));
}

/** Where the object of a fixture lies, after building it if need be. */
export function fixturePath(name: string, options: FixtureOptions = {}): string {
  const source = join(root, "test/fixtures", `${name}.bpf.c`);
  const args = [
    `--target=${options.bigEndian === true ? "bpfeb" : "bpfel"}`,
    `-mcpu=${options.cpu ?? "v3"}`,
    "-g",
    "-O2",
    "-Wall",
    "-Werror",
    "-Wno-missing-declarations",
    `-I${join(root, "test/fixtures")}`,
    "-I/usr/include/x86_64-linux-gnu",
    ...(options.kernelTypes === true ? [`-I${cache}`] : []),
    ...(options.args ?? []),
  ];
  const headers = ["fixture.h"]
    .map((header) => join(root, "test/fixtures", header))
    .filter((path) => existsSync(path));
  const hash = createHash("sha256").update(args.join("\0").replaceAll(root, ""));
  for (const path of [source, ...headers]) hash.update(readFileSync(path));
  const target = join(cache, `${name}-${hash.digest("hex").slice(0, 16)}.o`);
  if (existsSync(target)) return target;
  mkdirSync(cache, { recursive: true });
  if (options.kernelTypes === true) writeKernelTypes();
  const draft = `${target}.${process.pid}`;
  // Debug paths are made relative, so that the object is the same on every machine.
  const build = spawnSync(
    "clang-19",
    [...args, "-fdebug-prefix-map=" + root + "=.", "-c", source, "-o", draft],
    {
      encoding: "utf8",
    },
  );
  if (build.status !== 0) {
    // The kernel matrix reads this text: its guests have no compiler, and it builds there what a test lacked here.
    const what = `Cannot build fixture "${name}" with ${JSON.stringify(options)}`;
    throw new Error(`${what}: ${build.error?.message ?? build.stderr}`);
  }
  renameSync(draft, target);
  return target;
}

/** Writes a file into the test cache and returns its path; for tools that only take files. */
export function cachedFile(name: string, bytes: Uint8Array): string {
  mkdirSync(cache, { recursive: true });
  const path = join(cache, name);
  writeFileSync(path, bytes);
  return path;
}

/** Prints the running kernel's types into the cache. Their text does not go into a fixture's hash: any kernel's will do. */
function writeKernelTypes(): void {
  const types = readBtf(readFileSync("/sys/kernel/btf/vmlinux"));
  const text = types.ok ? printC(types.value) : types;
  if (!text.ok) throw new Error(text.diagnostics.map(formatDiagnostic).join("\n"));
  writeFileSync(join(cache, "vmlinux.h"), text.value);
}
