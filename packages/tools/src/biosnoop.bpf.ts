// Every request to a block device: who asked, how long it took. Of the tracepoints only the first members are read, since kernels
// differ in what comes behind them.
import {
  char,
  currentComm,
  hashMap,
  ktimeNs,
  pid,
  ringBuf,
  struct,
  tracepoint,
  u32,
  u64,
} from "@ocelli/compiler";

const Request = struct("io_key", { device: u32, unused: u32, sector: u64 });
const Start = struct("io_start", { time: u64, pid: u32, bytes: u32, comm: char(16) });
const starts = hashMap({ key: Request, value: Start, maxEntries: 10_240, lru: true });

const Done = struct("io_done", {
  device: u32,
  pid: u32,
  sector: u64,
  bytes: u32,
  /** Nanoseconds from the issue to the completion. */
  duration: u64,
  comm: char(16),
});
/** A record per request. */
export const done = ringBuf(Done);

/** A request goes to the device, mostly in the process that waits for it. */
export const onIssue = tracepoint("block/block_rq_issue", (ctx) => {
  starts.set(
    { device: ctx.dev, sector: u64(ctx.sector), unused: 0 },
    { time: ktimeNs(), pid: pid(), bytes: ctx.bytes, comm: currentComm() },
  );
});

/** The device is done with it. */
export const onComplete = tracepoint("block/block_rq_complete", (ctx) => {
  const start = starts.lookup({ device: ctx.dev, sector: u64(ctx.sector), unused: 0 });
  if (!start) return;
  done.emit((e) => {
    e.device = ctx.dev;
    e.pid = start.pid;
    e.sector = u64(ctx.sector);
    e.bytes = start.bytes;
    e.duration = ktimeNs() - start.time;
    e.comm = start.comm;
  });
  starts.delete({ device: ctx.dev, sector: u64(ctx.sector), unused: 0 });
});
