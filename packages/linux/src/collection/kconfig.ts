import { existsSync, readFileSync } from "node:fs";
import { release } from "node:os";
import { gunzipSync } from "node:zlib";

import type { KconfigSpec } from "@ocelli/bpf";

import { LinuxError } from "../error.ts";
import { FEATURES, compareReleases, minimumKernel } from "../feature/table.ts";
import type { Kernel } from "../port/kernel.ts";
import { kernelVersionCode } from "./kernel-version.ts";

/** The kernel's build configuration: `CONFIG_X` to `y`, `m`, a number or a quoted text. */
export type KernelConfiguration = ReadonlyMap<string, string>;

const LIMIT = 64 << 20;

/** Where a kernel's configuration may lie, in the order that is tried. */
export function configurationPaths(running: string): readonly string[] {
  return ["/proc/config.gz", `/boot/config-${running}`, `/lib/modules/${running}/config`];
}

/** Reads the running kernel's configuration; `undefined` when it is nowhere to be found. */
export function readConfiguration(): KernelConfiguration | undefined {
  const path = configurationPaths(release()).find((candidate) => existsSync(candidate));
  if (path === undefined) return undefined;
  const bytes = readFileSync(path);
  const text = path.endsWith(".gz") ? gunzipSync(bytes, { maxOutputLength: LIMIT }) : bytes;
  return parseConfiguration(text.toString("utf8"));
}

/** Parses `CONFIG_X=value` lines; anything else is a comment. */
export function parseConfiguration(text: string): KernelConfiguration {
  const values = new Map<string, string>();
  for (const line of text.split("\n")) {
    const match = /^(CONFIG_\w+)=(.+)$/.exec(line.trimEnd());
    if (match !== null) values.set(match[1] ?? "", match[2] ?? "");
  }
  return values;
}

/**
 * Writes the values that the object's `.kconfig` externs stand for into `data`. `CONFIG_*` come from the kernel's
 * configuration; `LINUX_KERNEL_VERSION`, `LINUX_HAS_BPF_COOKIE` and `LINUX_HAS_SYSCALL_WRAPPER` from the kernel itself.
 *
 * A weak extern that is absent stays 0. Throws `not-found` for any other, and `invalid` for a value that does not fit.
 */
export function fillKconfig(
  kernel: Kernel,
  externs: ReadonlyMap<string, KconfigSpec>,
  data: Uint8Array,
  read: () => KernelConfiguration | undefined = readConfiguration,
): void {
  let configuration: KernelConfiguration | undefined;
  let tried = false;
  for (const extern of externs.values()) {
    const virtual = virtualValue(kernel, extern.name);
    if (virtual !== undefined) {
      writeNumber(extern, data, virtual);
      continue;
    }
    if (!tried) configuration = read();
    tried = true;
    const value = configuration?.get(extern.name);
    if (value !== undefined) writeValue(extern, data, value);
    else if (!extern.weak) throw missing(extern, configuration);
  }
}

function missing(
  { name }: KconfigSpec,
  configuration: KernelConfiguration | undefined,
): LinuxError {
  const paths = configurationPaths(release()).join(", ");
  return new LinuxError(
    "not-found",
    configuration === undefined
      ? `Cannot fill in "${name}": the kernel's configuration is in none of ${paths}; declare it __weak to make it 0 then`
      : `Cannot fill in "${name}": the kernel's configuration does not have it; declare it __weak to make it 0 then`,
  );
}

function virtualValue(kernel: Kernel, name: string): bigint | undefined {
  switch (name) {
    case "LINUX_KERNEL_VERSION":
      return BigInt(kernelVersionCode());
    case "LINUX_HAS_BPF_COOKIE":
      return compareReleases(release(), FEATURES.cookie.since) >= 0 ? 1n : 0n;
    case "LINUX_HAS_SYSCALL_WRAPPER":
      // Architectures wrap system calls since 4.17 (x86) and 4.19 (arm64), both below any kernel with BPF tokens of ours.
      return compareReleases(release(), minimumKernel("raw_tracepoint", kernel.architecture)) >= 0
        ? 1n
        : 0n;
    default:
      return undefined;
  }
}

const TRISTATE: ReadonlyMap<string, number> = new Map([
  ["n", 0],
  ["y", 1],
  ["m", 2],
]);

function writeValue(extern: KconfigSpec, data: Uint8Array, value: string): void {
  if (value.startsWith('"')) {
    if (extern.kind !== "char-array") throw unsuitable(extern, value);
    const text = new TextEncoder().encode(value.slice(1, value.endsWith('"') ? -1 : undefined));
    // The last byte stays 0, also when the text is too long.
    data.set(text.subarray(0, extern.size - 1), extern.offset);
    return;
  }
  const state = TRISTATE.get(value);
  if (state !== undefined) {
    if (extern.kind === "char") data[extern.offset] = value.charCodeAt(0);
    else if (extern.kind === "tristate") writeNumber(extern, data, BigInt(state));
    else if (extern.kind === "bool" && value !== "m") writeNumber(extern, data, BigInt(state));
    else throw unsuitable(extern, value);
    return;
  }
  const isNumber = /^-?(?:0x[0-9a-f]+|\d+)$/i.test(value);
  if (!isNumber || (extern.kind !== "int" && extern.kind !== "char"))
    throw unsuitable(extern, value);
  const negative = value.startsWith("-");
  const magnitude = BigInt(negative ? value.slice(1) : value);
  writeNumber(extern, data, negative ? -magnitude : magnitude);
}

function writeNumber(extern: KconfigSpec, data: Uint8Array, value: bigint): void {
  const bits = extern.size * 8;
  const fits = extern.signed
    ? BigInt.asIntN(bits, value) === value
    : BigInt.asUintN(bits, value) === value;
  if (!fits || extern.kind === "char-array") throw unsuitable(extern, String(value));
  let rest = BigInt.asUintN(bits, value);
  for (let i = 0; i < extern.size; i += 1) {
    data[extern.offset + i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
}

function unsuitable({ name, kind, size, signed }: KconfigSpec, value: string): LinuxError {
  const type =
    kind === "int"
      ? `${signed ? "a signed" : "an unsigned"} integer of ${size} bytes`
      : `a ${kind} of ${size} bytes`;
  return new LinuxError(
    "invalid",
    `Cannot fill in "${name}": its value ${value} does not fit into ${type}`,
  );
}
