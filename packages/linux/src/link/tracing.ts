import { ATTACH_TYPES } from "@ocelli/bpf";

import type { Program } from "../program/program.ts";
import { requireType, type Explanation } from "./explain.ts";
import { createLink } from "./kernel-link.ts";
import type { Link, LinkKind } from "./link.ts";
import { openRawTracepoint } from "./raw-tracepoint.ts";

/** What every hook by BTF takes. */
export interface TracingOptions {
  /** A number that the program reads with `bpf_get_attach_cookie()`; Linux 6.0. */
  readonly cookie?: bigint;
}

/**
 * Attaches a program to the hook that it named when it was loaded: `tp_btf`, `fentry`, `fexit`, `fmod_ret` (Linux 5.5,
 * 5.7 for fmod_ret; on arm64 6.0). Needs BTF in the kernel.
 */
export function attachTracing(program: Program, options: TracingOptions = {}): Link {
  const target = `${title(program)} "${program.attachTo}"`;
  requireType(program, target, "tracing");
  return attachByBtf(program, "tracing", target, options, {
    feature: program.attachType === "trace_raw_tp" ? "tp_btf" : "fentry",
    lockdown: program.attachType !== "trace_raw_tp" && program.attachType !== "trace_iter",
    reasons: {
      ...(program.attachType === "trace_iter"
        ? { EINVAL: "it is an iterator: use attachIterator()" }
        : {}),
      EBUSY:
        "the function is traced in a way that excludes a BPF trampoline (live patching or kprobes with IP modification)",
      E2BIG: "38 programs are attached to this function already, which is the kernel's limit",
      ENOTSUPP: "this architecture has BPF trampolines only in later kernels (arm64: Linux 6.0)",
    },
  });
}

/** Attaches an LSM program to the hook that it named when it was loaded. Since Linux 5.7, on arm64 6.0. */
export function attachLsm(program: Program, options: TracingOptions = {}): Link {
  const target = `LSM hook "${program.attachTo}"`;
  requireType(program, target, "lsm");
  return attachByBtf(program, "lsm", target, options, {
    feature: "lsm",
    lockdown: true,
    reasons: {
      EBUSY: "the hook is taken",
      E2BIG: "38 programs are attached to this hook already, which is the kernel's limit",
      ENOTSUPP: "this architecture has BPF trampolines only in later kernels (arm64: Linux 6.0)",
    },
  });
}

function attachByBtf(
  program: Program,
  kind: LinkKind,
  target: string,
  { cookie }: TracingOptions,
  explanation: Explanation,
): Link {
  if (cookie === undefined || program.attachType === undefined)
    return openRawTracepoint(program, kind, target, {}, explanation);
  return createLink(
    program,
    kind,
    target,
    { attach_type: ATTACH_TYPES[program.attachType], "tracing.cookie": cookie },
    {
      ...explanation,
      reasons: {
        ...explanation.reasons,
        EINVAL: "cookies on hooks by BTF need Linux 6.0",
        E2BIG: "cookies on hooks by BTF need Linux 6.0",
      },
    },
  );
}

function title(program: Program): string {
  switch (program.attachType) {
    case "trace_raw_tp":
      return "typed tracepoint";
    case "trace_fentry":
      return "entry of function";
    case "trace_fexit":
      return "exit of function";
    case "modify_return":
      return "return value of function";
    default:
      return "hook";
  }
}
