// Processes that end: how long they ran, and how they ended.
import {
  char,
  comm,
  i32,
  ktimeNs,
  pid,
  ringBuf,
  struct,
  tid,
  tpBtf,
  u32,
  u64,
} from "@ocelli/compiler";

const Ended = struct("ended", {
  pid: u32,
  parent: u32,
  /** As wait(2) tells it: the status in bits 8 to 15, the signal in bits 0 to 6. */
  code: i32,
  /** Nanoseconds. */
  age: u64,
  comm: char(16),
});
/** A record per process. */
export const ended = ringBuf(Ended);

/** Every thread ends; the process does with its first. */
export const onExit = tpBtf("sched_process_exit", (task) => {
  if (pid() !== tid()) return;
  ended.emit((e) => {
    e.pid = pid();
    e.parent = u32(task.real_parent.tgid);
    e.code = task.exit_code;
    e.age = ktimeNs() - task.start_time;
    comm(e.comm);
  });
});
