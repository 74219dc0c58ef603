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
  R6,
  R7,
  R8,
  store,
  type Instruction,
  type Register,
} from "@ocelli/bpf";

import { countLoss } from "./count-loss.ts";
import { EXEC_RECORD } from "./exec-record.ts";
import type { LocalMember, LocalTypes } from "./local-types.ts";

/**
 * Reports a process that starts a program, for the raw tracepoint
 * `sched_process_exec(struct task_struct *p, pid_t old_pid, struct linux_binprm *bprm)`. The record's layout is in
 * `exec-record.ts`.
 */
export function recordExec(types: LocalTypes): Instruction[] {
  const { offsets, sizes, size } = EXEC_RECORD;
  return [
    mov64(R6, R1),
    loadMap(R1, "starts"),
    mov64(R2, size),
    mov64(R3, 0),
    call("ringbuf_reserve"),
    jumpIf(R0, "==", 0, "full"),
    mov64(R7, R0),
    call("ktime_get_ns"),
    store("u64", R7, offsets.timeNs, R0),
    call("get_current_pid_tgid"),
    alu64("rsh", R0, 32),
    store("u32", R7, offsets.pid, R0),
    call("get_current_uid_gid"),
    store("u32", R7, offsets.uid, R0),
    // What a failing read below leaves must not be what was in the ring before.
    mov64(R1, 0),
    store("u32", R7, offsets.parentPid, R1),
    store("u32", R7, offsets.reserved, R1),
    store("u64", R7, offsets.filename, R1),
    mov64(R1, R7),
    alu64("add", R1, offsets.comm),
    mov64(R2, sizes.comm),
    call("get_current_comm"),
    call("get_current_task"),
    mov64(R8, R0),
    ...readMember(types.parent, R8, stackSlot(), 8),
    load("u64", R8, R10, -8),
    ...readMember(types.tgid, R8, recordField(offsets.parentPid), 4),
    load("u64", R8, R6, 16),
    ...readMember(types.filename, R8, stackSlot(), 8),
    ...recordField(offsets.filename),
    mov64(R2, sizes.filename),
    load("u64", R3, R10, -8),
    call("probe_read_kernel_str"),
    mov64(R1, R7),
    mov64(R2, 0),
    call("ringbuf_submit"),
    jump("done"),
    label("full", mov64(R0, 0)),
    ...countLoss("done"),
    label("done", mov64(R0, 0)),
    exit(),
  ];
}

/** r1 = the stack slot at -8. */
function stackSlot(): Instruction[] {
  return [mov64(R1, R10), alu64("add", R1, -8)];
}

/** r1 = a field of the record in r7. */
function recordField(offset: number): Instruction[] {
  return [mov64(R1, R7), alu64("add", R1, offset)];
}

/** Copies a member of the kernel struct at `base` to where `target` points r1. */
function readMember(
  member: LocalMember,
  base: Register,
  target: readonly Instruction[],
  size: number,
): Instruction[] {
  return [
    ...target,
    mov64(R2, size),
    mov64(R3, base),
    { ...alu64("add", R3, member.offset), relocation: member.relocation },
    call("probe_read_kernel"),
  ];
}
