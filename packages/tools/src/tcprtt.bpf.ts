// Round trip times of TCP, smoothed by the kernel, as a histogram over powers of two.
import { config, kernelStruct, log2Hist, ntohs, tpBtf, u16, u64 } from "@ocelli/compiler";

/** Only connections from this port of ours; 0 means all. */
export const local = config(u16, 0);
/** Only connections to this port; 0 means all. */
export const remote = config(u16, 0);

/** Microseconds. */
export const roundTrips = log2Hist();

/** Every segment that an established connection receives. Linux 4.16. */
export const onSegment = tpBtf("tcp_probe", (sk) => {
  if (local.value !== 0 && local.value !== sk.__sk_common.skc_num) return;
  if (remote.value !== 0 && remote.value !== ntohs(sk.__sk_common.skc_dport)) return;
  // The kernel keeps eight times the value.
  roundTrips.record(u64(kernelStruct("tcp_sock", sk).srtt_us >>> 3));
});
