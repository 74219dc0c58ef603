import { ERRNO } from "../map/map.ts";
import type { Redirection, VmSystem } from "../system/system.ts";
import { helperTable, highArgument, type HelperDefinition } from "./define.ts";
import type { HelperTable } from "./helper.ts";
import { packetOf } from "./skb.ts";

const TC_ACT_SHOT = 2;
const TC_ACT_REDIRECT = 7;
const XDP_ABORTED = 0;
const XDP_REDIRECT = 4;
const INGRESS = 1;
const ACTION_MASK = 3;
const BROADCAST_FLAGS = 0x18;

/** Helpers that send a packet elsewhere: the system records where to. */
export function redirectHelpers(system: VmSystem, type: "xdp" | "tc"): HelperTable {
  const { memory, redirections } = system;
  const send = (kind: Redirection["kind"], known: number, index: number): HelperDefinition => ({
    result: "int",
    wide: true,
    call: (_, target, ...rest) => {
      const flags = rest[index - 1] ?? 0;
      const isKnown = (flags & ~known) === 0 && highArgument(memory, index) === 0;
      if (!isKnown) return type === "xdp" ? XDP_ABORTED : TC_ACT_SHOT;
      redirections.push({ kind, target: target >>> 0, flags });
      return type === "xdp" ? XDP_REDIRECT : TC_ACT_REDIRECT;
    },
  });
  if (type === "xdp") {
    return helperTable({
      redirect: send("interface", 0, 1),
      redirect_map: {
        result: "int",
        wide: true,
        call: (_, handle, key, flags) => {
          const map = system.mapOf(handle);
          const isBroadcast = map.spec.type.startsWith("devmap") && (flags & BROADCAST_FLAGS) !== 0;
          const known = ACTION_MASK | (map.spec.type.startsWith("devmap") ? BROADCAST_FLAGS : 0);
          if ((flags & ~known) !== 0 || highArgument(memory, 2) !== 0) return XDP_ABORTED;
          const mark = memory.mark();
          const at = memory.allocate(4);
          memory.view.setUint32(at, key, true);
          const found = map.lookup(at);
          memory.release(mark);
          if (found === 0 && !isBroadcast) return flags & ACTION_MASK;
          redirections.push({ kind: "map", target: key >>> 0, flags, map: map.spec.name });
          return XDP_REDIRECT;
        },
      },
    });
  }
  return helperTable({
    redirect: send("interface", INGRESS, 1),
    redirect_peer: send("peer", 0, 1),
    redirect_neigh: send("neighbour", 0, 3),
    clone_redirect: {
      result: "int",
      wide: true,
      call: (_, context, target, flags) => {
        if ((flags & ~INGRESS) !== 0 || highArgument(memory, 2) !== 0) return -ERRNO.EINVAL;
        const { data, end } = packetOf(system, context, "skb");
        redirections.push({
          kind: "clone",
          target: target >>> 0,
          flags,
          bytes: memory.bytes.slice(data, end),
        });
        return 0;
      },
    },
  });
}
