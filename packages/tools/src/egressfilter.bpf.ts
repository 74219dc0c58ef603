// Keeps the processes of a cgroup from sending to one network, and counts what they send.
import { be32, cgroupSkb, config, global, hashMap, ntohl, u32, u64 } from "@ocelli/compiler";
import { iphdr } from "@ocelli/compiler/vmlinux";

const IPV4 = 4;

/** The network's address, as a number: 10.0.0.0 is 0x0a000000. */
export const network = config(u32, 0);
/** Its mask; 0 forbids nothing. */
export const mask = config(u32, 0);

/** Bytes that were let through. */
export const allowed = global(u64, 0n);
/** Denied packets by the address that they were for. */
export const denied = hashMap({ key: be32, value: u64, maxEntries: 1024, lru: true });

/** Every packet that a process of the cgroup sends; it begins with the IP header. */
export const onSend = cgroupSkb("egress", (ctx) => {
  const ip = ctx.packet().read(iphdr);
  if (ip && ip.version === IPV4 && mask.value !== 0) {
    const to = ntohl(ip.daddr);
    if (u32(to & mask.value) === network.value) {
      denied.lookupOrInit(ip.daddr, 0n)?.add(1n);
      return false;
    }
  }
  allowed.value += u64(ctx.len);
  return true;
});
