// Drops TCP and UDP packets to one port, and counts them by sender.
import { be32, config, hashMap, ntohs, u16, u64, xdp, Xdp } from "@ocelli/compiler";
import { ethhdr, iphdr, udphdr } from "@ocelli/compiler/vmlinux";

const IPV4 = 0x0800;
const TCP = 6;
const UDP = 17;

/** The port that nobody reaches. */
export const port = config(u16, 8080);
/** Dropped packets by the address they came from. */
export const dropped = hashMap({ key: be32, value: u64, maxEntries: 10_240, lru: true });

/** Every packet that the device receives. */
export const onPacket = xdp((ctx) => {
  const packet = ctx.packet();
  const eth = packet.read(ethhdr);
  if (!eth || ntohs(eth.h_proto) !== IPV4) return Xdp.PASS;
  const ip = packet.read(iphdr);
  if (!ip || (ip.protocol !== TCP && ip.protocol !== UDP)) return Xdp.PASS;
  packet.skip((ip.ihl - 5) * 4);
  // Both protocols begin with the two ports.
  const ports = packet.read(udphdr);
  if (!ports || ntohs(ports.dest) !== port.value) return Xdp.PASS;
  dropped.lookupOrInit(ip.saddr, 0n)?.add(1n);
  return Xdp.DROP;
});
