// Packets and bytes of a device by protocol.
import { hashMap, ntohs, struct, tc, Tc, u16, u64 } from "@ocelli/compiler";
import { ethhdr } from "@ocelli/compiler/vmlinux";

const Traffic = struct("traffic", { packets: u64, bytes: u64 });
/** By the protocol of the Ethernet header: 0x0800 is IPv4, 0x86dd IPv6; 0 stands for what has no such header. */
export const traffic = hashMap({ key: u16, value: Traffic, maxEntries: 256, perCpu: true });

/** Every packet in the direction that the program is attached to. */
export const onPacket = tc((ctx) => {
  const eth = ctx.packet().read(ethhdr);
  const protocol = eth ? ntohs(eth.h_proto) : u16(0);
  const total = traffic.lookupOrInit(protocol, { packets: 0n, bytes: 0n });
  if (total) {
    total.packets += 1n;
    total.bytes += u64(ctx.len);
  }
  return Tc.OK;
});
