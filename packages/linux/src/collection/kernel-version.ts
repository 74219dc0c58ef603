import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { release } from "node:os";

import { readElf, readNotes } from "@ocelli/bpf";

/** `KERNEL_VERSION(a, b, c)` of a release such as `6.1.192`, with the last part cut to 255 as the kernel does. */
export function versionCode(running: string): number {
  const [major = 0, minor = 0, patch = 0] = (/^\d+(?:\.\d+)*/.exec(running)?.[0] ?? "0")
    .split(".")
    .map(Number);
  return (major << 16) + (minor << 8) + Math.min(patch, 255);
}

/**
 * `LINUX_VERSION_CODE` of the running kernel. Distributions leave the last number out of the release (Debian's `6.1.0-56`
 * is 6.1.192), so this reads the note that the kernel puts into its vDSO; where a process may not read that, the release
 * has to do.
 */
export function kernelVersionCode(): number {
  return readVdsoVersion() ?? versionCode(release());
}

function readVdsoVersion(): number | undefined {
  const image = readVdso();
  const file = image === undefined ? undefined : readElf(image);
  const notes = file?.ok === true ? readNotes(file.value) : undefined;
  if (notes?.ok !== true) return undefined;
  // ELFNOTE32("Linux", 0, LINUX_VERSION_CODE), arch/x86/entry/vdso/note.S and arch/arm64/kernel/vdso/note.S
  const note = notes.value.find(({ name, type }) => name === "Linux" && type === 0);
  if (note === undefined || note.description.length < 4) return undefined;
  const { buffer, byteOffset } = note.description;
  return new DataView(buffer, byteOffset, 4).getUint32(0, true);
}

/** The ELF image that the kernel maps into every process. */
function readVdso(): Uint8Array | undefined {
  try {
    const maps = readFileSync("/proc/self/maps", "latin1");
    const [, start, end] = /^([0-9a-f]+)-([0-9a-f]+) .*\[vdso\]$/m.exec(maps) ?? [];
    if (start === undefined || end === undefined) return undefined;
    const from = BigInt(`0x${start}`);
    const bytes = new Uint8Array(Number(BigInt(`0x${end}`) - from));
    const memory = openSync("/proc/self/mem", "r");
    try {
      return readSync(memory, bytes, 0, bytes.length, from) === bytes.length ? bytes : undefined;
    } finally {
      closeSync(memory);
    }
  } catch {
    return undefined;
  }
}
