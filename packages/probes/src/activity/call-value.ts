// A value of the map `calls`, one on each CPU, 24 bytes:
//    0  u64   count
//    8  char  comm[16]   of the task that made the entry; empty on the other CPUs

/** Layout of a value of the map `calls`. Bytes. */
export const CALL_VALUE = { size: 24, count: 0, comm: 8, commBytes: 16 } as const;
