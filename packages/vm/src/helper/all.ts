import type { ProgramType } from "@ocelli/bpf";

import type { VmSystem } from "../system/system.ts";
import type { HelperTable } from "./helper.ts";
import { mapHelpers } from "./maps.ts";
import { plainHelpers } from "./plain.ts";
import { printHelpers } from "./print.ts";
import { probeHelpers } from "./probe.ts";
import { recordHelpers } from "./records.ts";
import { redirectHelpers } from "./redirect.ts";
import { checksumHelpers, skbHelpers } from "./skb.ts";
import { skbResizeHelpers } from "./skb-resize.ts";
import { systemHelpers } from "./system.ts";
import { xdpHelpers } from "./xdp.ts";

/** Program types whose context is a `__sk_buff`. */
export const SKB_PROGRAMS: ReadonlySet<ProgramType> = new Set([
  "socket_filter",
  "sched_cls",
  "sched_act",
  "cgroup_skb",
  "lwt_in",
  "lwt_out",
  "lwt_xmit",
  "lwt_seg6local",
]);

/**
 * All helpers that a program of a type finds in a system. More than its kernel would let it call: which helper belongs to which
 * type is a verifier's business.
 */
export function helpersFor(system: VmSystem, type: ProgramType): HelperTable {
  const common = commonHelpers(system);
  if (type === "xdp")
    return new Map([
      ...common,
      ...checksumHelpers(system),
      ...xdpHelpers(system),
      ...redirectHelpers(system, "xdp"),
    ]);
  if (!SKB_PROGRAMS.has(type)) return common;
  return new Map([
    ...common,
    ...checksumHelpers(system),
    ...skbHelpers(system),
    ...skbResizeHelpers(system),
    ...redirectHelpers(system, "tc"),
  ]);
}

const known = new WeakMap<VmSystem, HelperTable>();

/** Helpers of every type. Made once: records of ring buffers are remembered in them. */
function commonHelpers(system: VmSystem): HelperTable {
  const made = known.get(system);
  if (made !== undefined) return made;
  const table: HelperTable = new Map([
    ...mapHelpers(system),
    ...plainHelpers(system.memory),
    ...systemHelpers(system),
    ...probeHelpers(system),
    ...printHelpers(system),
    ...recordHelpers(system),
  ]);
  known.set(system, table);
  return table;
}
