import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";

import { readBtf, type Btf, type CoreTargets } from "@ocelli/bpf";

import { summarizeDiagnostics } from "../diagnostics.ts";
import { LinuxError } from "../error.ts";
import type { Fd } from "../fd.ts";
import { objectInfo, textUntilZero } from "../port/info.ts";
import type { Kernel } from "../port/kernel.ts";
import { kernelIds, openById } from "../program/ids.ts";
import { kernelBtf } from "./kernel-btf.ts";

const FOLDER = "/sys/kernel/btf";

/** BTF of one module. */
export interface ModuleTypes {
  readonly name: string;
  readonly btf: Btf;
}

/**
 * The running kernel's own types. Each part is read when it is first asked for: vmlinux takes 1.5 MB, before Linux
 * 6.16 another 5.5. Also what CO-RE relocates against.
 */
export interface KernelTypes extends CoreTargets {
  readonly kernel: Btf;
  readonly moduleTypes: () => readonly ModuleTypes[];
}

/** How long unused types stay: they serve the objects that a process loads at its start, one after the other. */
const IDLE_MS = 10_000;

// Held for a while after their last use, and after that only as long as somebody else does.
let held: KernelTypes | undefined;
let shared: WeakRef<KernelTypes> | undefined;
let timer: NodeJS.Timeout | undefined;

/**
 * The types of the running kernel, shared by everything in this process. They are let go of 10 s after the last call, and
 * the next one reads them again. Throws `unsupported` on first use of a kernel without BTF (CONFIG_DEBUG_INFO_BTF).
 */
export function kernelTypes(): KernelTypes {
  held ??= shared?.deref() ?? makeKernelTypes();
  if (shared?.deref() !== held) shared = new WeakRef(held);
  clearTimeout(timer);
  timer = setTimeout(release, IDLE_MS).unref();
  return held;
}

function release(): void {
  held = undefined;
  timer = undefined;
}

/** Lets go of the types now, and of what others share of them: the next use reads them again. */
export function dropKernelTypes(): void {
  clearTimeout(timer);
  release();
  shared = undefined;
}

function makeKernelTypes(): KernelTypes {
  let vmlinux: Btf | undefined;
  let modules: readonly ModuleTypes[] | undefined;
  const kernel = (): Btf => (vmlinux ??= read(`${FOLDER}/vmlinux`, kernelBtf));
  const moduleTypes = (): readonly ModuleTypes[] => (modules ??= readModules(kernel()));
  return {
    get kernel() {
      return kernel();
    },
    moduleTypes,
    modules: () => moduleTypes().map(({ btf }) => btf),
  };
}

function readModules(base: Btf): readonly ModuleTypes[] {
  return readdirSync(FOLDER)
    .filter((name) => name !== "vmlinux")
    .flatMap((name) => {
      try {
        return [{ name, btf: readModule(`${FOLDER}/${name}`, base) }];
      } catch (error) {
        // A module may be unloaded meanwhile, and one damaged file is no reason to refuse the others.
        if (error instanceof LinuxError) return [];
        throw error;
      }
    });
}

function readModule(path: string, base: Btf): Btf {
  return read(path, () => readFileSync(path), base);
}

function read(path: string, bytesOf: () => Uint8Array, base?: Btf): Btf {
  let bytes: Uint8Array;
  try {
    bytes = bytesOf();
  } catch (cause) {
    throw new LinuxError(
      "unsupported",
      `Cannot read the kernel's types from "${path}": a kernel with CONFIG_DEBUG_INFO_BTF is needed, or types given in option "types"`,
      0,
      { cause },
    );
  }
  const result = readBtf(bytes, { base });
  if (result.ok) return result.value;
  throw new LinuxError(
    "invalid",
    `Cannot read the kernel's types of "${basename(path)}": ${summarizeDiagnostics(result.diagnostics)}`,
  );
}

/** Opens the kernel's own BTF object of a module, which instructions and programs refer to. Linux 5.11. */
export function openModuleBtf(kernel: Kernel, module: string): Fd {
  for (const id of kernelIds(kernel, "btf")) {
    const fd = openById(kernel, "btf", id);
    if (fd === undefined) continue;
    const name = new Uint8Array(64);
    const info = objectInfo(kernel, "btf", fd.value, { name, name_len: name.length });
    if (info.number("kernel_btf") !== 0 && textUntilZero(name) === module) return fd;
    fd[Symbol.dispose]();
  }
  throw new LinuxError("not-found", `Cannot find the BTF of module "${module}" in the kernel`);
}
