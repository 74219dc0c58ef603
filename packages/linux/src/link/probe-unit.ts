import { readFileSync } from "node:fs";

/** A perf event source of the kernel that makes probes. */
export interface ProbeUnit {
  /** The `type` of perf_event_open(2). */
  readonly type: number;
  /** The bit of `config` that means "at the return". */
  readonly returnBit: number;
  /** Where a uprobe's reference counter goes in `config`; -1 when the kernel has none (before Linux 4.20). */
  readonly counterShift: number;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(`/sys/bus/event_source/devices/${path}`, "utf8");
  } catch {
    return undefined;
  }
}

/** The kernel's maker of kprobes or uprobes; `undefined` when it is built without, or /sys is not mounted. */
export function probeUnit(kind: "kprobe" | "uprobe"): ProbeUnit | undefined {
  const type = read(`${kind}/type`);
  if (type === undefined) return undefined;
  const bit = (name: string): number | undefined => {
    const match = /config:(\d+)/.exec(read(`${kind}/format/${name}`) ?? "");
    return match === null ? undefined : Number(match[1]);
  };
  return {
    type: Number(type),
    returnBit: bit("retprobe") ?? 0,
    counterShift: bit("ref_ctr_offset") ?? -1,
  };
}
