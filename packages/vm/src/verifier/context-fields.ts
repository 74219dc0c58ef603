// Contexts of programs by type: which bytes may be read and written, and what is in them. Layouts from
// include/uapi/linux/bpf.h, rules from each type's is_valid_access (net/core/filter.c, kernel/trace/bpf_trace.c,
// kernel/bpf/cgroup.c).
import type { ProgramKind } from "./kind.ts";
import type { PointerType } from "./value.ts";

/** Bytes of a context. */
export interface ContextField {
  readonly start: number;
  readonly end: number;
  /** Bytes of the member; reads may be narrower where `narrow`. */
  readonly size: number;
  readonly narrow: boolean;
  readonly write: boolean;
  readonly pointer: PointerType | undefined;
  readonly nullable: boolean;
}

/** A context as a table. */
export interface ContextLayout {
  readonly name: string;
  readonly fields: readonly ContextField[];
}

type Row = readonly [start: number, end: number, size: number, what?: string];

/** `n` also narrower, `w` writable, a pointer's type, `?` for one that may be null. */
function layout(name: string, rows: readonly Row[]): ContextLayout {
  return {
    name,
    fields: rows.map(([start, end, size, what = ""]) => {
      const words = what.split(" ");
      const pointer = words.find((word) => word.length > 1);
      return {
        start,
        end,
        size,
        narrow: words.includes("n"),
        write: words.includes("w"),
        // Rows name pointer types only.
        pointer: pointer?.replace("?", "") as PointerType | undefined,
        nullable: pointer?.endsWith("?") ?? false,
      };
    }),
  };
}

/** Members of `struct __sk_buff`; those in `writable` may be written, those in `hidden` not be seen. */
function skb(options: {
  readonly writable: readonly string[];
  readonly hidden: readonly string[];
  readonly traffic?: boolean;
}): ContextLayout {
  const members: readonly (readonly [string, number, number, number, string])[] = [
    ["len", 0, 4, 4, "n"],
    ["pkt_type", 4, 8, 4, "n"],
    ["mark", 8, 12, 4, "n"],
    ["queue_mapping", 12, 16, 4, "n"],
    ["protocol", 16, 20, 4, "n"],
    ["vlan", 20, 32, 4, "n"],
    ["priority", 32, 36, 4, "n"],
    ["ifindex", 36, 44, 4, "n"],
    ["tc_index", 44, 48, 4, "n"],
    ["cb", 48, 68, 8, "n"],
    ["hash", 68, 72, 4, "n"],
    ["tc_classid", 72, 76, 4, "n"],
    ["data", 76, 80, 4, "packet"],
    ["data_end", 80, 84, 4, "packet-end"],
    ["napi_id", 84, 88, 4, "n"],
    ["family", 88, 92, 4, "n"],
    ["addresses", 92, 132, 4, ""],
    ["ports", 132, 140, 4, "n"],
    ["data_meta", 140, 144, 4, "packet-meta"],
    ["tstamp", 152, 160, 8, ""],
    ["wire_len", 160, 164, 4, "n"],
    ["gso_segs", 164, 168, 4, "n"],
    ["sk", 168, 176, 8, "sock-common?"],
    ["gso_size", 176, 180, 4, "n"],
    ["hwtstamp", 184, 192, 8, ""],
  ];
  const rows = members
    .filter(([member]) => !options.hidden.includes(member))
    .map(([member, start, end, size, what]): Row => [
      start,
      end,
      size,
      options.writable.includes(member) ? `${what} w` : what,
    ]);
  return layout("__sk_buff", options.traffic === true ? [...rows, [180, 181, 1, ""]] : rows);
}

const SOCKET_MEMBERS = ["family", "addresses", "ports"];

const LWT = skb({
  writable: ["mark", "priority", "cb"],
  hidden: ["tc_classid", ...SOCKET_MEMBERS, "data_meta", "tstamp", "wire_len", "hwtstamp"],
});

const TRAFFIC = skb({
  writable: ["mark", "tc_index", "priority", "tc_classid", "cb", "tstamp", "queue_mapping"],
  hidden: SOCKET_MEMBERS,
  traffic: true,
});

