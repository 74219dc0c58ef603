// What runs: stacks in the kernel and in user space, sampled on every processor.
import {
  char,
  config,
  count,
  currentComm,
  i32,
  pid,
  profile,
  stackTraces,
  struct,
  u32,
} from "@ocelli/compiler";

/** Only this process; 0 means all. */
export const process = config(u32, 0);

const Place = struct("sample_place", { pid: u32, kernel: i32, user: i32, comm: char(16) });
/** Stacks by id. */
export const stacks = stackTraces({ maxEntries: 4096 });
/** Samples by place. */
export const samples = count({ key: Place });

/** 49 is no divisor of the timers that programs like to use. */
export const onSample = profile({ hz: 49 }, () => {
  if (pid() === 0 || (process.value !== 0 && process.value !== pid())) return;
  samples.hit({ pid: pid(), kernel: stacks.kernel(), user: stacks.user(), comm: currentComm() });
});
