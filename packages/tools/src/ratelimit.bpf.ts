// Lets every sender have so many packets a second, and drops the rest: a token bucket each.
import {
  be32,
  config,
  global,
  hashMap,
  ktimeNs,
  ntohs,
  struct,
  u64,
  xdp,
  Xdp,
} from "@ocelli/compiler";
import { ethhdr, iphdr } from "@ocelli/compiler/vmlinux";

const IPV4 = 0x0800;
const SECOND = 1_000_000_000n;

/** Packets a second. */
export const rate = config(u64, 1000n);
/** Packets at once, after a rest. */
export const burst = config(u64, 1000n);

const Bucket = struct("bucket", {
  /** When it was filled last. */
  time: u64,
  /** Packets that may pass, in billionths. */
  tokens: u64,
});
/** The least active senders give way. */
export const buckets = hashMap({ key: be32, value: Bucket, maxEntries: 65_536, lru: true });
/** Packets that passed, and that did not. */
export const passed = global(u64, 0n);
/** Packets that were dropped. */
export const dropped = global(u64, 0n);

/** Every packet that the device receives. Two processors may take one token for two packets: a limit need not be exact. */
export const onPacket = xdp((ctx) => {
  const packet = ctx.packet();
  const eth = packet.read(ethhdr);
  if (!eth || ntohs(eth.h_proto) !== IPV4) return Xdp.PASS;
  const ip = packet.read(iphdr);
  if (!ip) return Xdp.PASS;
  const now = ktimeNs();
  const full = burst.value * SECOND;
  const bucket = buckets.lookupOrInit(ip.saddr, { time: now, tokens: full });
  if (!bucket) return Xdp.PASS;
  const elapsed = now - bucket.time;
  // More than a second's rest fills no more than a second's packets, so nothing overflows.
  let tokens = bucket.tokens + (elapsed > SECOND ? SECOND : elapsed) * rate.value;
  if (tokens > full) tokens = full;
  bucket.time = now;
  if (tokens < SECOND) {
    bucket.tokens = tokens;
    dropped.value += 1n;
    return Xdp.DROP;
  }
  bucket.tokens = tokens - SECOND;
  passed.value += 1n;
  return Xdp.PASS;
});
