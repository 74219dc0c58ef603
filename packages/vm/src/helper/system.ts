import { ERRNO } from "../map/map.ts";
import { PROCESSOR } from "../memory/layout.ts";
import type { VmSystem } from "../system/system.ts";
import { utf8 } from "../text.ts";
import { checkWritable, give64, helperTable } from "./define.ts";
import type { HelperDefinition } from "./define.ts";
import type { HelperTable } from "./helper.ts";

const JIFFY_NS = 4_000_000n;
const COMM_BYTES = 16;
const NS_BYTES = 8;

/** Helpers that tell the time, random numbers, the processor and the task. */
export function systemHelpers(system: VmSystem): HelperTable {
  const { memory, task, probe } = system;
  const tell = (value: () => bigint): HelperDefinition => ({
    result: "u64",
    call: () => give64(memory, value()),
  });
  const pair = (high: number, low: number): bigint =>
    (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
  const time = tell(system.nowNs);
  const address = tell(() => task.address);
  return helperTable({
    ktime_get_ns: time,
    ktime_get_boot_ns: time,
    ktime_get_coarse_ns: time,
    ktime_get_tai_ns: time,
    jiffies64: tell(() => system.nowNs() / JIFFY_NS),
    get_prandom_u32: { result: "u32", call: () => system.random() | 0 },
    get_smp_processor_id: { result: "u32", call: () => memory.words[PROCESSOR / 4] ?? 0 },
    get_numa_node_id: { result: "u32", call: () => 0 },
    get_current_pid_tgid: tell(() => pair(task.tgid, task.pid)),
    get_current_uid_gid: tell(() => pair(task.gid, task.uid)),
    get_current_task: address,
    get_current_task_btf: address,
    get_current_cgroup_id: tell(() => task.cgroupId),
    get_current_ancestor_cgroup_id: {
      result: "u64",
      call: (_, level) => give64(memory, level < 0 ? 0n : (task.cgroups[level] ?? 0n)),
    },
    get_current_comm: {
      result: "int",
      call: (_, place, size) => {
        checkWritable(memory, "a name", place, size >>> 0);
        if (size === 0) return -ERRNO.EINVAL;
        const at = place >>> 0;
        memory.bytes.fill(0, at, at + (size >>> 0));
        const most = Math.min(COMM_BYTES, size >>> 0) - 1;
        memory.bytes.set(utf8(task.comm).subarray(0, most), at);
        return 0;
      },
    },
    get_ns_current_pid_tgid: {
      result: "int",
      call: (_, _device, _inode, place, size) => {
        checkWritable(memory, "a process", place, size >>> 0);
        if (size !== NS_BYTES) return -ERRNO.EINVAL;
        memory.view.setUint32(place >>> 0, task.pid, true);
        memory.view.setUint32((place >>> 0) + 4, task.tgid, true);
        return 0;
      },
    },
    get_attach_cookie: tell(() => probe.cookie),
    get_func_ip: tell(() => probe.functionAddress),
    get_func_arg_cnt: tell(() => BigInt(probe.arguments.length)),
    get_func_arg: {
      result: "int",
      call: (_, _place, index, place) => {
        const value = probe.arguments[index >>> 0];
        if (value === undefined) return -ERRNO.EINVAL;
        checkWritable(memory, "an argument", place, 8);
        memory.view.setBigUint64(place >>> 0, BigInt.asUintN(64, value), true);
        return 0;
      },
    },
    send_signal: { result: "int", call: (_, signal) => note(system, "signal", signal) },
    send_signal_thread: { result: "int", call: (_, signal) => note(system, "signal", signal) },
    override_return: { result: "int", call: (_, _place, value) => note(system, "override", value) },
    set_retval: { result: "int", call: (_, value) => note(system, "retval", value) },
  });
}

function note(system: VmSystem, kind: "signal" | "override" | "retval", value: number): number {
  system.effects.push({ kind, value });
  return 0;
}
