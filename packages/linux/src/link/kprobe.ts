import { nearHint } from "@ocelli/bpf";

import { LinuxError } from "../error.ts";
import { kernelFunctionNames } from "../kernel-symbols.ts";
import type { Program } from "../program/program.ts";
import { attachAction, requireType, type Explanation } from "./explain.ts";
import type { Link } from "./link.ts";
import { bindPerfEvent, openPerfEvent, perfEventError, type PerfBinding } from "./perf-event.ts";
import { probeUnit } from "./probe-unit.ts";

/** Which place in the kernel. */
export interface KprobeOptions extends PerfBinding {
  /** A function, or `function+offset` in bytes. */
  readonly symbol: string;
  /** At the function's return instead of its entry. */
  readonly atReturn?: boolean;
}

const encoder = new TextEncoder();

/** Attaches to a kernel function's entry, return, or an instruction inside. Since Linux 4.17. */
export function attachKprobe(program: Program, options: KprobeOptions): Link {
  const [symbol = "", offset = "0"] = options.symbol.split("+");
  const atReturn = options.atReturn === true;
  const target = `${atReturn ? "return of " : ""}kernel function "${options.symbol}"`;
  requireType(program, target, "kprobe");
  const action = attachAction(program, target);
  const probeOffset = Number(offset);
  if (!Number.isSafeInteger(probeOffset) || symbol === "")
    throw new LinuxError(
      "invalid",
      `${action}: a place is written as a function, or a function and an offset as in "vfs_read+0x8"`,
    );
  const unit = probeUnit("kprobe");
  if (unit === undefined)
    throw new LinuxError(
      "unsupported",
      `${action}: this kernel is built without kprobes (CONFIG_KPROBE_EVENTS), or /sys is not mounted. Use fentry, a tracepoint or a raw tracepoint`,
    );
  const name = encoder.encode(`${symbol}\0`);
  const event = openPerfEvent(program.kernel, {
    type: unit.type,
    config: atReturn ? 1n << BigInt(unit.returnBit) : 0,
    config1: name,
    config2: probeOffset,
    pid: -1,
    cpu: 0,
  });
  if (typeof event === "number")
    throw perfEventError(program, target, event, {
      feature: "kprobe",
      lockdown: true,
      ...untraceable(symbol),
    });
  return bindPerfEvent(program, "kprobe", target, event, options, {
    feature: "kprobe",
    lockdown: true,
  });
}

function untraceable(symbol: string): Explanation {
  const names = new Set(kernelFunctionNames());
  const why = names.has(symbol)
    ? "the function is there but cannot be probed: it is excluded from tracing, or the offset is not the start of an instruction"
    : `the kernel has no such function${nearHint(symbol, names)}. It may be inlined, renamed by the compiler, or in a module that is not loaded`;
  return {
    reasons: {
      ENOENT: why,
      EINVAL: why,
      EILSEQ: why,
      EADDRNOTAVAIL:
        "there are several functions of this name; choose one by its address with kprobe.multi",
    },
  };
}

/** Which system call. */
export interface KsyscallOptions extends PerfBinding {
  /** Without a prefix: `openat`. */
  readonly name: string;
  readonly atReturn?: boolean;
}

const SYSCALL_PREFIX = { x64: "__x64_sys_", arm64: "__arm64_sys_" } as const;

/**
 * Attaches to the kernel's function behind a system call, whose name differs between architectures. Its only argument
 * is a pointer to the registers of the caller. Since Linux 4.17.
 */
export function attachKsyscall(program: Program, { name, ...options }: KsyscallOptions): Link {
  const symbol = `${SYSCALL_PREFIX[program.kernel.architecture]}${name}`;
  return attachKprobe(program, { ...options, symbol });
}
