import { readFile, writeFile } from "node:fs/promises";

import type { TypedPositionalParameter } from "@stricli/core";

import type { CliContext } from "./context.ts";
import { RefusedError, UsageError } from "./exit.ts";

/** The object file that most commands take first. */
export const objectFile: TypedPositionalParameter<string, CliContext> = {
  parse: String,
  placeholder: "FILE.o",
  brief: "BPF object file, or FILE.bpf.ts to compile first",
};

/** A kernel program's source. */
export const sourceFile: TypedPositionalParameter<string, CliContext> = {
  parse: String,
  placeholder: "FILE.bpf.ts",
  brief: "Kernel programs in TypeScript",
};

/** Reads a file that the person named. */
export async function readInput(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    // Node's file errors carry a code; the path is in our own sentence already.
    const { code } = cause as NodeJS.ErrnoException;
    const reason =
      code === "ENOENT"
        ? "there is no such file"
        : code === "EISDIR"
          ? "it is a folder"
          : String(code);
    throw new RefusedError(`Cannot read "${path}": ${reason}`);
  }
}

/** Writes a file that the person named. */
export async function writeOutput(path: string, content: string | Uint8Array): Promise<void> {
  try {
    await writeFile(path, content);
  } catch (cause) {
    // Node's file errors carry a code; the path is in our own sentence already.
    throw new RefusedError(
      `Cannot write "${path}": ${String((cause as NodeJS.ErrnoException).code)}`,
    );
  }
}

/** Bytes given as hexadecimal digits (`0x` and blanks allowed) or as `@FILE`. */
export async function readBytes(flag: string, text: string): Promise<Uint8Array> {
  if (text.startsWith("@")) return readInput(text.slice(1));
  const digits = text.replace(/^0x/i, "").replaceAll(/[\s:]/g, "");
  if (digits.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(digits)) {
    throw new UsageError(
      `Cannot read --${flag} "${text}": use pairs of hexadecimal digits, or @FILE`,
    );
  }
  return new Uint8Array(Buffer.from(digits, "hex"));
}

/** Refuses a time that is not a number of seconds from `atLeast` on. */
export function checkSeconds(flag: string, value: number, atLeast: number): void {
  if (Number.isFinite(value) && value >= atLeast) return;
  throw new UsageError(`Cannot use --${flag} ${value}: give seconds, ${atLeast} or more`);
}
