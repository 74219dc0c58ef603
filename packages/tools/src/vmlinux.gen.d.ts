// Written by `ocelli btf types`: the hooks and the kernel types that the sources beside it name.
import type { Addr, CharBuf, UserPtr, be16, be32, i32, i64, u16, u32, u64 } from "@ocelli/compiler";
import type { linux_binprm, sk_buff, sock, task_struct, tcp_sock } from "@ocelli/compiler/vmlinux";

declare module "@ocelli/compiler/hooks" {
  interface BtfTracepoints {
    inet_sock_set_state: (arg0: sock, arg1: i32, arg2: i32) => void;
    sched_process_exec: (arg0: task_struct, arg1: i32, arg2: linux_binprm) => void;
    sched_process_exit: (arg0: task_struct, arg1: boolean) => void;
    tcp_probe: (arg0: sock, arg1: sk_buff) => void;
  }
  interface KernelStructs {
    tcp_sock: tcp_sock;
  }
  interface Tracepoints {
    "syscalls/sys_enter_open": {
      readonly __syscall_nr: i32;
      readonly filename: UserPtr<"char">;
      readonly flags: u64;
      readonly mode: u64;
    };
    "syscalls/sys_enter_openat": {
      readonly __syscall_nr: i32;
      readonly dfd: u64;
      readonly filename: UserPtr<"char">;
      readonly flags: u64;
      readonly mode: u64;
    };
    "syscalls/sys_enter_openat2": {
      readonly __syscall_nr: i32;
      readonly dfd: u64;
      readonly filename: UserPtr<"char">;
      readonly how: UserPtr<"char">;
      readonly usize: u64;
    };
    "syscalls/sys_exit_open": { readonly __syscall_nr: i32; readonly ret: i64 };
    "syscalls/sys_exit_openat": { readonly __syscall_nr: i32; readonly ret: i64 };
    "syscalls/sys_exit_openat2": { readonly __syscall_nr: i32; readonly ret: i64 };
  }
}

declare module "@ocelli/compiler/vmlinux" {
  export interface file {}
  export interface in6_addr {}
  export interface linux_binprm {
    readonly mm: mm_struct;
    readonly file: file;
    readonly filename: Addr<"char">;
  }
  export interface mm_struct {
    readonly arg_start: u64;
    readonly arg_end: u64;
    readonly flags: {};
  }
  export interface sk_buff {}
  export interface sock {
    readonly __sk_common: sock_common;
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
  }
  export interface tcp_sock {
    readonly srtt_us: u32;
    readonly bytes_received: u64;
    readonly bytes_acked: u64;
  }
}
