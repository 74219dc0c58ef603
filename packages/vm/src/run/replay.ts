import type { ProgramType } from "@ocelli/bpf";

import { VmError } from "../error.ts";
import type { LoadedInVm } from "../load/load.ts";
import { createRunner } from "./run.ts";

/** What a program said to one packet. */
export interface Verdict {
  /** As the kernel names it, in small letters: `pass`, `drop`, `ok`, `shot`; the number where it has no name. */
  readonly name: string;
  readonly returnValue: number;
  /** Whether the packet goes on, here or elsewhere. */
  readonly goesOn: boolean;
  /** The packet afterwards, as it would be on the wire: a copy. */
  readonly frame: Uint8Array;
}

/** Shows packets to a program. */
export interface Replayer {
  /**
   * Runs the program on a frame that begins with an Ethernet header. Throws `argument` for one that is shorter, or longer than
   * the replayer was made for, and what the program throws.
   */
  readonly packet: (frame: Uint8Array) => Verdict;
}

const XDP_VERDICTS = ["aborted", "drop", "pass", "tx", "redirect"] as const;
// include/uapi/linux/pkt_cls.h
const TC_VERDICTS = [
  "ok",
  "reclassify",
  "shot",
  "pipe",
  "stolen",
  "queued",
  "repeat",
  "redirect",
  "trap",
] as const;
const TC_UNSPEC = 0xffff_ffff;
const GONE: ReadonlySet<string> = new Set(["aborted", "drop", "shot", "stolen", "queued", "trap"]);

/**
 * Makes a replayer of a program of type XDP, tc, socket filter or cgroup. Maps keep what they have from packet to packet.
 * Throws `argument` for other types.
 */
export function createReplayer(
  loaded: LoadedInVm,
  name: string,
  options: { readonly mostBytes?: number } = {},
): Replayer {
  const runner = createRunner(loaded, name, options);
  const type = loaded.spec.programs.get(name)?.type ?? "unspec";
  if (!VERDICTS.has(type)) {
    throw new VmError(
      "argument",
      `Cannot replay packets to "${name}": a program of type ${type} sees none; ${[...VERDICTS.keys()].join(", ")} do`,
    );
  }
  const context = new Uint8Array(0);
  return {
    packet: (frame) => {
      const { returnValue } = runner.run({ data: frame, ...(type === "xdp" ? {} : { context }) });
      const verdict = (VERDICTS.get(type) ?? byNumber)(returnValue);
      return {
        name: verdict,
        returnValue,
        goesOn: !GONE.has(verdict),
        frame: runner.frame(),
      };
    },
  };
}

const byNumber = (value: number): string => String(value);

const tcVerdict = (value: number): string =>
  value === TC_UNSPEC ? "unspec" : (TC_VERDICTS[value] ?? String(value));

/** What return values mean. */
const VERDICTS: ReadonlyMap<ProgramType, (value: number) => string> = new Map([
  // An unknown value is an error to drivers: bpf_warn_invalid_xdp_action().
  ["xdp", (value: number): string => XDP_VERDICTS[value] ?? "aborted"],
  ["sched_cls", tcVerdict],
  ["sched_act", tcVerdict],
  // A socket gets as many bytes as the program says.
  ["socket_filter", (value: number): string => (value === 0 ? "drop" : "pass")],
  ["cgroup_skb", (value: number): string => ((value & 1) === 0 ? "drop" : "pass")],
]);
