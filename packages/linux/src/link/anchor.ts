import { LinuxError } from "../error.ts";
import type { Program } from "../program/program.ts";
import type { Link } from "./link.ts";

const BPF_F_BEFORE = 8;
const BPF_F_AFTER = 16;
const BPF_F_ID = 32;
const BPF_F_LINK = 1 << 13;

/** Something that is attached to the same hook: a program, a link, or one of them by the kernel's id. */
export type AnchorTarget =
  | Program
  | Link
  | { readonly programId: number }
  | { readonly linkId: number };

/** A place among the programs of a hook. */
export type Anchor =
  | "first"
  | "last"
  | { readonly before: AnchorTarget }
  | { readonly after: AnchorTarget };

/** What says where, for hooks that keep an order. */
export interface OrderOptions {
  /** Last by default. */
  readonly anchor?: Anchor;
  /** Attach only while the hook is at this revision, from `queryPrograms()`. */
  readonly expectedRevision?: bigint;
}

/** An anchor as the kernel takes it. */
export interface AnchorFields {
  readonly flags: number;
  /** A descriptor, or an id when `flags` has BPF_F_ID. */
  readonly relative: number;
}

/** Puts an anchor into numbers. */
export function anchorFields(anchor: Anchor | undefined): AnchorFields {
  if (anchor === undefined) return { flags: 0, relative: 0 };
  if (anchor === "first") return { flags: BPF_F_BEFORE, relative: 0 };
  if (anchor === "last") return { flags: BPF_F_AFTER, relative: 0 };
  const [side, target] =
    "before" in anchor ? [BPF_F_BEFORE, anchor.before] : [BPF_F_AFTER, anchor.after];
  if ("programId" in target) return { flags: side | BPF_F_ID, relative: target.programId };
  if ("linkId" in target) return { flags: side | BPF_F_ID | BPF_F_LINK, relative: target.linkId };
  if ("info" in target) {
    if (target.fd === undefined)
      throw new LinuxError(
        "invalid",
        `Cannot use ${target.target} as an anchor: it was attached without a link of the kernel`,
      );
    return { flags: side | BPF_F_LINK, relative: target.fd.value };
  }
  return { flags: side, relative: target.fd.value };
}

/** Why an ordered hook refuses, by errno. */
export const ORDER_REASONS = {
  ENOENT: "the anchor is not attached there",
  ESTALE: "the hook's programs have changed since the expected revision; query it again",
  EEXIST: "this program is attached there already",
  ERANGE: "64 programs are attached there already, which is the kernel's limit",
} as const;
