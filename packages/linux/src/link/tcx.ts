import { ATTACH_TYPES } from "@ocelli/bpf";

import { LinuxError } from "../error.ts";
import { Fd } from "../fd.ts";
import { findInterface } from "../netlink/interface.ts";
import type { TcDirection } from "../netlink/tc.ts";
import type { Program } from "../program/program.ts";
import { anchorFields, ORDER_REASONS, type OrderOptions } from "./anchor.ts";
import { attachClsact } from "./clsact.ts";
import { attachAction, explainedError, missingFeature, requireType } from "./explain.ts";
import { KernelLink, tryCreateLink } from "./kernel-link.ts";
import type { Link } from "./link.ts";

/** Where a traffic program goes. */
export interface TcxOptions extends OrderOptions {
  /** Name or index, in the current network namespace. */
  readonly interface: string | number;
  readonly direction: TcDirection;
  /** `clsact` adds a filter over netlink, as before Linux 6.6; chosen by itself where tcx is missing. */
  readonly via?: "tcx" | "clsact";
}

/**
 * Attaches a traffic program to one side of an interface: by a tcx link (Linux 6.6), which ends with the process in
 * every case, or else as a direct-action filter of the clsact qdisc, of which `attachClsact()` says how it ends. A
 * program that wants to be followed by others returns -1 either way.
 */
export function attachTcx(program: Program, options: TcxOptions): Link {
  const { kernel } = program;
  if (options.via === "clsact") return viaClsact(program, options);
  const { name, index } = findInterface(kernel, options.interface);
  const target = `${options.direction} of interface "${name}"`;
  requireType(program, target, "sched_cls");
  const { flags, relative } = anchorFields(options.anchor);
  const result = tryCreateLink(program, {
    target_ifindex: index,
    attach_type: ATTACH_TYPES[`tcx_${options.direction}`],
    flags,
    "tcx.relative_fd": relative,
    "tcx.expected_revision": options.expectedRevision,
  });
  if (result >= 0) return new KernelLink(kernel, "tcx", target, new Fd(kernel, result));
  if (options.via === undefined && missingFeature(kernel, "tcx") !== undefined)
    return viaClsact(program, options);
  throw explainedError(kernel, attachAction(program, target), result, {
    feature: "tcx",
    rights: ["CAP_NET_ADMIN"],
    reasons: {
      ...ORDER_REASONS,
      EINVAL: "the kernel is built without tcx (CONFIG_NET_XGRESS), or the anchor does not fit",
    },
  });
}

function viaClsact(program: Program, options: TcxOptions): Link {
  const { anchor } = options;
  if (typeof anchor === "object" || options.expectedRevision !== undefined)
    throw new LinuxError(
      "unsupported",
      `${attachAction(program, `${options.direction} of interface "${options.interface}"`)}: anchors and revisions need tcx, from Linux 6.6; with clsact give a priority to attachClsact()`,
    );
  return attachClsact(program, {
    interface: options.interface,
    direction: options.direction,
    ...(anchor === "first" ? { priority: 1 } : {}),
  });
}
