import { closeSync, openSync } from "node:fs";

import { ATTACH_TYPES } from "@ocelli/bpf";

import { LinuxError } from "../error.ts";
import type { Program } from "../program/program.ts";
import { attachAction, requireType } from "./explain.ts";
import { createLink } from "./kernel-link.ts";
import type { Link } from "./link.ts";

/** Which network namespace. */
export interface NetnsOptions {
  /** A file that stands for it, e.g. `/proc/1/ns/net` or `/run/netns/blue`; the current one by default. */
  readonly netns?: string;
}

/** Lets a program choose the socket of every new connection and datagram of a network namespace. Since Linux 5.9. */
export function attachSkLookup(program: Program, options: NetnsOptions = {}): Link {
  const target = `socket lookup of ${title(options)}`;
  requireType(program, target, "sk_lookup");
  return attachNetns(program, target, ATTACH_TYPES.sk_lookup, options);
}

/** Replaces the kernel's flow dissector in a network namespace. Since Linux 5.8 as a link. */
export function attachFlowDissector(program: Program, options: NetnsOptions = {}): Link {
  const target = `flow dissector of ${title(options)}`;
  requireType(program, target, "flow_dissector");
  return attachNetns(program, target, ATTACH_TYPES.flow_dissector, options);
}

function title({ netns }: NetnsOptions): string {
  return netns === undefined ? "this network namespace" : `network namespace "${netns}"`;
}

function attachNetns(
  program: Program,
  target: string,
  attachType: number,
  { netns }: NetnsOptions,
): Link {
  let file: number;
  try {
    file = openSync(netns ?? "/proc/thread-self/ns/net", "r");
  } catch (error) {
    throw new LinuxError(
      "not-found",
      `${attachAction(program, target)}: there is no such file; use /proc/PID/ns/net or a name below /run/netns`,
      0,
      { cause: error },
    );
  }
  try {
    return createLink(
      program,
      "netns",
      target,
      { target_fd: file, attach_type: attachType },
      {
        feature: "netns_link",
        rights: ["CAP_NET_ADMIN"],
        reasons: {
          EINVAL: "the file stands for no network namespace",
          EEXIST: "a program is attached there already; this hook takes one",
          E2BIG: "a program is attached there already, and this hook takes no more",
          EBUSY: "a program was attached there without a link; detach that first",
        },
      },
    );
  } finally {
    closeSync(file);
  }
}
