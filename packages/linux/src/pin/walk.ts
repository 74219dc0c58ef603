import { readdirSync } from "node:fs";
import { join } from "node:path";

import { LinuxError } from "../error.ts";
import { objectInfo } from "../port/info.ts";
import type { Kernel } from "../port/kernel.ts";
import { BPFFS, isBpffs } from "./bpffs.ts";
import { objectKind } from "./kind.ts";
import { openPinned } from "./pin.ts";

/** Something pinned on a BPF file system. `other` is what cannot be opened as an object of this user. */
export type PinnedObject =
  | { readonly kind: "map" | "program" | "link"; readonly path: string; readonly id: number }
  | { readonly kind: "other"; readonly path: string };

/**
 * Everything pinned below a folder, folders before their contents in the order of names. Opens each object for a moment to see
 * what it is. Throws `invalid` when the folder is not on a BPF file system, `not-found` when it does not exist.
 */
export function* walkPinned(kernel: Kernel, folder: string = BPFFS): Generator<PinnedObject, void> {
  const onBpffs = isBpffs(folder);
  if (onBpffs === undefined)
    throw new LinuxError("not-found", `Cannot list pins below "${folder}": it does not exist`);
  if (!onBpffs) {
    throw new LinuxError(
      "invalid",
      `Cannot list pins below "${folder}" as it is not on a BPF file system: mount one with "mount -t bpf bpf ${BPFFS}"`,
    );
  }
  yield* walk(kernel, folder);
}

function* walk(kernel: Kernel, folder: string): Generator<PinnedObject, void> {
  const entries = readdirSync(folder, { withFileTypes: true });
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* walk(kernel, path);
    else if (!entry.isSymbolicLink()) yield identify(kernel, path);
  }
}

function identify(kernel: Kernel, path: string): PinnedObject {
  try {
    using fd = openPinned(kernel, path);
    const kind = objectKind(fd);
    if (kind === "map") return { kind, path, id: objectInfo(kernel, "map", fd.value).number("id") };
    if (kind === "program")
      return { kind, path, id: objectInfo(kernel, "prog", fd.value).number("id") };
    if (kind === "link")
      return { kind, path, id: objectInfo(kernel, "link", fd.value).number("id") };
  } catch (error) {
    if (!(error instanceof LinuxError)) throw error;
  }
  return { kind: "other", path };
}
