import { ATTACH_TYPES, nearHint } from "@ocelli/bpf";

import { LinuxError } from "../error.ts";
import { kernelFunctionNames, kernelFunctions } from "../kernel-symbols.ts";
import type { Kernel } from "../port/kernel.ts";
import type { Program } from "../program/program.ts";
import { attachAction, requireType } from "./explain.ts";
import { createLink } from "./kernel-link.ts";
import { textBlocks } from "../text-blocks.ts";
import { globMatcher } from "./glob.ts";
import type { Link } from "./link.ts";
import { openTracefs } from "./tracefs.ts";

const KPROBE_MULTI_RETURN = 1;

/** Which functions: by pattern, by name, or by address. */
export interface KprobeMultiOptions {
  readonly functions:
    | { readonly pattern: string }
    | { readonly names: readonly string[] }
    | { readonly addresses: readonly bigint[] };
  readonly atReturn?: boolean;
  /** One for each function, in the same order; with a pattern one for all. */
  readonly cookies?: readonly bigint[];
}

/**
 * Attaches to many kernel functions at once, by one link. A pattern takes `*` and `?` and chooses among the functions
 * that can be traced. Programs loaded as `trace_kprobe_session` (Linux 6.10) run at entry and return. Since Linux
 * 5.18, on arm64 6.13.
 */
export function attachKprobeMulti(program: Program, options: KprobeMultiOptions): Link {
  const { functions } = options;
  const session = program.attachType === "trace_kprobe_session";
  const target = `${options.atReturn === true ? "return of " : ""}kernel functions ${title(functions)}`;
  requireType(program, target, "kprobe");
  const { kernel } = program;
  const action = attachAction(program, target);
  const symbols = "names" in functions ? functions.names : undefined;
  const addresses =
    "pattern" in functions
      ? traceable(kernel, action, functions.pattern)
      : "addresses" in functions
        ? functions.addresses
        : [];
  const count = symbols?.length ?? addresses.length;
  const cookies = cookieArray(action, count, options.cookies, "pattern" in functions);
  const places = symbols === undefined ? words(addresses) : symbolArray(kernel, symbols);
  return createLink(
    program,
    "kprobe_multi",
    target,
    {
      attach_type: session ? ATTACH_TYPES.trace_kprobe_session : ATTACH_TYPES.trace_kprobe_multi,
      "kprobe_multi.flags": options.atReturn === true ? KPROBE_MULTI_RETURN : 0,
      "kprobe_multi.cnt": count,
      ...(symbols === undefined
        ? { "kprobe_multi.addrs": places }
        : { "kprobe_multi.syms": places }),
      "kprobe_multi.cookies": cookies,
    },
    {
      feature: session ? "kprobe_session" : "kprobe_multi",
      lockdown: true,
      reasons: {
        ESRCH: `the kernel lacks ${missing(symbols ?? [])}`,
        EINVAL:
          "the program was not loaded for it (sections kprobe.multi and kprobe.session), or an address is no function's start",
        EOPNOTSUPP: "the kernel is built without fprobes (CONFIG_FPROBE)",
        E2BIG: "more than a million functions are asked for",
        ENOENT: "an address is no traceable function's start",
      },
    },
  );
}

function title(functions: KprobeMultiOptions["functions"]): string {
  if ("pattern" in functions) return `"${functions.pattern}"`;
  if ("addresses" in functions) return `at ${functions.addresses.length} addresses`;
  const [first = "", ...rest] = functions.names;
  return rest.length === 0 ? `"${first}"` : `"${first}" and ${rest.length} more`;
}

function missing(symbols: readonly string[]): string {
  const names = new Set(kernelFunctionNames());
  const absent = symbols.find((symbol) => !names.has(symbol));
  return absent === undefined
    ? "one of these functions among those that can be traced"
    : `function "${absent}"${nearHint(absent, names)}`;
}

/**
 * The addresses of the functions that the kernel can trace and that fit a pattern. Names are compared by address,
 * because the kernel's list has one name of each place: `__ia32_sys_gettid` for `__x64_sys_gettid`.
 */
function traceable(kernel: Kernel, action: string, pattern: string): bigint[] {
  const listed = traceableNames(kernel, action);
  const fits = globMatcher(pattern);
  // By name: its address, undefined once the name stands for several functions.
  const places = new Map<string, bigint | undefined>();
  for (const { name, address } of kernelFunctions())
    places.set(name, places.has(name) ? undefined : address);
  const allowed = new Set<bigint>();
  for (const name of listed) {
    const address = places.get(name);
    if (address !== undefined) allowed.add(address);
  }
  const found = new Set<bigint>();
  for (const [name, address] of places)
    if (address !== undefined && allowed.has(address) && fits(name)) found.add(address);
  if (found.has(0n))
    throw new LinuxError(
      "permission",
      `${action}: the kernel hides its addresses from this process; run as root with kernel.kptr_restrict below 2`,
    );
  if (found.size > 0) return [...found];
  throw new LinuxError(
    "not-found",
    `${action}: no traceable function fits this pattern${nearHint(pattern.replaceAll(/[*?]/g, ""), places.keys())}`,
  );
}

function traceableNames(kernel: Kernel, action: string): string[] {
  using tracefs = openTracefs(kernel, action);
  try {
    const names: string[] = [];
    for (const block of textBlocks(`${tracefs.path}/available_filter_functions`))
      for (const line of block.split("\n")) names.push(line.split(/[ \t]/, 1)[0] ?? "");
    return names;
  } catch (error) {
    throw new LinuxError(
      "permission",
      `${action}: the list of traceable functions cannot be read; give names instead of a pattern, or run as root on a kernel that is not locked down`,
      0,
      { cause: error },
    );
  }
}

function words(values: readonly bigint[]): Uint8Array {
  return new Uint8Array(BigUint64Array.from(values).buffer);
}

// One buffer, which the caller keeps: a pointer for each name, then the names, zero-terminated.
function symbolArray(kernel: Kernel, symbols: readonly string[]): Uint8Array {
  const encoder = new TextEncoder();
  const text = encoder.encode(symbols.map((symbol) => `${symbol}\0`).join(""));
  const head = symbols.length * 8;
  const bytes = new Uint8Array(head + text.length);
  bytes.set(text, head);
  const view = new DataView(bytes.buffer);
  let address = kernel.address(bytes) + BigInt(head);
  symbols.forEach((symbol, index) => {
    view.setBigUint64(index * 8, address, true);
    address += BigInt(encoder.encode(symbol).length + 1);
  });
  return bytes;
}

function cookieArray(
  action: string,
  count: number,
  cookies: readonly bigint[] | undefined,
  repeat: boolean,
): Uint8Array | undefined {
  if (cookies === undefined) return undefined;
  if (repeat && cookies.length === 1)
    return words(Array.from({ length: count }, () => cookies[0] ?? 0n));
  if (cookies.length !== count)
    throw new LinuxError(
      "invalid",
      `${action}: there must be one cookie for each of ${count} functions: there are ${cookies.length}`,
    );
  return words(cookies);
}
