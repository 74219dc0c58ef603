import { readFileSync } from "node:fs";

import { MACHINE_BPF, readElf } from "@ocelli/bpf";

/** A BPF object that was found inside another file. */
export interface EmbeddedObject {
  /** Where it begins in the file, in bytes. */
  readonly offset: number;
  readonly bytes: Uint8Array;
}

const MAGIC = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2]);

/**
 * The BPF objects that a program carries, as skeletons of `bpftool gen skeleton` do. Everything that begins like an ELF
 * file for BPF and has whole section headers is taken, as far as its last section or header reaches.
 */
export function embeddedObjects(path: string): EmbeddedObject[] {
  const file = readFileSync(path);
  const found: EmbeddedObject[] = [];
  for (
    let offset = file.indexOf(MAGIC, 1);
    offset !== -1;
    offset = file.indexOf(MAGIC, offset + 1)
  ) {
    const bytes = cutObject(file.subarray(offset));
    if (bytes !== undefined) found.push({ offset, bytes });
  }
  return found;
}

function cutObject(bytes: Buffer): Uint8Array | undefined {
  const file = readElf(bytes);
  if (!file.ok || file.value.machine !== MACHINE_BPF) return undefined;
  const headers = Number(
    file.value.littleEndian ? bytes.readBigUInt64LE(40) : bytes.readBigUInt64BE(40),
  );
  const ends = file.value.sections.map(({ offset, data }) => offset + data.length);
  const end = Math.max(headers + 64 * file.value.sections.length, ...ends);
  return Uint8Array.from(bytes.subarray(0, end));
}
