// What a guest boots into: one archive with busybox and Node, which stays the same and is cached; one with the
// repository; one with the kernel's modules and /init.
import { createHash } from "node:crypto";
import {
  existsSync,
  globSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
} from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { root } from "../sources.ts";
import { runCommand } from "./command.ts";
import { cpioArchive, type CpioEntry } from "./cpio.ts";
import { providePackages } from "./download.ts";
import { PLATFORMS, type Architecture } from "./kernels.ts";
import { packagesFor } from "./node-packages.ts";

/** Where the repository lies in the guest. */
export const GUEST_ROOT = "/app";

const LIBRARIES = [
  "libc.so.6",
  "libm.so.6",
  "libdl.so.2",
  "libpthread.so.0",
  "librt.so.1",
  "libgcc_s.so.1",
  "libstdc++.so.6",
];

/** npm's packages with machine code that tests load. */
function nativePackages(architecture: Architecture): string[] {
  return [`@koromix/koffi-linux-${architecture}`, `@oxc-parser/binding-linux-${architecture}-gnu`];
}

/** Files for an architecture that is not this machine's: Debian's userland, and Node and machine code from npm. */
interface Userland {
  /** Folder that stands for `/`. */
  readonly base: string;
  readonly node: string;
  /** A folder with `node_modules`. */
  readonly modules: string;
}

async function foreignUserland(cache: string, architecture: Architecture): Promise<Userland> {
  const { debian } = PLATFORMS[architecture];
  const base = await providePackages(join(cache, `${debian}-userland`), {
    suites: ["bookworm"],
    architecture: debian,
    patterns: ["busybox-static", "libc6", "libstdc[+][+]6", "libgcc-s1"],
  });
  const modules = join(cache, `${debian}-node`);
  const versions = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, { version: string }>;
  };
  const names = [`node-linux-${architecture}`, ...nativePackages(architecture)];
  if (!names.every((name) => existsSync(join(modules, "node_modules", name)))) {
    mkdirSync(modules, { recursive: true });
    const wanted = names.map(
      (name) => `${name}@${versions.packages[`node_modules/${name}`]?.version ?? "latest"}`,
    );
    const options = ["--no-save", "--no-audit", "--no-fund", "--force", "--ignore-scripts"];
    await runCommand("npm", ["install", "--prefix", modules, ...options, ...wanted]);
  }
  const node = join(modules, "node_modules", names[0] ?? "", "bin/node");
  return { base, node, modules };
}

async function userlandOf(cache: string, architecture: Architecture): Promise<Userland> {
  if (architecture !== process.arch) return await foreignUserland(cache, architecture);
  return { base: "/", node: realpathSync(process.execPath), modules: root };
}

/** The archive with busybox, Node and its libraries; its path in the cache. */
export async function baseArchive(cache: string, architecture: Architecture): Promise<string> {
  const platform = PLATFORMS[architecture];
  const { base, node } = await userlandOf(cache, architecture);
  const busybox = ["bin/busybox", "usr/bin/busybox"]
    .map((path) => join(base, path))
    .find((path) => existsSync(path));
  if (busybox === undefined) throw new Error(`Cannot find busybox under ${base}`);
  const sources: [path: string, source: string][] = [
    ["bin/busybox", busybox],
    ["bin/node", node],
    [platform.loader, join(base, platform.loader)],
  ];
  for (const library of LIBRARIES) {
    const source = [`lib/${platform.triplet}`, `usr/lib/${platform.triplet}`]
      .map((folder) => join(base, folder, library))
      .find((path) => existsSync(path));
    if (source !== undefined) sources.push([`lib/${platform.triplet}/${library}`, source]);
  }
  const hash = createHash("sha256");
  for (const [path, source] of sources) {
    const { size, mtimeMs } = statSync(source);
    hash.update(`${path} ${source} ${size} ${mtimeMs}\n`);
  }
  const target = join(cache, `${platform.debian}-base-${hash.digest("hex").slice(0, 16)}.cpio`);
  if (existsSync(target)) return target;
  for (const old of globSync(join(cache, `${platform.debian}-base-*`))) await rm(old);
  const entries = sources.map(([path, source]): CpioEntry => ({
    kind: "file",
    path,
    bytes: readFileSync(source),
    executable: true,
  }));
  const draft = `${target}.${process.pid}`;
  await writeFile(draft, cpioArchive(entries));
  renameSync(draft, target);
  return target;
}

/** Everything below a folder of this machine, at `target` in the guest. */
function folderEntries(folder: string, target: string, pattern = "**"): CpioEntry[] {
  return globSync(pattern, { cwd: folder, exclude: ["**/node_modules", "**/.git"] })
    .toSorted()
    .filter((path) => lstatSync(join(folder, path)).isFile())
    .map((path) => ({
      kind: "file",
      path: `${target}/${path}`,
      bytes: readFileSync(join(folder, path)),
    }));
}

/** The repository as the guest sees it: sources, built fixtures, and the npm packages that the tests reach. */
export async function repositoryEntries(
  cache: string,
  architecture: Architecture,
  files: readonly string[],
): Promise<CpioEntry[]> {
  const app = GUEST_ROOT.slice(1);
  const { modules } = await userlandOf(cache, architecture);
  const entries: CpioEntry[] = [
    { kind: "file", path: `${app}/package.json`, bytes: readFileSync(join(root, "package.json")) },
  ];
  for (const folder of ["packages", "tools", "test", ".cache/fixtures"]) {
    if (existsSync(join(root, folder))) {
      entries.push(...folderEntries(join(root, folder), `${app}/${folder}`));
    }
  }
  const names = packagesFor(files);
  if (architecture !== process.arch) names.push(...nativePackages(architecture));
  for (const name of new Set(names)) {
    const path = `${app}/node_modules/${name}`;
    const native = join(modules, "node_modules", name);
    const folder = existsSync(native) ? native : join(root, "node_modules", name);
    if (lstatSync(folder).isSymbolicLink()) {
      const workspace = realpathSync(folder).slice(root.length + 1);
      const up = "../".repeat(name.split("/").length);
      entries.push({ kind: "link", path, target: `${up}${workspace}` });
    } else {
      entries.push(...folderEntries(folder, path));
    }
  }
  return entries;
}
