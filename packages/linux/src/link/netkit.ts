import { ATTACH_TYPES } from "@ocelli/bpf";

import { findInterface } from "../netlink/interface.ts";
import type { Program } from "../program/program.ts";
import { anchorFields, ORDER_REASONS, type OrderOptions } from "./anchor.ts";
import { requireType } from "./explain.ts";
import { createLink } from "./kernel-link.ts";
import type { Link } from "./link.ts";

/** Which end of a netkit pair. */
export interface NetkitOptions extends OrderOptions {
  /** The pair's primary device by name or index, for both ends. */
  readonly interface: string | number;
  readonly end: "primary" | "peer";
}

/** Attaches a traffic program to a netkit device. Since Linux 6.7. */
export function attachNetkit(program: Program, options: NetkitOptions): Link {
  const { name, index, type } = findInterface(program.kernel, options.interface);
  const target = `${options.end} of netkit device "${name}"`;
  requireType(program, target, "sched_cls");
  const { flags, relative } = anchorFields(options.anchor);
  return createLink(
    program,
    "netkit",
    target,
    {
      target_ifindex: index,
      attach_type: ATTACH_TYPES[`netkit_${options.end}`],
      flags,
      "netkit.relative_fd": relative,
      "netkit.expected_revision": options.expectedRevision,
    },
    {
      feature: "netkit",
      rights: ["CAP_NET_ADMIN"],
      reasons: {
        ...ORDER_REASONS,
        EINVAL:
          type === "netkit"
            ? "the kernel refuses the place"
            : `"${name}" is no netkit device${type === "" ? "" : ` but of type ${type}`}`,
        ENXIO: `"${name}" is no netkit device${type === "" ? "" : ` but of type ${type}`}`,
        EACCES: `"${name}" is not the primary device of its pair`,
      },
    },
  );
}
