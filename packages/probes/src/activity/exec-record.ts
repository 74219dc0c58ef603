// struct exec_record, 160 bytes, in the machine's byte order
//    0  u64   timeNs      since boot, CLOCK_MONOTONIC
//    8  u32   pid         of the process (the kernel's tgid)
//   12  u32   parentPid   0 when it could not be read
//   16  u32   uid
//   20  u32   reserved
//   24  char  comm[16]    the name before the new program set its own: the file's, cut
//   40  char  filename[120]

/** Layout of the record that a started program leaves in the ring `starts`. Bytes. */
export const EXEC_RECORD = {
  size: 160,
  offsets: {
    timeNs: 0,
    pid: 8,
    parentPid: 12,
    uid: 16,
    reserved: 20,
    comm: 24,
    filename: 40,
  },
  sizes: { comm: 16, filename: 120 },
} as const;

/** A process that started a program. */
export interface ExecRecord {
  /** Nanoseconds since boot; exact to 53 bits, which last for 104 days of nanoseconds. */
  readonly timeNs: number;
  readonly pid: number;
  /** 0 when it could not be read. */
  readonly parentPid: number;
  readonly uid: number;
  readonly comm: string;
  /** The path as it was given to execve, cut at 119 bytes. */
  readonly filename: string;
}

const decoder = new TextDecoder();

function textAt(bytes: Uint8Array, offset: number, size: number): string {
  const field = bytes.subarray(offset, offset + size);
  const end = field.indexOf(0);
  return decoder.decode(end < 0 ? field : field.subarray(0, end));
}

/** Reads a record; `undefined` when it is too short to be one. */
export function readExecRecord(bytes: Uint8Array): ExecRecord | undefined {
  const { size, offsets, sizes } = EXEC_RECORD;
  if (bytes.length < size) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const low = view.getUint32(offsets.timeNs, true);
  const high = view.getUint32(offsets.timeNs + 4, true);
  return {
    timeNs: high * 2 ** 32 + low,
    pid: view.getUint32(offsets.pid, true),
    parentPid: view.getUint32(offsets.parentPid, true),
    uid: view.getUint32(offsets.uid, true),
    comm: textAt(bytes, offsets.comm, sizes.comm),
    filename: textAt(bytes, offsets.filename, sizes.filename),
  };
}
