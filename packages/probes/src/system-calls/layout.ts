/** Offsets and sizes in bytes of a system call's record, as `bpf/system-calls.bpf.ts` draws it. */
export const CALL_RECORD = {
  time: 0,
  kind: 8,
  call: 10,
  cpu: 12,
  flags: 14,
  pid: 16,
  tid: 20,
  result: 24,
  args: 32,
  sizes: 80,
  nameBytes: 92,
  inode: 96,
  device: 104,
  mode: 108,
  family: 110,
  type: 112,
  protocol: 114,
  state: 116,
  localPort: 118,
  remotePort: 120,
  local4: 124,
  remote4: 128,
  local6: 136,
  remote6: 152,
  data: 168,
} as const;

/** Offsets in bytes of a process's record; the first 24 bytes are those of a call. */
export const PROCESS_RECORD = {
  parent: 24,
  code: 28,
  uid: 32,
  gid: 36,
  euid: 40,
  egid: 44,
  loginuid: 48,
  tty: 52,
  start: 56,
  cgroup: 64,
  inode: 72,
  device: 80,
  links: 84,
  pathBytes: 88,
  argumentBytes: 90,
  environmentBytes: 92,
  comm: 96,
  data: 112,
} as const;

/** What a record tells of. */
export const RECORD_KIND = { call: 0, exec: 1, fork: 2, exit: 3 } as const;

/** Size of an argument's data that could not be read. */
export const UNREADABLE = 0xffff;

/** Bits of a record's `flags`. */
export const RECORD_FLAG = { compat: 1, cut: 2, ofDescriptor: 4 } as const;

/** Places in the probe's counters: calls by number, behind them those of the 32-bit table and the three kinds of processes' records. */
export const COUNTER_INDEX = { compat: 512, exec: 1024, fork: 1025, exit: 1026 } as const;
