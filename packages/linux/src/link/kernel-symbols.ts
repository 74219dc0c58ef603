import { readFileSync } from "node:fs";

/** A function of the running kernel. */
export interface KernelFunction {
  readonly name: string;
  /** 0n when the kernel hides addresses from this process. */
  readonly address: bigint;
}

// Sixteen digits, a space, the type, a space, the name, and for a module's function a tab and `[module]`.
const TYPE = 17;
const NAME = 19;

function* functionLines(): Generator<string, void> {
  for (const line of readFileSync("/proc/kallsyms", "latin1").split("\n")) {
    const type = line.charCodeAt(TYPE) | 0x20;
    if (type === 0x74 || type === 0x77) yield line; // t, w in either case
  }
}

function nameOf(line: string): string {
  const tab = line.indexOf("\t", NAME);
  return tab < 0 ? line.slice(NAME) : line.slice(NAME, tab);
}

/**
 * The functions that /proc/kallsyms lists, of modules too, in its order. 3 to 6 MB of text, read anew each time: the
 * list changes with every module.
 */
export function* kernelFunctions(): Generator<KernelFunction, void> {
  for (const line of functionLines())
    yield { name: nameOf(line), address: BigInt(`0x${line.slice(0, TYPE - 1)}`) };
}

/** The names alone, without the cost of addresses. */
export function* kernelFunctionNames(): Generator<string, void> {
  for (const line of functionLines()) yield nameOf(line);
}

/** Whether a glob pattern (`*` any run of characters, `?` one) fits a whole name. */
export function globMatcher(pattern: string): (name: string) => boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  const expression = new RegExp(`^${source}$`);
  return (name) => expression.test(name);
}
