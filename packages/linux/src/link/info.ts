import { attachTypeName, linkTypeName, type AttachType } from "@ocelli/bpf";

import { LinuxError } from "../error.ts";
import { objectInfo, textUntilZero, type InfoField, type ObjectInfo } from "../port/info.ts";
import type { Kernel } from "../port/kernel.ts";
import { missingFeature } from "./explain.ts";

/** What every link has. Ids are the kernel's; they are not used again before they wrap around. */
interface LinkBase {
  readonly id: number;
  /** 0 for links without a program. */
  readonly programId: number;
}

/** What a perf event is that a link binds a program to. */
export type PerfEventKind =
  | "unknown"
  | "uprobe"
  | "uretprobe"
  | "kprobe"
  | "kretprobe"
  | "tracepoint"
  | "counter";

// By the numbers of enum bpf_perf_event_type.
const PERF_EVENT_KINDS: readonly PerfEventKind[] = [
  "unknown",
  "uprobe",
  "uretprobe",
  "kprobe",
  "kretprobe",
  "tracepoint",
  "counter",
];

/** The kernel's details by type of link. */
type LinkDetail =
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
  | {
      readonly type: "perf_event";
      /** What the event is, since Linux 6.6. */
      readonly event: PerfEventKind | undefined;
      /** The kernel function, the tracepoint or the file; empty for counters and before Linux 6.6. */
      readonly name: string;
    }
  | { readonly type: "tracing_multi" | "unspec" }
  | { readonly type: "unknown"; readonly number: number };

/** What the kernel says about a link (Linux 5.8; details as far as the running kernel gives them). */
export type LinkInfo = LinkBase & LinkDetail;

const NAME_BYTES = 256;

/** Asks the kernel about a link. Throws `unsupported` before Linux 5.8. */
export function readLinkInfo(kernel: Kernel, fd: number): LinkInfo {
  const missing = missingFeature(kernel, "link_info");
  if (missing !== undefined)
    throw new LinuxError("unsupported", `Cannot read the info of a link: ${missing}`);
  const info = objectInfo(kernel, "link", fd);
  const base = { id: info.number("id"), programId: info.number("prog_id") };
  return { ...base, ...detailOf(kernel, fd, info) };
}

function detailOf(kernel: Kernel, fd: number, info: ObjectInfo<"link">): LinkDetail {
  // Names are written to a buffer that the caller hands in with a second call.
  const name = (pointer: InfoField<"link">, length: InfoField<"link">): string => {
    const buffer = new Uint8Array(NAME_BYTES);
    objectInfo(kernel, "link", fd, { [pointer]: buffer, [length]: buffer.length });
    return textUntilZero(buffer);
  };
  const attachType = (field: InfoField<"link">): AttachType | undefined =>
    attachTypeName(info.number(field));
  const type = linkTypeName(info.number("type"));
  switch (type) {
    case "raw_tracepoint":
      return { type, tracepoint: name("raw_tracepoint.tp_name", "raw_tracepoint.tp_name_len") };
    case "tracing":
      return {
        type,
        attachType: attachType("tracing.attach_type"),
        targetObjectId: info.number("tracing.target_obj_id"),
        targetTypeId: info.number("tracing.target_btf_id"),
      };
    case "cgroup":
      return {
        type,
        cgroupId: info.bigint("cgroup.cgroup_id"),
        attachType: attachType("cgroup.attach_type"),
      };
    case "iter":
      return { type, iterator: name("iter.target_name", "iter.target_name_len") };
    case "netns":
      return {
        type,
        netnsInode: info.number("netns.netns_ino"),
        attachType: attachType("netns.attach_type"),
      };
    case "xdp":
      return { type, interfaceIndex: info.number("xdp.ifindex") };
    case "tcx":
    case "netkit":
      return {
        type,
        interfaceIndex: info.number("tcx.ifindex"),
        attachType: attachType("tcx.attach_type"),
      };
    case "netfilter":
      return {
        type,
        family: info.number("netfilter.pf"),
        hook: info.number("netfilter.hooknum"),
        priority: info.number("netfilter.priority") | 0,
      };
    case "struct_ops":
      return { type, mapId: info.number("struct_ops.map_id") };
    case "sockmap":
      return {
        type,
        mapId: info.number("sockmap.map_id"),
        attachType: attachType("sockmap.attach_type"),
      };
    case "kprobe_multi":
      return { type, count: info.number("kprobe_multi.count") };
    case "uprobe_multi":
      return { type, count: info.number("uprobe_multi.count") };
    case "perf_event":
      return { type, ...perfEventDetail(PERF_EVENT_KINDS[info.number("perf_event.type")], name) };
    case "tracing_multi":
    case "unspec":
      return { type };
    case undefined:
      return { type: "unknown", number: info.number("type") };
  }
}

function perfEventDetail(
  event: PerfEventKind | undefined,
  name: (pointer: InfoField<"link">, length: InfoField<"link">) => string,
): { event: PerfEventKind | undefined; name: string } {
  switch (event) {
    case "uprobe":
    case "uretprobe":
      return { event, name: name("perf_event.uprobe.file_name", "perf_event.uprobe.name_len") };
    case "kprobe":
    case "kretprobe":
      return { event, name: name("perf_event.kprobe.func_name", "perf_event.kprobe.name_len") };
    case "tracepoint":
      return {
        event,
        name: name("perf_event.tracepoint.tp_name", "perf_event.tracepoint.name_len"),
      };
    case "counter":
      return { event, name: "" };
    case "unknown":
    case undefined:
      return { event: undefined, name: "" };
  }
}
