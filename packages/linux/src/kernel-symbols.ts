import { LinuxError } from "./error.ts";
import { textBlocks } from "./text-blocks.ts";

const PATH = "/proc/kallsyms";

/** A function of the running kernel. */
export interface KernelFunction {
  readonly name: string;
  /** 0n when the kernel hides addresses from this process. */
  readonly address: bigint;
}

// Sixteen digits, a space, the type, a space, the name, and for a module's symbol a tab and `[module]`.
const TYPE = 17;
const NAME = 19;

function* functionLines(blocks: Iterable<string>): Generator<string, void> {
  for (const block of blocks)
    for (const line of block.split("\n")) {
      const type = line.charCodeAt(TYPE) | 0x20;
      if (type === 0x74 || type === 0x77) yield line; // t, w in either case
    }
}

function nameOf(line: string): string {
  const tab = line.indexOf("\t", NAME);
  return tab < 0 ? line.slice(NAME) : line.slice(NAME, tab);
}

/**
 * The functions that /proc/kallsyms lists, of modules too, in its order. Read anew each time, because the list changes
 * with every module, and in blocks: it has 5 to 12 MB.
 */
export function* kernelFunctions(
  blocks: Iterable<string> = textBlocks(PATH),
): Generator<KernelFunction, void> {
  for (const line of functionLines(blocks))
    yield { name: nameOf(line), address: BigInt(`0x${line.slice(0, TYPE - 1)}`) };
}

/** The names alone, without the cost of addresses. */
export function* kernelFunctionNames(
  blocks: Iterable<string> = textBlocks(PATH),
): Generator<string, void> {
  for (const line of functionLines(blocks)) yield nameOf(line);
}

/**
 * Addresses of kernel symbols by name, functions and data, from /proc/kallsyms. A name that is absent is absent from the
 * result. All of the list is searched, because a name may stand for several places. Throws `permission` when the kernel
 * hides addresses, `invalid` when a name has several.
 */
export function kernelAddresses(
  names: ReadonlySet<string>,
  blocks: Iterable<string> = textBlocks(PATH),
): ReadonlyMap<string, bigint> {
  const found = new Map<string, bigint>();
  if (names.size === 0) return found;
  for (const block of blocks)
    for (const name of names)
      for (const address of addressesIn(block, name)) {
        const before = found.get(name);
        if (address === 0n) throw hidden(name);
        if (before !== undefined && before !== address) throw ambiguous(name, before, address);
        found.set(name, address);
      }
  return found;
}

function* addressesIn(block: string, name: string): Generator<bigint, void> {
  const wanted = ` ${name}`;
  for (let at = block.indexOf(wanted); at >= 0; at = block.indexOf(wanted, at + 1)) {
    const end = block.charAt(at + wanted.length);
    if (end !== "\n" && end !== "\t" && end !== "") continue;
    const start = block.lastIndexOf("\n", at) + 1;
    if (at === start + TYPE + 1) yield BigInt(`0x${block.slice(start, start + TYPE - 1)}`);
  }
}

function hidden(name: string): LinuxError {
  return new LinuxError(
    "permission",
    `Cannot find the address of kernel symbol "${name}": /proc/kallsyms hides addresses from this process, which needs CAP_SYSLOG and kernel.kptr_restrict below 2`,
  );
}

function ambiguous(name: string, one: bigint, other: bigint): LinuxError {
  return new LinuxError(
    "invalid",
    `Cannot find the address of kernel symbol "${name}": it has several, at 0x${one.toString(16)} and 0x${other.toString(16)}`,
  );
}
