import { readFileSync } from "node:fs";

/** A function of the running kernel. */
export interface KernelFunction {
  readonly name: string;
  /** 0n when the kernel hides addresses from this process. */
  readonly address: bigint;
}

/**
 * The functions that /proc/kallsyms lists, of modules too, in its order. 3 to 6 MB of text, read anew each time: the
 * list changes with every module.
 */
export function* kernelFunctions(): Generator<KernelFunction, void> {
  const text = readFileSync("/proc/kallsyms", "latin1");
  let start = 0;
  // `ffffffff81000000 T _stext` or `ffffffffc0000000 t name\t[module]`
  while (start < text.length) {
    let end = text.indexOf("\n", start);
    if (end < 0) end = text.length;
    const space = text.indexOf(" ", start);
    const type = text[space + 1];
    if (type === "t" || type === "T" || type === "w" || type === "W") {
      const tab = text.indexOf("\t", space);
      const stop = tab < 0 || tab > end ? end : tab;
      yield { name: text.slice(space + 3, stop), address: BigInt(`0x${text.slice(start, space)}`) };
    }
    start = end + 1;
  }
}

/** The names alone, which costs a third of the time. */
export function kernelFunctionNames(): Set<string> {
  const names = new Set<string>();
  for (const line of readFileSync("/proc/kallsyms", "latin1").split("\n")) {
    // Sixteen digits, a space, the type, a space, the name.
    const type = line.charCodeAt(17) | 0x20;
    if (type !== 0x74 && type !== 0x77) continue; // t, w in either case
    const tab = line.indexOf("\t", 19);
    names.add(tab < 0 ? line.slice(19) : line.slice(19, tab));
  }
  return names;
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
