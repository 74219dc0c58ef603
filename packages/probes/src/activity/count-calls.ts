import {
  alu64,
  call,
  exit,
  jump,
  jumpIf,
  label,
  load,
  loadMap,
  mov64,
  R0,
  R1,
  R10,
  R2,
  R3,
  R4,
  R6,
  store,
  type Instruction,
} from "@ocelli/bpf";

import { CALL_VALUE } from "./call-value.ts";
import { countLoss } from "./count-loss.ts";

/**
 * Counts a system call at its entry, for the raw tracepoint `sys_enter(struct pt_regs *regs, long id)`.
 *
 * ```
 * stack   -8  u32 tgid   the map's key
 *         -4  u32 number
 *        -32  u64 1      a new entry's value, laid out as CALL_VALUE says
 *        -24  char comm[16]
 * ```
 */
export function countCalls(): Instruction[] {
  return [
    load("u64", R6, R1, 8),
    // A seccomp filter that skips a call leaves -1 behind.
    jumpIf(R6, "s<", 0, "done"),
    call("get_current_pid_tgid"),
    alu64("rsh", R0, 32),
    store("u32", R10, -8, R0),
    store("u32", R10, -4, R6),
    mov64(R2, R10),
    alu64("add", R2, -8),
    loadMap(R1, "calls"),
    call("map_lookup_elem"),
    jumpIf(R0, "==", 0, "first"),
    // The value is this CPU's own, and tracepoints do not interrupt each other on one CPU: a plain addition will do.
    load("u64", R1, R0, 0),
    alu64("add", R1, 1),
    store("u64", R0, 0, R1),
    jump("done"),
    label("first", mov64(R1, R10)),
    alu64("add", R1, -24),
    mov64(R2, CALL_VALUE.commBytes),
    call("get_current_comm"),
    mov64(R1, 1),
    store("u64", R10, -32, R1),
    mov64(R2, R10),
    alu64("add", R2, -8),
    mov64(R3, R10),
    alu64("add", R3, -32),
    mov64(R4, 0),
    loadMap(R1, "calls"),
    call("map_update_elem"),
    jumpIf(R0, "==", 0, "done"),
    ...countLoss("done"),
    label("done", mov64(R0, 0)),
    exit(),
  ];
}
