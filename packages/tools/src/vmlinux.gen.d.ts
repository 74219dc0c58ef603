// Written by `ocelli btf types`: the hooks and the kernel types that the sources beside it name.
import type { Addr, CharBuf, UserPtr, be16, be32, i32, i64, u16, u32, u64 } from "@ocelli/compiler";
import type { dentry, file, inode, linux_binprm, mnt_idmap, path, sk_buff, sock, task_struct, tcp_sock } from "@ocelli/compiler/vmlinux";

declare module "@ocelli/compiler/hooks" {
  interface BtfTracepoints {
    inet_sock_set_state: (arg0: sock, arg1: i32, arg2: i32) => void;
    sched_process_exec: (arg0: task_struct, arg1: i32, arg2: linux_binprm) => void;
    sched_process_exit: (arg0: task_struct, arg1: boolean) => void;
    tcp_probe: (arg0: sock, arg1: sk_buff) => void;
  }
  interface KernelFunctions {
    vfs_create: (idmap: mnt_idmap, dir: inode, dentry: dentry, mode: u16, want_excl: boolean) => i32;
    vfs_fsync_range: (file: file, start: i64, end: i64, datasync: i32) => i32;
    vfs_open: (path: path, file: file) => i32;
    vfs_read: (file: file, buf: Addr<"char">, count: u64, pos: Addr) => i64;
    vfs_write: (file: file, buf: Addr<"char">, count: u64, pos: Addr) => i64;
  }
  interface KernelStructs {
    tcp_sock: tcp_sock;
  }
  interface LsmHooks {
    file_open: (file: file) => i32;
  }
  interface Tracepoints {
    "block/block_rq_complete": { readonly dev: u32; readonly sector: u64; readonly nr_sector: u32; readonly error: i32; readonly ioprio: u16; readonly rwbs: CharBuf<10>; readonly cmd: Addr<"char"> };
    "block/block_rq_issue": { readonly dev: u32; readonly sector: u64; readonly nr_sector: u32; readonly bytes: u32; readonly ioprio: u16; readonly rwbs: CharBuf<10>; readonly comm: CharBuf<16>; readonly cmd: Addr<"char"> };
    "irq/softirq_entry": { readonly vec: u32 };
    "irq/softirq_exit": { readonly vec: u32 };
    "raw_syscalls/sys_enter": { readonly id: i64; readonly args: readonly u64[] };
    "raw_syscalls/sys_exit": { readonly id: i64; readonly ret: i64 };
    "sched/sched_switch": { readonly prev_comm: CharBuf<16>; readonly prev_pid: i32; readonly prev_prio: i32; readonly prev_state: i64; readonly next_comm: CharBuf<16>; readonly next_pid: i32; readonly next_prio: i32 };
    "sched/sched_wakeup": { readonly comm: CharBuf<16>; readonly pid: i32; readonly prio: i32; readonly target_cpu: i32 };
    "sched/sched_wakeup_new": { readonly comm: CharBuf<16>; readonly pid: i32; readonly prio: i32; readonly target_cpu: i32 };
    "signal/signal_generate": { readonly sig: i32; readonly errno: i32; readonly code: i32; readonly comm: CharBuf<16>; readonly pid: i32; readonly group: i32; readonly result: i32 };
    "syscalls/sys_enter_bind": { readonly __syscall_nr: i32; readonly fd: u64; readonly umyaddr: UserPtr<"char">; readonly addrlen: u64 };
    "syscalls/sys_enter_mount": { readonly __syscall_nr: i32; readonly dev_name: UserPtr<"char">; readonly dir_name: UserPtr<"char">; readonly type: UserPtr<"char">; readonly flags: u64; readonly data: UserPtr<"char"> };
    "syscalls/sys_enter_newfstatat": { readonly __syscall_nr: i32; readonly dfd: u64; readonly filename: UserPtr<"char">; readonly statbuf: UserPtr<"char">; readonly flag: u64 };
    "syscalls/sys_enter_newlstat": { readonly __syscall_nr: i32; readonly filename: UserPtr<"char">; readonly statbuf: UserPtr<"char"> };
    "syscalls/sys_enter_newstat": { readonly __syscall_nr: i32; readonly filename: UserPtr<"char">; readonly statbuf: UserPtr<"char"> };
    "syscalls/sys_enter_open": { readonly __syscall_nr: i32; readonly filename: UserPtr<"char">; readonly flags: u64; readonly mode: u64 };
    "syscalls/sys_enter_openat": { readonly __syscall_nr: i32; readonly dfd: u64; readonly filename: UserPtr<"char">; readonly flags: u64; readonly mode: u64 };
    "syscalls/sys_enter_openat2": { readonly __syscall_nr: i32; readonly dfd: u64; readonly filename: UserPtr<"char">; readonly how: UserPtr<"char">; readonly usize: u64 };
    "syscalls/sys_enter_statx": { readonly __syscall_nr: i32; readonly dfd: u64; readonly filename: UserPtr<"char">; readonly flags: u64; readonly mask: u64; readonly buffer: UserPtr<"char"> };
    "syscalls/sys_enter_umount": { readonly __syscall_nr: i32; readonly name: UserPtr<"char">; readonly flags: u64 };
    "syscalls/sys_exit_bind": { readonly __syscall_nr: i32; readonly ret: i64 };
    "syscalls/sys_exit_mount": { readonly __syscall_nr: i32; readonly ret: i64 };
    "syscalls/sys_exit_newfstatat": { readonly __syscall_nr: i32; readonly ret: i64 };
    "syscalls/sys_exit_newlstat": { readonly __syscall_nr: i32; readonly ret: i64 };
    "syscalls/sys_exit_newstat": { readonly __syscall_nr: i32; readonly ret: i64 };
    "syscalls/sys_exit_open": { readonly __syscall_nr: i32; readonly ret: i64 };
    "syscalls/sys_exit_openat": { readonly __syscall_nr: i32; readonly ret: i64 };
    "syscalls/sys_exit_openat2": { readonly __syscall_nr: i32; readonly ret: i64 };
    "syscalls/sys_exit_statx": { readonly __syscall_nr: i32; readonly ret: i64 };
    "syscalls/sys_exit_umount": { readonly __syscall_nr: i32; readonly ret: i64 };
    "vmscan/mm_vmscan_direct_reclaim_begin": { readonly order: i32; readonly gfp_flags: u64 };
    "vmscan/mm_vmscan_direct_reclaim_end": { readonly nr_reclaimed: u64 };
  }
}

