// Keeps everybody from opening one file for writing.
import { char, comm, config, lsm, pid, ringBuf, struct, u32, u64 } from "@ocelli/compiler";

const EPERM = 1;
const FMODE_WRITE = 2;

/** The file's inode number, as `ls -i` shows it. */
export const inode = config(u64, 0n);
/** 1: denies; 0: only tells. */
export const deny = config(u32, 1);

const Tried = struct("tried", { inode: u64, pid: u32, denied: u32, comm: char(16) });
/** A record per attempt. */
export const tried = ringBuf(Tried);

/** Somebody opens a file; what an earlier program denied stays denied. */
export const onOpen = lsm("file_open", (file, result) => {
  if (result !== 0) return result;
  const { f_inode: node } = file;
  if (node.i_ino !== inode.value || (file.f_mode & FMODE_WRITE) === 0) return 0;
  tried.emit((e) => {
    e.inode = inode.value;
    e.pid = pid();
    e.denied = deny.value;
    comm(e.comm);
  });
  return deny.value === 0 ? 0 : -EPERM;
});
