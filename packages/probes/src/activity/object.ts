import {
  mapSpec,
  type CollectionSpec,
  type Instruction,
  type MapSpec,
  type ProgramSpec,
} from "@ocelli/bpf";

import { CALL_VALUE } from "./call-value.ts";
import { countCalls } from "./count-calls.ts";
import { declareLocalTypes } from "./local-types.ts";
import { recordExec } from "./record-exec.ts";

/** Pairs of process and system call that are counted at a time; the least used ones give way. */
const MAX_PAIRS = 16_384;
const RING_BYTES = 256 * 1024;
const LICENSE = "GPL";

/**
 * The blueprint of the probe behind `ocelli start`: system calls counted by process and number, and programs as they
 * are started. Needs Linux 5.8. Maps:
 *
 * - `calls` (LRU hash, per CPU): {u32 tgid, u32 number} → `CALL_VALUE`
 * - `starts` (ring): `ExecRecord`
 * - `lost` (array of one, per CPU): u64, records and counts that found no room
 */
export function activityObject(): CollectionSpec {
  const types = declareLocalTypes();
  const maps: MapSpec[] = [
    mapSpec({
      name: "calls",
      type: "lru_percpu_hash",
      keySize: 8,
      valueSize: CALL_VALUE.size,
      maxEntries: MAX_PAIRS,
    }),
    mapSpec({ name: "starts", type: "ringbuf", keySize: 0, valueSize: 0, maxEntries: RING_BYTES }),
    mapSpec({ name: "lost", type: "percpu_array", keySize: 4, valueSize: 8, maxEntries: 1 }),
  ];
  const programs = [
    rawTracepoint("count_calls", "sys_enter", countCalls()),
    rawTracepoint("record_exec", "sched_process_exec", recordExec(types)),
  ];
  return {
    littleEndian: true,
    license: LICENSE,
    maps: new Map(maps.map((map) => [map.name, map])),
    programs: new Map(programs.map((program) => [program.name, program])),
    functions: new Map(),
    variables: new Map(),
    kconfig: new Map(),
    btf: types.btf,
  };
}

function rawTracepoint(
  name: string,
  tracepoint: string,
  instructions: readonly Instruction[],
): ProgramSpec {
  const [first, ...rest] = instructions;
  return {
    name,
    section: `raw_tp/${tracepoint}`,
    type: "raw_tracepoint",
    attachType: undefined,
    attachTo: tracepoint,
    flags: 0,
    license: LICENSE,
    kernelVersion: 0,
    // The entry carries the function's name, as in a program read from a file.
    instructions: first === undefined ? [] : [{ ...first, symbol: name }, ...rest],
    autoload: true,
  };
}
