// How long block devices take, as a histogram over powers of two.
import { config, hashMap, ktimeNs, log2Hist, struct, tracepoint, u32, u64 } from "@ocelli/compiler";

/** Only this device, `major << 20 | minor` as the kernel writes it; 0 means all. */
export const device = config(u32, 0);

const Request = struct("io_request", { device: u32, unused: u32, sector: u64 });
const starts = hashMap({ key: Request, value: u64, maxEntries: 10_240, lru: true });

/** Microseconds from the issue to the completion. */
export const latencies = log2Hist();

/** A request goes to the device. */
export const onIssue = tracepoint("block/block_rq_issue", (ctx) => {
  if (device.value !== 0 && device.value !== ctx.dev) return;
  starts.set({ device: ctx.dev, sector: u64(ctx.sector), unused: 0 }, ktimeNs());
});

/** The device is done with it. */
export const onComplete = tracepoint("block/block_rq_complete", (ctx) => {
  const start = starts.lookup({ device: ctx.dev, sector: u64(ctx.sector), unused: 0 });
  if (!start) return;
  latencies.record((ktimeNs() - start.value) / 1000n);
  starts.delete({ device: ctx.dev, sector: u64(ctx.sector), unused: 0 });
});
