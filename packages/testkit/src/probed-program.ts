import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The address at which the probed program is loaded. */
export const PROBED_BASE = 0x400000;
const CODE = 0x200;
const NOTES = 0x300;
const NAMES = 0x500;
/** Where the probe's counter lies in the file. */
export const PROBED_COUNTER = 0x1000;
const SECTIONS = 0x600;
/** Where the probed program's instruction lies in its file. */
export const PROBED_PLACE: number = CODE + 5;
// The note was written when .stapsdt.base lay 16 bytes lower: readers must move its addresses.
const MOVED = 0x10;

/**
 * A program of one page of code and one of data, written byte by byte so that the test needs no compiler. It passes a
 * static probe `demo:step` with 5 in %edi and exits with the probe's counter as its status: 1 while it is traced.
 * `argumentText` is what its note says of the arguments.
 */
export function probedProgram(argumentText = "-4@%edi 8@$-7"): Buffer {
  const file = Buffer.alloc(0x1008);
  const words = (at: number, values: readonly number[]): void => {
    values.forEach((value, index) => file.writeBigUInt64LE(BigInt(value), at + index * 8));
  };
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  file.writeUInt16LE(2, 16); // ET_EXEC
  file.writeUInt16LE(62, 18); // EM_X86_64
  file.writeUInt32LE(1, 20);
  words(24, [PROBED_BASE + CODE, 64, SECTIONS]);
  [64, 56, 2, 64, 4, 3].forEach((value, index) => file.writeUInt16LE(value, 52 + index * 2));
  const segment = (at: number, flags: number, values: readonly number[]): void => {
    file.writeUInt32LE(1, at);
    file.writeUInt32LE(flags, at + 4);
    words(at + 8, values);
  };
  segment(64, 5, [0, PROBED_BASE, PROBED_BASE, 0x1000, 0x1000, 0x1000]);
  segment(120, 6, [PROBED_COUNTER, PROBED_BASE + 0x2000, PROBED_BASE + 0x2000, 8, 8, 0x1000]);
  const code = [
    [0xbf, 5, 0, 0, 0], // mov $5, %edi
    [0x90], // the probe's nop
    [0x0f, 0xb7, 0x3c, 0x25, 0x00, 0x20, 0x40, 0x00], // movzwl counter, %edi
    [0xb8, 60, 0, 0, 0], // mov $60, %eax
    [0x0f, 0x05], // syscall: exit
  ];
  file.set(code.flat(), CODE);
  const text = Buffer.from(`demo\0step\0${argumentText}\0`);
  file.writeUInt32LE(8, NOTES);
  file.writeUInt32LE(24 + text.length, NOTES + 4);
  file.writeUInt32LE(3, NOTES + 8);
  file.write("stapsdt\0", NOTES + 12);
  words(NOTES + 20, [
    PROBED_BASE + PROBED_PLACE - MOVED,
    0x500000 - MOVED,
    PROBED_BASE + 0x2000 - MOVED,
  ]);
  file.set(text, NOTES + 44);
  const names = "\0.note.stapsdt\0.stapsdt.base\0.shstrtab\0";
  file.write(names, NAMES);
  const section = (
    index: number,
    name: string,
    type: number,
    values: readonly number[],
    align: number,
  ): void => {
    const at = SECTIONS + index * 64;
    file.writeUInt32LE(names.indexOf(`${name}\0`), at);
    file.writeUInt32LE(type, at + 4);
    words(at + 8, [0, ...values]);
    words(at + 48, [align, 0]);
  };
  section(1, ".note.stapsdt", 7, [0, NOTES, 44 + text.length], 4);
  section(2, ".stapsdt.base", 1, [0x500000, 0x2ff, 1], 1);
  section(3, ".shstrtab", 3, [0, NAMES, names.length], 1);
  return file;
}

/** Hands the program's path to `body`, and how to run it for its exit status. */
export function withProbedProgram(
  body: (path: string, run: () => number | null) => void,
  program: Buffer = probedProgram(),
): void {
  const folder = mkdtempSync(join(tmpdir(), "ocelli-usdt-"));
  try {
    const path = join(folder, "probed");
    writeFileSync(path, program);
    chmodSync(path, 0o755);
    body(path, () => spawnSync(path).status);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
