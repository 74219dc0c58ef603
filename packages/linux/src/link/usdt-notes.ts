import { readNotes, type ElfFile } from "@ocelli/bpf";

import { fileOffset } from "./traced-file.ts";

const NT_STAPSDT = 3;
const decoder = new TextDecoder();

/** A static probe as a file describes it. Offsets in bytes from the file's start. */
export interface UsdtProbe {
  readonly provider: string;
  readonly name: string;
  /** Its instruction in the memory image, before relocation. */
  readonly address: number;
  readonly offset: number;
  /** Its counter of attached tracers; 0 when it has none. */
  readonly counterOffset: number;
  /** Where its arguments are, as the assembler wrote it: `-4@%edi 8@-16(%rbp)`. */
  readonly argumentText: string;
}

/**
 * The static probes of a file, one for each place, in the file's order. Notes that do not fit the format, or whose
 * place is in no part of the file that is loaded, are left out.
 */
export function readUsdtProbes(elf: ElfFile): UsdtProbe[] {
  const section = elf.sections.find(({ name }) => name === ".note.stapsdt");
  if (section === undefined) return [];
  const notes = readNotes(elf, section);
  if (!notes.ok) return [];
  const base = elf.sections.find(({ name }) => name === ".stapsdt.base")?.address;
  return notes.value
    .filter(({ name, type }) => name === "stapsdt" && type === NT_STAPSDT)
    .flatMap(({ description }) => decodeProbe(elf, description, base) ?? []);
}

// The description, in words of the file's width:
//   0  address of the probe's instruction
//   1  address of .stapsdt.base when the file was linked; if the section lies elsewhere now, the file was prelinked
//   2  address of the counter, 0 for none
//      then provider, name and arguments, each zero-terminated
function decodeProbe(
  elf: ElfFile,
  bytes: Uint8Array,
  baseNow: number | undefined,
): UsdtProbe | undefined {
  const width = elf.wordBits / 8;
  if (bytes.length < width * 3 + 3) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (index: number): number =>
    width === 8
      ? Number(view.getBigUint64(index * 8, elf.littleEndian))
      : view.getUint32(index * 4, elf.littleEndian);
  const moved = baseNow === undefined || word(1) === 0 ? 0 : baseNow - word(1);
  const [provider = "", name = "", argumentText = ""] = decoder
    .decode(bytes.subarray(width * 3))
    .split("\0");
  const address = word(0) + moved;
  const offset = fileOffset(elf, address, true);
  if (offset === undefined || name === "") return undefined;
  const counter = word(2) === 0 ? 0 : fileOffset(elf, word(2) + moved, false);
  if (counter === undefined) return undefined;
  return { provider, name, address, offset, counterOffset: counter, argumentText };
}
