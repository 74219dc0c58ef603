import { Fd } from "../fd.ts";
import { PERF_ATTRIBUTES } from "../port/attributes.gen.ts";
import type { Kernel } from "../port/kernel.ts";

const ATTRIBUTE = PERF_ATTRIBUTES.perf_event_attr;
const TYPE_SOFTWARE = 1;
const COUNT_SW_BPF_OUTPUT = 10;
const SAMPLE_RAW = 1 << 10;
// The bit fields of struct perf_event_attr, 64 bits at offset 40: include/uapi/linux/perf_event.h.
const BITS_OFFSET = 40;
const WATERMARK = 1n << 14n;
const WRITE_BACKWARD = 1n << 27n;
const PERF_FLAG_FD_CLOEXEC = 8;

/** PERF_EVENT_IOC_ENABLE. */
export const IOC_ENABLE = 0x2400;
/** PERF_EVENT_IOC_PAUSE_OUTPUT, Linux 4.7. */
export const IOC_PAUSE_OUTPUT = 0x40042409;

/** When a perf ring wakes its reader, and whether it overwrites. */
export interface OutputEvent {
  readonly cpu: number;
  /** Wake after so many records. */
  readonly wakeupEvents: number;
  /** Wake after so many bytes, in place of records. */
  readonly watermarkBytes: number | undefined;
  /** Write backwards and over the oldest records. */
  readonly overwritable: boolean;
}

/** Opens the event that programs write one CPU's records to, or gives the negated errno. */
export function openOutputEvent(kernel: Kernel, event: OutputEvent): Fd | number {
  const bytes = new Uint8Array(ATTRIBUTE.size);
  const view = new DataView(bytes.buffer);
  const { fields } = ATTRIBUTE;
  const bits =
    (event.watermarkBytes === undefined ? 0n : WATERMARK) |
    (event.overwritable ? WRITE_BACKWARD : 0n);
  view.setUint32(fields.type[0], TYPE_SOFTWARE, true);
  view.setUint32(fields.size[0], ATTRIBUTE.size, true);
  view.setUint32(fields.config[0], COUNT_SW_BPF_OUTPUT, true);
  view.setUint32(fields.sample_period[0], 1, true);
  view.setUint32(fields.sample_type[0], SAMPLE_RAW, true);
  view.setBigUint64(BITS_OFFSET, bits, true);
  // One field for both: wakeup_watermark is its other name.
  view.setUint32(fields.wakeup_events[0], event.watermarkBytes ?? event.wakeupEvents, true);
  const everyProcess = -1;
  const result = kernel.syscall(
    "perf_event_open",
    bytes,
    everyProcess,
    event.cpu,
    -1,
    PERF_FLAG_FD_CLOEXEC,
  );
  return result < 0 ? result : new Fd(kernel, result);
}
