import { LINK_TYPES, type LinkType } from "@ocelli/bpf";

import type { KernelTypes } from "../collection/kernel-types.ts";
import { inconclusive, no, YES, type ProbeAnswer } from "./answer.ts";

// The function that makes a link of each kind. The kernel's types name it exactly when it was built and not inlined.
const MAKERS: Partial<Record<LinkType, string>> = {
  raw_tracepoint: "bpf_raw_tp_link_attach",
  tracing: "bpf_tracing_prog_attach",
  cgroup: "cgroup_bpf_link_attach",
  iter: "bpf_iter_link_attach",
  netns: "netns_bpf_link_create",
  xdp: "bpf_xdp_link_attach",
  perf_event: "bpf_perf_link_attach",
  kprobe_multi: "bpf_kprobe_multi_link_attach",
  struct_ops: "bpf_struct_ops_link_create",
  netfilter: "bpf_nf_link_attach",
  tcx: "tcx_link_attach",
  uprobe_multi: "bpf_uprobe_multi_link_attach",
  netkit: "netkit_link_attach",
  sockmap: "sock_map_link_create",
};

/**
 * Whether the kernel has links of a kind, from its own types and without attaching anything. A kind that the kernel
 * lists and whose function its types do not name may be switched off, or inlined: that is inconclusive.
 */
export function probeLinkType(types: KernelTypes, type: LinkType): ProbeAnswer {
  const kinds = types.kernel
    .idsByName("bpf_link_type", "enum")
    .map((id) => types.kernel.type(id))
    .find((found) => found?.kind === "enum");
  if (kinds?.kind !== "enum") return inconclusive("the kernel's types do not list link types");
  const name = `BPF_LINK_TYPE_${type.toUpperCase()}`;
  if (!kinds.values.some((value) => value.name === name))
    return no("the kernel's list of link types does not have it");
  const maker = MAKERS[type];
  if (maker !== undefined && types.kernel.idsByName(maker, "func").length > 0) return YES;
  return inconclusive(
    "the kernel lists it, and its types do not tell whether it was built with it",
  );
}

/** Every link type that this library knows. */
export function probedLinkTypes(): readonly LinkType[] {
  // Every key of the table is one of its own names.
  return (Object.keys(LINK_TYPES) as LinkType[]).filter((type) => type !== "unspec");
}
