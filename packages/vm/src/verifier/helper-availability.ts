// Which helpers a program may call, by its type, as Linux 6.18 answered when each was tried in each type with all
// capabilities and licence GPL. Numbers as in `HELPERS`; "1-3" is 1, 2 and 3.
import type { ProgramKind } from "./kind.ts";

/** Helpers of every type. */
const COMMON =
  "1-3 5-8 12 14-17 22 35 37 42 55 80 87-89 93-94 105-106 109 112-115 117-118 120 123 125 130-134 141 148-149 153-154 156-158 164-165 169-172 175-177 180-182 191 194-195 197-203 208-211";

/** Helpers of each type beyond the common ones. */
const BEYOND: Readonly<Record<ProgramKind, string>> = {
  socket_filter: "25-26 46-47 68 122 136-140 160 178 196",
  kprobe: "4 25 27 36 45 67 173-174",
  sched_cls:
    "9-11 13 18-21 23-26 28-34 38-41 43 46-48 50 66 68-69 79 83-86 95-100 107-108 110 122 124 135-140 151-152 155 160 163 178 192 196 204-207",
  sched_act:
    "9-11 13 18-21 23-26 28-34 38-41 43 46-48 50 66 68-69 79 83-86 95-100 107-108 110 122 124 135-140 151-152 155 160 163 178 192 196 204-207",
  tracepoint: "4 25 27 36 45 67 174",
  xdp: "23 25 28 44 51 54 65 69 84-86 99-100 110 136-140 160 163 178 188-190 196 204-207",
  perf_event: "4 25 27 36 45 56 67 119 174",
  cgroup_skb: "25-26 46-47 68 79 81 83-86 95-99 107-108 122 128-129 136-140 160 178 196",
  cgroup_sock: "25 46 81 107 122 160 186-187",
  lwt_in: "24-26 28 33-34 39 73 136-140 160 178 196",
  lwt_out: "24-26 28 33-34 39 136-140 160 178 196",
  lwt_xmit: "9-11 13 20-21 23-26 28-30 33-34 38-41 43 73 135-140 160 178 196",
  sock_ops: "25 46 49 53 57 59 70 81 96 107-108 122 136-140 142-144 160 178 196",
  sk_skb: "9 25-26 38-39 43 46-47 50 52 72 84-86 99 136-140 160 178 196",
  cgroup_device: "25 81",
  sk_msg: "25 60-63 71 90-91 107-108 122 136-140 160 178 196",
  raw_tracepoint: "4 25 27 36 45 67 174",
  cgroup_sock_addr: "25 46 49 57 64 81 84-86 99 107-108 122 136-140 160 178 186-187 196",
  lwt_seg6local: "24-26 28 33-34 39 74-76 136-140 160 178 196",
  sk_reuseport: "26 46 68 82 160",
  flow_dissector: "26 136-140 160 178 196",
  cgroup_sysctl: "25 81 101-104 160",
  raw_tracepoint_writable: "4 25 27 36 45 67 174",
  cgroup_sockopt: "25 81 96 107-108 122 186-187",
  tp_btf: "4 25 27 36 45-46 67 107-108 111 121 136-140 147 162 174 178 188 196",
  fentry: "4 25 27 36 45-46 67 107-108 111 121 136-140 147 162 173-174 178 183-185 188 196",
  iter: "4 25 27 36 45-46 67 107-108 111 121 126-127 136-140 147 150 162 178 188 196",
  lsm: "4 25 27 36 45-46 67 107-108 111 121 136-140 145-147 159 161-162 174 178 183-185 188 193 196",
  sk_lookup: "25 86 124 136-140 160 178 196",
  syscall: "4 25 27 36 45-46 67 107-108 111 121 136-140 147 162 166-168 178-179 188 196",
  netfilter: "",
  ext: "",
  struct_ops: "",
};

/** Helpers that only programs which may sleep have. */
const SLEEPABLE = new Set([148, 161, 191, 193]);

const known = new Map<ProgramKind, ReadonlySet<number>>();

/** Whether programs of a kind may call the helper of that number. */
export function mayCall(kind: ProgramKind, helper: number, sleepable: boolean): boolean {
  let allowed = known.get(kind);
  if (allowed === undefined) {
    allowed = new Set([...numbers(COMMON), ...numbers(BEYOND[kind])]);
    known.set(kind, allowed);
  }
  return allowed.has(helper) && (sleepable || !SLEEPABLE.has(helper));
}

/** The kinds that may call a helper, for messages. */
export function kindsThatMayCall(helper: number): readonly ProgramKind[] {
  // Every key of the table is a kind.
  return (Object.keys(BEYOND) as ProgramKind[]).filter((kind) => mayCall(kind, helper, true));
}

function* numbers(ranges: string): Generator<number> {
  for (const range of ranges.split(" ")) {
    const [first = "", last = first] = range.split("-");
    if (first === "") continue;
    for (let number = Number(first); number <= Number(last); number++) yield number;
  }
}
