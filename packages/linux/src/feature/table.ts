/** A feature of the kernel, with the first release that has it. */
export interface FeatureRow {
  /** What a person calls it, e.g. `fentry programs`. */
  readonly title: string;
  /** First Linux release on x86-64, e.g. `5.5`. */
  readonly since: string;
  /** First release on arm64 where it differs. */
  readonly sinceArm64?: string;
}

/**
 * The one table of minimum kernels: documentation, error messages and the tests' skips read it. Releases are those in
 * which the feature was merged.
 */
export const FEATURES = {
  tracepoint: { title: "tracepoint programs", since: "4.7" },
  raw_tracepoint: { title: "raw tracepoint programs", since: "4.17" },
  tp_btf: { title: "BTF-typed raw tracepoints", since: "5.5" },
  perf_event: { title: "perf event programs", since: "4.9" },
  perf_event_link: { title: "links on perf events", since: "5.15" },
  kprobe: { title: "kprobes", since: "4.1" },
  kprobe_multi: { title: "kprobe.multi links", since: "5.18", sinceArm64: "6.13" },
  kprobe_session: { title: "kprobe sessions", since: "6.10", sinceArm64: "6.13" },
  uprobe: { title: "uprobes", since: "4.3" },
  uprobe_multi: { title: "uprobe.multi links", since: "6.6" },
  uprobe_sleepable: { title: "sleepable uprobes", since: "6.0" },
  uprobe_session: { title: "uprobe sessions", since: "6.13" },
  fentry: { title: "fentry and fexit programs", since: "5.5", sinceArm64: "6.4" },
  fmod_ret: { title: "fmod_ret programs", since: "5.7", sinceArm64: "6.4" },
  lsm: { title: "LSM programs", since: "5.7", sinceArm64: "6.4" },
  lsm_sleepable: { title: "sleepable LSM programs", since: "5.11", sinceArm64: "6.4" },
  lsm_cgroup: { title: "LSM programs on cgroups", since: "6.0", sinceArm64: "6.4" },
  freplace: { title: "freplace programs", since: "5.6", sinceArm64: "6.0" },
  iter: { title: "BPF iterators", since: "5.8" },
  iter_cgroup: { title: "iterators over cgroups", since: "6.1" },
  xdp: { title: "XDP programs", since: "4.8" },
  xdp_link: { title: "XDP links", since: "5.9" },
  tcx: { title: "tcx links", since: "6.6" },
  netkit: { title: "netkit links", since: "6.7" },
  cgroup_link: { title: "cgroup links", since: "5.7" },
  netns_link: { title: "network namespace links", since: "5.8" },
  sk_skb_verdict: { title: "sk_skb programs without a stream parser", since: "5.13" },
  sk_lookup: { title: "sk_lookup programs", since: "5.9" },
  netfilter: { title: "netfilter programs", since: "6.4" },
  struct_ops: { title: "struct_ops maps", since: "5.6", sinceArm64: "6.0" },
  struct_ops_link: { title: "struct_ops links", since: "6.4" },
  syscall_program: { title: "syscall programs", since: "5.14" },
  ringbuf: { title: "ring buffers", since: "5.8" },
  ringbuf_overwrite: { title: "ring buffers that overwrite old records", since: "6.19" },
  user_ringbuf: { title: "user ring buffers", since: "6.1" },
  bloom_filter: { title: "bloom filter maps", since: "5.16" },
  task_storage: { title: "task storage maps", since: "5.11" },
  inode_storage: { title: "inode storage maps", since: "5.10" },
  cgrp_storage: { title: "cgroup storage maps", since: "6.2" },
  arena: { title: "arenas", since: "6.9" },
  insn_array: { title: "instruction array maps", since: "7.0" },
  creation_log: { title: "the kernel's words on refused maps", since: "7.2" },
  rhash: { title: "resizable hash maps", since: "7.2" },
  map_batch: { title: "batch operations on hash and array maps", since: "5.6" },
  hash_take: { title: "lookup and delete in one step in hash tables", since: "5.14" },
  cpu_flags: { title: "flags for the value of one CPU", since: "7.0" },
  mmap_array: { title: "mmap of array maps", since: "5.5" },
  map_freeze: { title: "frozen maps", since: "5.2" },
  for_each_map_elem: { title: "the bpf_for_each_map_elem helper", since: "5.13" },
  bpf_loop: { title: "the bpf_loop helper", since: "5.17" },
  acquire_release: { title: "load-acquire and store-release instructions", since: "6.15" },
  token: { title: "BPF tokens", since: "6.9" },
  cookie: { title: "attach cookies", since: "5.15" },
  prog_stream: { title: "program output streams", since: "6.17" },
  memcg_accounting: { title: "memory accounting by cgroup", since: "5.11" },
  atomics: { title: "atomic instructions (ISA v3)", since: "5.12" },
  isa_v4: { title: "instructions of ISA v4", since: "6.6" },
  ksym_typed: { title: "typed kernel symbols", since: "5.10" },
  kfunc: { title: "calls of kernel functions", since: "5.13" },
  kfunc_module: { title: "calls of kernel functions in modules", since: "5.16" },
  kfunc_task: { title: "kernel functions on tasks", since: "6.2" },
  enum64: { title: "64-bit enums in BTF", since: "6.0" },
  type_tag: { title: "type tags in BTF", since: "5.17" },
  decl_tag: { title: "declaration tags in BTF", since: "5.16" },
  link_info: { title: "links by id", since: "5.8" },
} as const;

/** The name of a row of the table. */
export type Feature = keyof typeof FEATURES;

/** The first release that has a feature on an architecture, e.g. `5.5`. */
export function minimumKernel(feature: Feature, architecture: "x64" | "arm64"): string {
  const row: FeatureRow = FEATURES[feature];
  return architecture === "arm64" ? (row.sinceArm64 ?? row.since) : row.since;
}

/** Compares releases by their numbers: negative when `a` is older. `6.18.44-custom` counts as 6.18.44. */
export function compareReleases(a: string, b: string): number {
  const numbers = (release: string): number[] =>
    (release.match(/^\d+(?:\.\d+)*/)?.[0] ?? "0").split(".").map(Number);
  const left = numbers(a);
  const right = numbers(b);
  for (let i = 0; i < Math.max(left.length, right.length); i += 1) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
