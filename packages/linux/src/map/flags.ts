/** Update whether or not the key exists. */
export const BPF_ANY = 0;
/** Update only if the key does not exist. */
export const BPF_NOEXIST = 1;
/** Update only if the key exists. */
export const BPF_EXIST = 2;
/** Copy the value under its `bpf_spin_lock`: lookups and updates, Linux 5.1. */
export const BPF_F_LOCK = 4;
/** The value of one CPU, whose number is in the upper half of the flags: per-CPU maps, Linux 7.0. */
export const BPF_F_CPU = 8;
/** One value for all CPUs: updates of per-CPU maps, Linux 7.0. */
export const BPF_F_ALL_CPUS = 16;

/** Flags of BPF_MAP_CREATE, as `MapSpec.flags` holds them: include/uapi/linux/bpf.h. */
export const MAP_FLAGS = {
  no_prealloc: 0x1,
  no_common_lru: 0x2,
  numa_node: 0x4,
  rdonly: 0x8,
  wronly: 0x10,
  stack_build_id: 0x20,
  zero_seed: 0x40,
  rdonly_prog: 0x80,
  wronly_prog: 0x100,
  clone: 0x200,
  mmapable: 0x400,
  preserve_elems: 0x800,
  inner_map: 0x1000,
  link: 0x2000,
  path_fd: 0x4000,
  vtype_btf_obj_fd: 0x8000,
  token_fd: 0x10000,
  segv_on_fault: 0x20000,
  no_user_conv: 0x40000,
  rb_overwrite: 0x80000,
} as const;
