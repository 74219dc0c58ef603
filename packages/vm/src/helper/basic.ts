import { HELPERS } from "@ocelli/bpf";

import { HIGH_RESULT } from "../memory/layout.ts";
import type { HelperTable, VmHelper } from "./helper.ts";

/** What the helpers of `basicHelpers()` ask for. */
export interface Environment {
  /** Nanoseconds since an event that does not move, e.g. the machine's start. */
  readonly nowNs: () => bigint;
  /** A random number of 32 bits. */
  readonly random: () => number;
  /** The processor that programs think they run on: 0 by default. */
  readonly cpu?: number;
}

const WORD = 32n;

/** Helpers that need neither maps nor packets: time, random numbers, the processor's number. */
export function basicHelpers({ nowNs, random, cpu = 0 }: Environment): HelperTable {
  const time: VmHelper["call"] = ({ memory }) => {
    const now = nowNs();
    memory.words[HIGH_RESULT / 4] = Number(BigInt.asIntN(32, now >> WORD));
    return Number(BigInt.asIntN(32, now));
  };
  return new Map<number, VmHelper>([
    [HELPERS.ktime_get_ns, { name: "ktime_get_ns", result: "u64", call: time }],
    [HELPERS.ktime_get_boot_ns, { name: "ktime_get_boot_ns", result: "u64", call: time }],
    [HELPERS.get_prandom_u32, { name: "get_prandom_u32", result: "u32", call: () => random() | 0 }],
    [
      HELPERS.get_smp_processor_id,
      { name: "get_smp_processor_id", result: "u32", call: () => cpu },
    ],
  ]);
}
