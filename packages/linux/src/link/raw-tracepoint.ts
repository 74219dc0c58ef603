import { COMMANDS } from "@ocelli/bpf";

import { Fd } from "../fd.ts";
import { encodeAttribute } from "../port/attribute.ts";
import type { Program } from "../program/program.ts";
import { attachAction, explainedError, requireType, type Explanation } from "./explain.ts";
import { KernelLink } from "./kernel-link.ts";
import type { Link, LinkKind } from "./link.ts";

const encoder = new TextEncoder();

/** Which raw tracepoint. */
export interface RawTracepointOptions {
  /** The name alone, without a category: `sched_switch`. */
  readonly tracepoint: string;
  /** A number that the program reads with `bpf_get_attach_cookie()`; Linux 6.10. */
  readonly cookie?: bigint;
}

/** Attaches to a tracepoint by name; the program gets its raw arguments. Since Linux 4.17. */
export function attachRawTracepoint(program: Program, options: RawTracepointOptions): Link {
  const target = `raw tracepoint "${options.tracepoint}"`;
  requireType(program, target, "raw_tracepoint", "raw_tracepoint_writable");
  return openRawTracepoint(program, "raw_tracepoint", target, options, {
    feature: "raw_tracepoint",
    reasons: {
      ENOENT: `this kernel has no tracepoint of that name; give the name without its category, as in "sched_switch"`,
      EINVAL:
        options.cookie === undefined
          ? "the program reads more arguments than this tracepoint has"
          : "cookies on raw tracepoints need Linux 6.10",
      E2BIG: "cookies on raw tracepoints need Linux 6.10",
      EACCES: "the program reads more arguments than this tracepoint has",
    },
  });
}

/**
 * BPF_RAW_TRACEPOINT_OPEN, which also attaches programs that named their target when they were loaded; those leave
 * `tracepoint` out.
 */
export function openRawTracepoint(
  program: Program,
  kind: LinkKind,
  target: string,
  where: { readonly tracepoint?: string; readonly cookie?: bigint },
  explanation: Explanation,
): Link {
  const { kernel } = program;
  const name = where.tracepoint === undefined ? undefined : encoder.encode(`${where.tracepoint}\0`);
  const result = kernel.bpf(
    COMMANDS.raw_tracepoint_open,
    encodeAttribute(kernel, "raw_tracepoint", {
      name,
      prog_fd: program.fd.value,
      cookie: where.cookie,
    }),
  );
  if (result >= 0) return new KernelLink(kernel, kind, target, new Fd(kernel, result));
  throw explainedError(kernel, attachAction(program, target), result, explanation);
}
