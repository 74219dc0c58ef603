// Programs that processes start, with their arguments.
import {
  array,
  char,
  comm,
  ktimeNs,
  pid,
  readKernelStr,
  readUser,
  ringBuf,
  struct,
  tpBtf,
  u32,
  u64,
  u8,
  uid,
  userPtr,
} from "@ocelli/compiler";

const Started = struct("started", {
  time: u64,
  pid: u32,
  parent: u32,
  uid: u32,
  /** Bytes of `arguments` that are meant; more were given when it is larger than the buffer. */
  length: u32,
  comm: char(16),
  file: char(128),
  arguments: array(u8, 512),
});
/** A record per program. */
export const started = ringBuf(Started, { bytes: 1024 * 1024 });

/** Runs once the new program is in place: its arguments are on its stack. */
export const onExec = tpBtf("sched_process_exec", (task, _before, program) => {
  started.emit((e) => {
    e.time = ktimeNs();
    e.pid = pid();
    e.parent = u32(task.real_parent.tgid);
    e.uid = uid();
    comm(e.comm);
    readKernelStr(e.file, program.filename);
    const start = task.mm.arg_start;
    e.length = u32(task.mm.arg_end - start);
    readUser(e.arguments, userPtr(start), e.length);
  });
});
