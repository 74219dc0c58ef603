import { ATTACH_TYPES } from "@ocelli/bpf";

import { LinuxError } from "../error.ts";
import type { Program } from "../program/program.ts";
import { attachAction, requireType } from "./explain.ts";
import { createLink } from "./kernel-link.ts";
import type { Link, LinkKind } from "./link.ts";
import { findFunctions, matchFunctions, openTracedFile } from "./traced-file.ts";

const UPROBE_MULTI_RETURN = 1;

/** Which places in which file. */
export interface UprobeMultiOptions {
  /** An executable or library: a path, or a bare name that is looked for as the loader or the shell would. */
  readonly path: string;
  /** Functions by pattern (`*`, `?`) or by name, or places in bytes from the file's start. */
  readonly functions:
    | { readonly pattern: string }
    | { readonly names: readonly string[] }
    | { readonly offsets: readonly number[] };
  readonly atReturn?: boolean;
  /** One process; all by default. */
  readonly pid?: number;
  /** One for each place, in the same order; a single one is for all. */
  readonly cookies?: readonly bigint[];
}

/**
 * Attaches to many places of a file at once, by one link. Programs loaded as `trace_uprobe_session` (Linux 6.13) run
 * at entry and return. Since Linux 6.6.
 */
export function attachUprobeMulti(program: Program, options: UprobeMultiOptions): Link {
  const { functions } = options;
  const which =
    "pattern" in functions
      ? functions.pattern
      : ("names" in functions ? functions.names : functions.offsets).join(",");
  const target = `${options.atReturn === true ? "return of " : ""}"${options.path}:${which}"`;
  requireType(program, target, "kprobe");
  const action = attachAction(program, target);
  using file = openTracedFile(program.kernel, action, options.path);
  const offsets =
    "offsets" in functions
      ? functions.offsets
      : ("pattern" in functions
          ? matchFunctions(action, file, functions.pattern)
          : findFunctions(action, file, functions.names)
        ).map(({ offset }) => offset);
  return attachUprobesAt(program, "uprobe_multi", target, file.path, {
    ...options,
    offsets,
    cookies: spread(action, offsets.length, options.cookies),
  });
}

function spread(
  action: string,
  count: number,
  cookies: readonly bigint[] | undefined,
): readonly bigint[] | undefined {
  if (cookies === undefined || cookies.length === count) return cookies;
  const [only] = cookies;
  if (cookies.length === 1 && only !== undefined) return Array.from({ length: count }, () => only);
  throw new LinuxError(
    "invalid",
    `${action}: there must be one cookie for each of ${count} places: there are ${cookies.length}`,
  );
}

/** Places that are known in bytes. */
export interface UprobePlaces {
  readonly offsets: readonly number[];
  readonly cookies?: readonly bigint[] | undefined;
  /** Places of counters that the kernel raises while this is attached; 0 for none. */
  readonly counterOffsets?: readonly number[];
  readonly atReturn?: boolean;
  readonly pid?: number;
}

/** Attaches to places that are known in bytes, by one link. */
export function attachUprobesAt(
  program: Program,
  kind: LinkKind,
  target: string,
  path: string,
  places: UprobePlaces,
): Link {
  const session = program.attachType === "trace_uprobe_session";
  const words = (values: readonly (number | bigint)[] | undefined): Uint8Array | undefined =>
    values === undefined
      ? undefined
      : new Uint8Array(BigUint64Array.from(values, (value) => BigInt(value)).buffer);
  return createLink(
    program,
    kind,
    target,
    {
      attach_type: session ? ATTACH_TYPES.trace_uprobe_session : ATTACH_TYPES.trace_uprobe_multi,
      "uprobe_multi.path": new TextEncoder().encode(`${path}\0`),
      "uprobe_multi.offsets": words(places.offsets),
      "uprobe_multi.cookies": words(places.cookies),
      "uprobe_multi.ref_ctr_offsets": words(places.counterOffsets),
      "uprobe_multi.cnt": places.offsets.length,
      "uprobe_multi.flags": places.atReturn === true ? UPROBE_MULTI_RETURN : 0,
      "uprobe_multi.pid": places.pid ?? 0,
    },
    {
      feature: session ? "uprobe_session" : "uprobe_multi",
      reasons: {
        EINVAL:
          "the program was not loaded for it (sections uprobe.multi and uprobe.session), or a place is beyond the file",
        ESRCH: "there is no process with this id",
        ENOENT: `there is no file "${path}"`,
        EBADF: `"${path}" is not a regular file`,
        E2BIG: "more than a million places are asked for",
      },
    },
  );
}
