import type { Program } from "../program/program.ts";
import { requireType } from "./explain.ts";
import { createLink } from "./kernel-link.ts";
import type { Link } from "./link.ts";
import { openRawTracepoint } from "./raw-tracepoint.ts";

/** Where a replacement goes, when not to the program that it was loaded for. */
export interface FreplaceOptions {
  /** Another program that has the function (Linux 5.10). */
  readonly into?: { readonly program: Program; readonly functionTypeId: number };
}

/** Replaces a global function of a loaded program by this one. Since Linux 5.6. */
export function attachFreplace(program: Program, options: FreplaceOptions = {}): Link {
  const { into } = options;
  const where = into === undefined ? "" : ` of program "${into.program.name}"`;
  const target = `function "${program.attachTo}"${where}`;
  requireType(program, target, "ext");
  const explanation = {
    feature: "freplace",
    lockdown: true,
    reasons: {
      EBUSY: "the function is replaced already",
      EINVAL: "the function's prototype differs, or it is not a global function",
      ENOENT: "the program was loaded for another function",
    },
  } as const;
  if (into === undefined) return openRawTracepoint(program, "freplace", target, {}, explanation);
  return createLink(
    program,
    "freplace",
    target,
    { target_fd: into.program.fd.value, target_btf_id: into.functionTypeId },
    explanation,
  );
}
