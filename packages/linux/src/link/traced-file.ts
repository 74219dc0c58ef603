import { existsSync, readdirSync, readFileSync } from "node:fs";
import { delimiter, isAbsolute } from "node:path";

import {
  readElf,
  readSymbols,
  SYMBOL_TYPES,
  type ElfFile,
  type ElfSymbol,
  nearHint,
} from "@ocelli/bpf";

import { LinuxError } from "../error.ts";
import { MappedFile } from "../mapped-file.ts";
import type { Kernel } from "../port/kernel.ts";
import { globMatcher } from "./glob.ts";

const PT_LOAD = 1;
const EXECUTABLE = 1;

/**
 * An executable or library whose functions can be traced. It is mapped, and nobody can change it meanwhile: for the time
 * of an attachment.
 */
export interface TracedFile extends Disposable {
  readonly path: string;
  readonly elf: ElfFile;
}

/** A function of a file, with the place of its first instruction in the file, in bytes. */
export interface FileFunction {
  readonly name: string;
  readonly offset: number;
}

/** Opens a file for tracing. A bare name is looked for as the loader (`*.so*`) or the shell would. */
export function openTracedFile(kernel: Kernel, action: string, name: string): TracedFile {
  const path = findFile(action, name);
  let file: MappedFile;
  try {
    file = new MappedFile(kernel, path);
  } catch (error) {
    throw new LinuxError("not-found", `${action}: "${path}" cannot be read`, 0, { cause: error });
  }
  const read = readElf(file.bytes);
  if (read.ok)
    return {
      path,
      elf: read.value,
      [Symbol.dispose]: () => {
        file[Symbol.dispose]();
      },
    };
  file[Symbol.dispose]();
  throw new LinuxError(
    "invalid",
    `${action}: "${path}" is no ELF file: ${read.diagnostics[0]?.message ?? ""}`,
  );
}

function findFile(action: string, name: string): string {
  if (isAbsolute(name)) {
    if (existsSync(name)) return name;
    throw new LinuxError("not-found", `${action}: there is no file "${name}"`);
  }
  const folders = /\.so(\.|$)/.test(name) ? libraryFolders() : programFolders();
  const path = folders
    .map((folder) => `${folder}/${name}`)
    .find((candidate) => existsSync(candidate));
  if (path !== undefined) return path;
  throw new LinuxError(
    "not-found",
    `${action}: there is no "${name}" in ${folders.slice(0, 6).join(", ")}; give the whole path`,
  );
}

function split(variable: string): string[] {
  return (process.env[variable] ?? "").split(delimiter).filter((folder) => folder !== "");
}

function programFolders(): string[] {
  return [...new Set([...split("PATH"), "/usr/bin", "/usr/sbin", "/bin", "/sbin"])];
}

// The loader's order: LD_LIBRARY_PATH, the folders of its configuration, the folders that are built in.
function libraryFolders(): string[] {
  const triplet = process.arch === "arm64" ? "aarch64-linux-gnu" : "x86_64-linux-gnu";
  const builtIn = ["/lib", "/usr/lib"].flatMap((folder) => [
    `${folder}/${triplet}`,
    `${folder}64`,
    folder,
  ]);
  return [...new Set([...split("LD_LIBRARY_PATH"), ...configuredFolders(), ...builtIn])];
}

function configuredFolders(): string[] {
  const folder = "/etc/ld.so.conf.d";
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(".conf"))
      .flatMap((name) => readFileSync(`${folder}/${name}`, "utf8").split("\n"))
      .map((line) => line.trim())
      .filter((line) => line.startsWith("/"));
  } catch {
    return [];
  }
}

/** The place in the file of an address in its memory image; `undefined` when no loaded part holds it. */
export function fileOffset(elf: ElfFile, address: number, executable: boolean): number | undefined {
  const part = elf.segments.find(
    (segment) =>
      segment.type === PT_LOAD &&
      (!executable || (segment.flags & EXECUTABLE) !== 0) &&
      address >= segment.address &&
      address < segment.address + segment.memorySize,
  );
  return part === undefined ? undefined : address - part.address + part.offset;
}

/** The functions that a file defines, from its symbol table and its dynamic symbols, each name once. */
function functionSymbols(elf: ElfFile): Map<string, ElfSymbol> {
  const symbols = new Map<string, ElfSymbol>();
  for (const table of ["symtab", "dynsym"] as const) {
    const read = readSymbols(elf, table);
    if (!read.ok) continue;
    for (const symbol of read.value) {
      const isFunction =
        symbol.type === SYMBOL_TYPES.function || symbol.type === SYMBOL_TYPES.ifunc;
      // Versions follow an @ in symbol tables: `memcpy@@GLIBC_2.14`.
      const name = symbol.name.split("@", 1)[0] ?? "";
      if (isFunction && symbol.section !== 0 && name !== "" && !symbols.has(name))
        symbols.set(name, symbol);
    }
  }
  return symbols;
}

/** Functions of a file by name, each with its offset. Throws `not-found` with near names for one that is not there. */
export function findFunctions(
  action: string,
  file: TracedFile,
  names: readonly string[],
): FileFunction[] {
  const symbols = functionSymbols(file.elf);
  return names.map((name) => {
    const symbol = symbols.get(name);
    if (symbol === undefined) {
      const why =
        symbols.size === 0
          ? "it has no symbols; give an offset, or install its debug symbols"
          : `it defines no function "${name}"${nearHint(name, symbols.keys())}`;
      throw new LinuxError("not-found", `${action}: "${file.path}": ${why}`);
    }
    return { name, offset: placeOf(action, file, name, symbol) };
  });
}

/** Functions of a file whose names fit a pattern with `*` and `?`; one for each place. Throws when there is none. */
export function matchFunctions(action: string, file: TracedFile, pattern: string): FileFunction[] {
  const fits = globMatcher(pattern);
  const places = new Map<number, FileFunction>();
  const symbols = functionSymbols(file.elf);
  for (const [name, symbol] of symbols) {
    if (!fits(name)) continue;
    const offset = placeOf(action, file, name, symbol);
    if (!places.has(offset)) places.set(offset, { name, offset });
  }
  if (places.size > 0) return [...places.values()];
  throw new LinuxError(
    "not-found",
    `${action}: "${file.path}" has no function that fits${nearHint(pattern.replaceAll(/[*?]/g, ""), symbols.keys())}`,
  );
}

function placeOf(action: string, file: TracedFile, name: string, symbol: ElfSymbol): number {
  const offset = fileOffset(file.elf, symbol.value, true);
  if (offset !== undefined) return offset;
  throw new LinuxError(
    "invalid",
    `${action}: function "${name}" of "${file.path}" lies in no executable part of the file`,
  );
}
