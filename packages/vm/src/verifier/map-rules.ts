import type { Helper, MapSpec, MapType } from "@ocelli/bpf";

import { reject } from "./reject.ts";

/** Map types that only some helpers take. */
const BY_TYPE: Readonly<Partial<Record<MapType, readonly Helper[]>>> = {
  prog_array: ["tail_call"],
  perf_event_array: [
    "perf_event_read",
    "perf_event_output",
    "skb_output",
    "perf_event_read_value",
    "xdp_output",
  ],
  ringbuf: ["ringbuf_output", "ringbuf_reserve", "ringbuf_query", "ringbuf_reserve_dynptr"],
  user_ringbuf: ["user_ringbuf_drain"],
  stack_trace: ["get_stackid"],
  cgroup_array: ["skb_under_cgroup", "current_task_under_cgroup"],
  cgroup_storage: ["get_local_storage"],
  percpu_cgroup_storage: ["get_local_storage"],
  devmap: ["redirect_map", "map_lookup_elem"],
  devmap_hash: ["redirect_map", "map_lookup_elem"],
  cpumap: ["redirect_map"],
  xskmap: ["redirect_map", "map_lookup_elem"],
  array_of_maps: ["map_lookup_elem"],
  hash_of_maps: ["map_lookup_elem"],
  sockmap: [
    "sk_redirect_map",
    "sock_map_update",
    "map_delete_elem",
    "msg_redirect_map",
    "sk_select_reuseport",
    "map_lookup_elem",
    "map_update_elem",
  ],
  sockhash: [
    "sk_redirect_hash",
    "sock_hash_update",
    "map_delete_elem",
    "msg_redirect_hash",
    "sk_select_reuseport",
    "map_lookup_elem",
    "map_update_elem",
  ],
  reuseport_sockarray: ["sk_select_reuseport"],
  queue: ["map_peek_elem", "map_pop_elem", "map_push_elem"],
  stack: ["map_peek_elem", "map_pop_elem", "map_push_elem"],
  sk_storage: ["sk_storage_get", "sk_storage_delete", "kptr_xchg"],
  inode_storage: ["inode_storage_get", "inode_storage_delete", "kptr_xchg"],
  task_storage: ["task_storage_get", "task_storage_delete", "kptr_xchg"],
  cgrp_storage: ["cgrp_storage_get", "cgrp_storage_delete", "kptr_xchg"],
  bloom_filter: ["map_peek_elem", "map_push_elem"],
  struct_ops: [],
  arena: [],
  insn_array: [],
};

/** Helpers that also take no others than the types that name them above. */
const BOUND: ReadonlySet<Helper> = new Set<Helper>(
  Object.values(BY_TYPE)
    .flat()
    .filter(
      (helper) =>
        !["map_lookup_elem", "map_update_elem", "map_delete_elem", "kptr_xchg"].includes(helper),
    ),
);

const PER_CPU: ReadonlySet<MapType> = new Set<MapType>([
  "percpu_array",
  "percpu_hash",
  "lru_percpu_hash",
]);
const ITERABLE: ReadonlySet<MapType> = new Set<MapType>([...PER_CPU, "array", "hash", "lru_hash"]);

/** Refuses a map of a type that a helper does not take. */
export function checkMapHelper(map: MapSpec, helper: Helper, register: number): void {
  const allowed = BY_TYPE[map.type];
  const takes = allowed === undefined ? !BOUND.has(helper) : allowed.includes(helper);
  const fits =
    (helper !== "map_lookup_percpu_elem" || PER_CPU.has(map.type)) &&
    (helper !== "for_each_map_elem" || ITERABLE.has(map.type));
  if (takes && fits) return;
  reject(
    "vm-verify-map",
    `${helper}() does not take map "${map.name}" of type ${map.type}`,
    allowed === undefined || allowed.length === 0
      ? "Give it a map of a type that it works on"
      : `Maps of that type are for ${allowed.join("(), ")}()`,
    [register],
  );
}
