// Calls into the virtual file system, by kind.
import type { u32 } from "@ocelli/compiler";
import { arrayMap, kprobe, u64 } from "@ocelli/compiler";

/** How often: reads, writes, fsyncs, opens, creations; each processor counts for itself. */
export const calls = arrayMap({ value: u64, maxEntries: 5, perCpu: true });

function hit(kind: u32): void {
  const counter = calls.lookup(kind);
  if (counter) counter.value += 1n;
}

/** Reading. */
export const onRead = kprobe("vfs_read", () => {
  hit(0);
});
/** Writing. */
export const onWrite = kprobe("vfs_write", () => {
  hit(1);
});
/** Making sure that it is on the disk. */
export const onFsync = kprobe("vfs_fsync_range", () => {
  hit(2);
});
/** Opening. */
export const onOpen = kprobe("vfs_open", () => {
  hit(3);
});
/** Creating. */
export const onCreate = kprobe("vfs_create", () => {
  hit(4);
});
