// Direct reclaim: processes that must free memory themselves before they get any, and how long it takes.
import {
  char,
  comm,
  hashMap,
  ktimeNs,
  pid,
  ringBuf,
  struct,
  tid,
  tracepoint,
  u32,
  u64,
} from "@ocelli/compiler";

const starts = hashMap({ key: u32, value: u64, maxEntries: 10_240 });

const Reclaim = struct("reclaim", {
  pid: u32,
  /** Pages that were freed. */
  pages: u64,
  /** Nanoseconds. */
  duration: u64,
  comm: char(16),
});
/** A record per reclaim. */
export const reclaims = ringBuf(Reclaim);

/** It begins. */
export const onBegin = tracepoint("vmscan/mm_vmscan_direct_reclaim_begin", () => {
  starts.set(tid(), ktimeNs());
});

/** It ends. */
export const onEnd = tracepoint("vmscan/mm_vmscan_direct_reclaim_end", (ctx) => {
  const start = starts.lookup(tid());
  if (!start) return;
  reclaims.emit((e) => {
    e.pid = pid();
    e.pages = u64(ctx.nr_reclaimed);
    e.duration = ktimeNs() - start.value;
    comm(e.comm);
  });
  starts.delete(tid());
});