const LAYOUTS: Readonly<Partial<Record<ProgramKind, ContextLayout>>> = {
  socket_filter: skb({
    writable: ["cb"],
    hidden: [
      "tc_classid",
      "data",
      "data_meta",
      "data_end",
      ...SOCKET_MEMBERS,
      "tstamp",
      "wire_len",
      "hwtstamp",
    ],
  }),
  cgroup_skb: skb({
    writable: ["mark", "priority", "cb", "tstamp"],
    hidden: ["tc_classid", "data_meta", "wire_len"],
  }),
  sched_cls: TRAFFIC,
  sched_act: TRAFFIC,
  lwt_in: LWT,
  lwt_out: LWT,
  lwt_xmit: LWT,
  lwt_seg6local: LWT,
  sk_skb: skb({
    writable: ["tc_index", "priority"],
    hidden: ["tc_classid", "data_meta", "tstamp", "wire_len", "hwtstamp", "mark"],
  }),
  flow_dissector: layout("__sk_buff", [
    [76, 80, 4, "packet"],
    [80, 84, 4, "packet-end"],
    [144, 152, 8, "flow-keys"],
  ]),
  xdp: layout("xdp_md", [
    [0, 4, 4, "packet"],
    [4, 8, 4, "packet-end"],
    [8, 12, 4, "packet-meta"],
    [12, 20, 4],
    [20, 24, 4, "e"],
  ]),
  perf_event: layout("bpf_perf_event_data", [
    [0, 168, 8],
    [168, 184, 8, "n"],
  ]),
  raw_tracepoint: layout("bpf_raw_tracepoint_args", [[0, 96, 8, "n"]]),
  raw_tracepoint_writable: layout("bpf_raw_tracepoint_args", [
    [0, 8, 8, "tp-buffer"],
    [8, 96, 8, "n"],
  ]),
  cgroup_sock: layout("bpf_sock", [
    [0, 4, 4, "n w"],
    [4, 16, 4, "n"],
    [16, 24, 4, "n w"],
    [24, 28, 4, "n"],
    [28, 44, 4, "n"],
    [44, 48, 4, "n"],
    [48, 50, 2, "n"],
    [52, 72, 4, "n"],
    [72, 80, 4, "n"],
  ]),
  cgroup_sock_addr: layout("bpf_sock_addr", [
    [0, 4, 4, "n"],
    [4, 8, 4, "n w"],
    [8, 24, 8, "n w"],
    [24, 28, 4, "n w"],
    [28, 40, 4, "n"],
    [40, 44, 4, "n w"],
    [44, 60, 8, "n w"],
    [64, 72, 8, "socket"],
  ]),
  sock_ops: layout("bpf_sock_ops", [
    [0, 4, 4],
    [4, 8, 4, "w"],
    [8, 160, 4],
    [160, 164, 4],
    [164, 168, 4, "w"],
    [168, 184, 8],
    [184, 192, 8, "socket?"],
    [192, 200, 8, "packet"],
    [200, 208, 8, "packet-end"],
    [208, 212, 4],
    [212, 216, 4, "n"],
    [216, 224, 8],
  ]),
  sk_msg: layout("sk_msg_md", [
    [0, 8, 8, "packet"],
    [8, 16, 8, "packet-end"],
    [16, 72, 4],
    [72, 80, 8, "sock-common?"],
  ]),
  sk_lookup: layout("bpf_sk_lookup", [
    [0, 8, 8, "socket?"],
    [8, 36, 4, "n"],
    [36, 40, 4, "n"],
    [40, 68, 4, "n"],
  ]),
  sk_reuseport: layout("sk_reuseport_md", [
    [0, 8, 8, "packet"],
    [8, 16, 8, "packet-end"],
    [16, 20, 4],
    [20, 24, 4, "n"],
    [24, 36, 4],
    [40, 48, 8, "socket"],
    [48, 56, 8, "sock-common?"],
  ]),
  cgroup_sockopt: layout("bpf_sockopt", [
    [0, 8, 8, "socket"],
    [8, 16, 8, "packet"],
    [16, 24, 8, "packet-end"],
    [24, 32, 4],
    [32, 36, 4, "w"],
    [36, 40, 4],
  ]),
  cgroup_sysctl: layout("bpf_sysctl", [
    [0, 4, 4, "n"],
    [4, 8, 4, "n w"],
  ]),
  cgroup_device: layout("bpf_cgroup_dev_ctx", [
    [0, 4, 4, "n"],
    [4, 12, 4],
  ]),
};

/** The table of a kind's context; `undefined` for those whose context has a rule of its own. */
export function contextLayout(kind: ProgramKind): ContextLayout | undefined {
  return LAYOUTS[kind];
}

/** The field that an access lies in, and whether it is allowed there. */
export function findField(
  { fields }: ContextLayout,
  offset: number,
  size: number,
): ContextField | undefined {
  return fields.find(
    (field) =>
      offset >= field.start &&
      offset + size <= field.end &&
      (size === field.size || (field.narrow && size < field.size)),
  );
}
