import { attachTypeName, COMMANDS, linkTypeName, type AttachType, type LinkType } from "@ocelli/bpf";

import { encodeAttribute } from "../port/attribute.ts";
import { INFOS } from "../port/attributes.gen.ts";
import type { Kernel } from "../port/kernel.ts";
import { explainedError } from "./explain.ts";

/** What every link has. Ids are the kernel's; they are not used again before they wrap around. */
interface LinkBase {
  readonly id: number;
  /** 0 for links without a program. */
  readonly programId: number;
}

/** What the kernel says about a link (Linux 5.8; details as far as the running kernel gives them). */
export type LinkInfo = LinkBase &
  (
    | { readonly type: "raw_tracepoint"; readonly tracepoint: string }
    | {
        readonly type: "tracing";
        readonly attachType: AttachType | undefined;
        readonly targetObjectId: number;
        readonly targetTypeId: number;
      }
    | {
        readonly type: "cgroup";
        readonly cgroupId: bigint;
        readonly attachType: AttachType | undefined;
      }
    | { readonly type: "iter"; readonly iterator: string }
    | {
        readonly type: "netns";
        readonly netnsInode: number;
        readonly attachType: AttachType | undefined;
      }
    | { readonly type: "xdp"; readonly interfaceIndex: number }
    | {
        readonly type: "tcx" | "netkit";
        readonly interfaceIndex: number;
        readonly attachType: AttachType | undefined;
      }
    | {
        readonly type: "netfilter";
        readonly family: number;
        readonly hook: number;
        readonly priority: number;
      }
    | { readonly type: "struct_ops"; readonly mapId: number }
    | {
        readonly type: "sockmap";
        readonly mapId: number;
        readonly attachType: AttachType | undefined;
      }
    | { readonly type: "kprobe_multi" | "uprobe_multi"; readonly count: number }
    | { readonly type: "perf_event" | "unspec" }
    | { readonly type: "unknown"; readonly number: number }
  );

type InfoField = keyof typeof INFOS.link.fields;
const NAME_BYTES = 256;

/** Asks the kernel about a link. Throws `unsupported` before Linux 5.8. */
export function readLinkInfo(kernel: Kernel, fd: number): LinkInfo {
  const info = new Uint8Array(INFOS.link.size);
  const view = new DataView(info.buffer);
  ask(kernel, fd, info);
  const u32 = (field: InfoField): number => view.getUint32(INFOS.link.fields[field][0], true);
  const type: LinkType | undefined = linkTypeName(u32("type"));
  // Names are written to a buffer that the caller hands in with the second call.
  const name = (pointer: InfoField, length: InfoField): string => {
    const buffer = new Uint8Array(NAME_BYTES);
    const { id } = base;
    info.fill(0);
    view.setBigUint64(INFOS.link.fields[pointer][0], kernel.address(buffer), true);
    view.setUint32(INFOS.link.fields[length][0], buffer.length, true);
    ask(kernel, fd, info);
    return id === u32("id") ? new TextDecoder().decode(buffer.subarray(0, buffer.indexOf(0))) : "";
  };
  const base = { id: u32("id"), programId: u32("prog_id") };
  switch (type) {
    case "raw_tracepoint":
      return {
        ...base,
        type,
        tracepoint: name("raw_tracepoint.tp_name", "raw_tracepoint.tp_name_len"),
      };
    case "tracing":
      return {
        ...base,
        type,
        attachType: attachTypeName(u32("tracing.attach_type")),
        targetObjectId: u32("tracing.target_obj_id"),
        targetTypeId: u32("tracing.target_btf_id"),
      };
    case "cgroup":
      return {
        ...base,
        type,
        cgroupId: view.getBigUint64(INFOS.link.fields["cgroup.cgroup_id"][0], true),
        attachType: attachTypeName(u32("cgroup.attach_type")),
      };
    case "iter":
      return { ...base, type, iterator: name("iter.target_name", "iter.target_name_len") };
    case "netns":
      return {
        ...base,
        type,
        netnsInode: u32("netns.netns_ino"),
        attachType: attachTypeName(u32("netns.attach_type")),
      };
    case "xdp":
      return { ...base, type, interfaceIndex: u32("xdp.ifindex") };
    case "tcx":
    case "netkit":
      return {
        ...base,
        type,
        interfaceIndex: u32("tcx.ifindex"),
        attachType: attachTypeName(u32("tcx.attach_type")),
      };
    case "netfilter":
      return {
        ...base,
        type,
        family: u32("netfilter.pf"),
        hook: u32("netfilter.hooknum"),
        priority: u32("netfilter.priority") | 0,
      };
    case "struct_ops":
      return { ...base, type, mapId: u32("struct_ops.map_id") };
    case "sockmap":
      return {
        ...base,
        type,
        mapId: u32("sockmap.map_id"),
        attachType: attachTypeName(u32("sockmap.attach_type")),
      };
    case "kprobe_multi":
      return { ...base, type, count: u32("kprobe_multi.count") };
    case "uprobe_multi":
      return { ...base, type, count: u32("uprobe_multi.count") };
    case "perf_event":
    case "unspec":
      return { ...base, type };
    case undefined:
      return { ...base, type: "unknown", number: u32("type") };
  }
}

function ask(kernel: Kernel, fd: number, info: Uint8Array): void {
  const attribute = encodeAttribute(kernel, "info", { bpf_fd: fd, info_len: info.length, info });
  const result = kernel.bpf(COMMANDS.obj_get_info_by_fd, attribute);
  if (result < 0)
    throw explainedError(kernel, "Cannot read what the kernel knows about a link", result, {
      feature: "link_info",
    });
}