declare module "@ocelli/compiler/vmlinux" {
  export interface dentry {}
  export interface device {
    readonly parent: device;
    readonly type: device_type;
    readonly id: u32;
    readonly flags: readonly u64[];
  }
  export interface device_type {
    readonly name: Addr<"char">;
  }
  export interface file {
    readonly f_mode: u32;
    readonly f_inode: inode;
  }
  export interface in6_addr {}
  export interface inode {
    readonly i_ino: u64;
  }
  export interface linux_binprm {
    readonly mm: mm_struct;
    readonly file: file;
    readonly filename: Addr<"char">;
  }
  export interface mm_struct {
    readonly arg_start: u64;
    readonly arg_end: u64;
    readonly flags: {  };
  }
  export interface mnt_idmap {
    readonly count: refcount_struct;
  }
  export interface net_device {
    readonly flags: u32;
    readonly name: CharBuf<16>;
    readonly type: u16;
    readonly dev: device;
  }
  export interface path {}
  export interface refcount_struct {}
  export interface signal_struct {
    readonly flags: u32;
  }
  export interface sk_buff {
    readonly dev: net_device;
    readonly len: u32;
    readonly protocol: be16;
  }
  export interface sock {
    readonly __sk_common: sock_common;
    readonly sk_max_ack_backlog: u32;
  }
  export interface sock_common {
    readonly skc_daddr: be32;
    readonly skc_rcv_saddr: be32;
    readonly skc_dport: be16;
    readonly skc_num: u16;
    readonly skc_family: u16;
    readonly skc_v6_daddr: in6_addr;
    readonly skc_v6_rcv_saddr: in6_addr;
  }
  export interface task_struct {
    readonly flags: u32;
    readonly mm: mm_struct;
    readonly exit_code: i32;
    readonly pid: i32;
    readonly tgid: i32;
    readonly real_parent: task_struct;
    readonly parent: task_struct;
    readonly start_time: u64;
    readonly comm: CharBuf<16>;
    readonly signal: signal_struct;
  }
  export interface tcp_sock {
    readonly srtt_us: u32;
    readonly bytes_received: u64;
    readonly bytes_acked: u64;
  }
}
