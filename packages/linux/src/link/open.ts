import { COMMANDS, type LinkType } from "@ocelli/bpf";

import { Fd } from "../fd.ts";
import { openPinned } from "../pin/pin.ts";
import { attributeField, encodeAttribute } from "../port/attribute.ts";
import { ERRNO } from "../port/errno.ts";
import type { Kernel } from "../port/kernel.ts";
import { explainedError } from "./explain.ts";
import { readLinkInfo } from "./info.ts";
import { KernelLink } from "./kernel-link.ts";
import type { Link, LinkKind } from "./link.ts";

const KINDS: Partial<Record<LinkType, LinkKind>> = {
  raw_tracepoint: "raw_tracepoint",
  tracing: "tracing",
  cgroup: "cgroup",
  iter: "iter",
  netns: "netns",
  xdp: "xdp",
  perf_event: "perf_event",
  kprobe_multi: "kprobe_multi",
  struct_ops: "struct_ops",
  netfilter: "netfilter",
  tcx: "tcx",
  uprobe_multi: "uprobe_multi",
  netkit: "netkit",
  sockmap: "sockmap",
};

/** Opens any link of this machine by its id. Throws `not-found` when it is gone. Since Linux 5.8; needs CAP_SYS_ADMIN. */
export function openLinkById(kernel: Kernel, id: number): Link {
  const attribute = encodeAttribute(kernel, "get_id", { link_id: id });
  const result = kernel.bpf(COMMANDS.link_get_fd_by_id, attribute);
  if (result < 0)
    throw explainedError(kernel, `Cannot open link ${id}`, result, {
      feature: "link_info",
      rights: ["CAP_SYS_ADMIN"],
      reasons: { ENOENT: "there is no link with this id" },
    });
  return adopt(kernel, new Fd(kernel, result), `link ${id}`);
}

/** Opens a pinned link. It stays pinned when this object is disposed of; `unpin()` or `detach()` remove the pin. */
export function openPinnedLink(kernel: Kernel, path: string): Link {
  return adopt(kernel, openPinned(kernel, path), `link pinned as "${path}"`, path);
}

function adopt(kernel: Kernel, fd: Fd, target: string, path?: string): Link {
  try {
    const { type } = readLinkInfo(kernel, fd.value);
    const kind = type === "unknown" ? undefined : KINDS[type];
    return new KernelLink(kernel, kind ?? "unknown", target, fd, path);
  } catch (error) {
    fd[Symbol.dispose]();
    throw error;
  }
}

/** The ids of all links of this machine, in ascending order. Since Linux 5.8; needs CAP_SYS_ADMIN. */
export function* linkIds(kernel: Kernel): Generator<number, void> {
  let id = 0;
  for (;;) {
    const attribute = encodeAttribute(kernel, "get_id", { start_id: id });
    const result = kernel.bpf(COMMANDS.link_get_next_id, attribute);
    if (result === -ERRNO.ENOENT) return;
    if (result < 0)
      throw explainedError(kernel, "Cannot list the links", result, {
        feature: "link_info",
        rights: ["CAP_SYS_ADMIN"],
      });
    id = attributeField("get_id", attribute, "next_id");
    yield id;
  }
}
