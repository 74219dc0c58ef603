import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

import { runCommand } from "./command.ts";

/** Kernel modules that tests need; Debian does not build them in. */
const WANTED = ["veth", "dummy", "sch_ingress", "cls_bpf", "act_bpf"];

/** A kernel module, unpacked. */
export interface KernelModule {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Names that the module's `.modinfo` section gives after `depends=`. */
function dependenciesOf(bytes: Buffer): string[] {
  const start = bytes.indexOf("\0depends=");
  if (start < 0) return [];
  const from = start + "\0depends=".length;
  const names = bytes.toString("latin1", from, bytes.indexOf(0, from));
  return names.split(",").filter((name) => name !== "");
}

/** The modules that tests need with all that they depend on, in the order in which they load. */
export async function readModules(root: string): Promise<KernelModule[]> {
  const files = new Map(
    globSync("{lib,usr/lib}/modules/*/kernel/**/*.ko{,.xz}", { cwd: root }).map((path) => [
      // The file may be spelled with dashes where the module's name has underscores.
      basename(path)
        .replace(/\.ko(\.xz)?$/, "")
        .replaceAll("-", "_"),
      join(root, path),
    ]),
  );
  const loaded = new Map<string, KernelModule>();
  const load = async (name: string): Promise<void> => {
    const path = files.get(name);
    // What is no file is built in.
    if (path === undefined || loaded.has(name)) return;
    const bytes = path.endsWith(".xz")
      ? await runCommand("busybox", ["xz", "-dc", path])
      : readFileSync(path);
    for (const dependency of dependenciesOf(bytes)) await load(dependency.replaceAll("-", "_"));
    loaded.set(name, { name, bytes });
  };
  for (const name of WANTED) await load(name);
  return [...loaded.values()];
}
