import { programTypeName, type ProgramType } from "@ocelli/bpf";

import type { Fd } from "../fd.ts";
import { objectInfo } from "../port/info.ts";
import type { Kernel } from "../port/kernel.ts";

/** What the kernel says about a program. Times in nanoseconds since boot. */
export interface ProgramInfo {
  readonly id: number;
  /** The kernel's name: at most 15 characters. */
  readonly name: string;
  /** `unspec` for a type that is newer than this library: then `typeNumber` tells. */
  readonly type: ProgramType;
  readonly typeNumber: number;
  /** A hash of the instructions, 16 hexadecimal digits. */
  readonly tag: string;
  readonly loadTimeNs: bigint;
  readonly createdByUid: number;
  /** Ids of the maps that it uses. */
  readonly mapIds: readonly number[];
  /** 0 when the program has none. */
  readonly btfId: number;
  /** What it attaches to, for the types that say so at load; 0 elsewhere. Linux 5.17. */
  readonly attachBtfId: number;
  readonly attachBtfObjectId: number;
  /** Sizes in bytes: rewritten by the verifier, and compiled; 0 when this process may not know. */
  readonly translatedBytes: number;
  readonly compiledBytes: number;
  /** Instructions that the verifier followed. Linux 5.16. */
  readonly verifiedInstructions: number;
  /** Counted while statistics are on: `enableStatistics()`. */
  readonly runTimeNs: bigint;
  readonly runCount: bigint;
  /** Runs that were left out because the program was running already. Linux 5.12. */
  readonly recursionMisses: bigint;
}

/** Asks the kernel about an open program. Throws what the kernel says, e.g. `invalid` for a descriptor of something else. */
export function programInfo(kernel: Kernel, fd: Fd): ProgramInfo {
  // The first call tells how many maps there are, the second fills them in.
  const count = objectInfo(kernel, "prog", fd.value).number("nr_map_ids");
  const maps = new Uint32Array(count);
  const info = objectInfo(kernel, "prog", fd.value, {
    nr_map_ids: count,
    map_ids: new Uint8Array(maps.buffer),
  });
  const typeNumber = info.number("type");
  return {
    id: info.number("id"),
    name: info.text("name"),
    type: programTypeName(typeNumber) ?? "unspec",
    typeNumber,
    tag: Buffer.from(info.bytes("tag")).toString("hex"),
    loadTimeNs: info.bigint("load_time"),
    createdByUid: info.number("created_by_uid"),
    mapIds: [...maps.subarray(0, info.number("nr_map_ids"))],
    btfId: info.number("btf_id"),
    attachBtfId: info.number("attach_btf_id"),
    attachBtfObjectId: info.number("attach_btf_obj_id"),
    translatedBytes: info.number("xlated_prog_len"),
    compiledBytes: info.number("jited_prog_len"),
    verifiedInstructions: info.number("verified_insns"),
    runTimeNs: info.bigint("run_time_ns"),
    runCount: info.bigint("run_cnt"),
    recursionMisses: info.bigint("recursion_misses"),
  };
}

/** The machine code of a program, all its functions one after the other; empty when this process may not see it. */
export function compiledCode(kernel: Kernel, fd: Fd): Uint8Array {
  const code = new Uint8Array(objectInfo(kernel, "prog", fd.value).number("jited_prog_len"));
  if (code.length === 0) return code;
  objectInfo(kernel, "prog", fd.value, { jited_prog_len: code.length, jited_prog_insns: code });
  return code;
}

/**
 * The instructions as the verifier rewrote them, in this machine's byte order; empty when this process may not see
 * them. Maps show as ids, and addresses are hidden without CAP_PERFMON.
 */
export function translatedCode(kernel: Kernel, fd: Fd): Uint8Array {
  const code = new Uint8Array(objectInfo(kernel, "prog", fd.value).number("xlated_prog_len"));
  if (code.length === 0) return code;
  objectInfo(kernel, "prog", fd.value, { xlated_prog_len: code.length, xlated_prog_insns: code });
  return code;
}
