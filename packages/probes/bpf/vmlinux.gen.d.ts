// Written by `ocelli btf types`: the hooks and the kernel types that the sources beside it name.
import type { Addr, CharBuf, i32, i64, u16, u32, u64 } from "@ocelli/compiler";
import type { linux_binprm, pt_regs, task_struct } from "@ocelli/compiler/vmlinux";

declare module "@ocelli/compiler/hooks" {
  interface BtfTracepoints {
    sched_process_exec: (arg0: task_struct, arg1: i32, arg2: linux_binprm) => void;
    sched_process_exit: (arg0: task_struct, arg1: boolean) => void;
    sched_process_fork: (arg0: task_struct, arg1: task_struct) => void;
    sys_exit: (arg0: pt_regs, arg1: i64) => void;
  }
}

declare module "@ocelli/compiler/vmlinux" {
  export interface cgroup {
    readonly flags: u64;
    readonly kn: kernfs_node;
  }
  export interface cred {
    readonly uid: { readonly val: u32 };
    readonly gid: { readonly val: u32 };
    readonly euid: { readonly val: u32 };
    readonly egid: { readonly val: u32 };
  }
  export interface css_set {
    readonly dfl_cgrp: cgroup;
  }
  export interface file {
    readonly f_inode: inode;
  }
  export interface inode {
    readonly i_sb: super_block;
    readonly i_ino: u64;
    readonly i_nlink: u32;
  }
  export interface kernfs_node {
    readonly flags: u16;
    readonly id: u64;
  }
  export interface linux_binprm {
    readonly mm: mm_struct;
    readonly cred: cred;
    readonly filename: Addr<"char">;
  }
  export interface mm_struct {
    readonly arg_start: u64;
    readonly arg_end: u64;
    readonly env_start: u64;
    readonly env_end: u64;
    readonly flags: {};
    readonly exe_file: file;
  }
  export interface pt_regs {
    readonly r10: u64;
    readonly r9: u64;
    readonly r8: u64;
    readonly dx: u64;
    readonly si: u64;
    readonly di: u64;
    readonly orig_ax: u64;
    readonly flags: u64;
  }
  export interface signal_struct {
    readonly live: { readonly counter: i32 };
    readonly group_exit_code: i32;
    readonly flags: u32;
    readonly tty: tty_struct;
  }
  export interface super_block {
    readonly s_dev: u32;
  }
  export interface task_struct {
    readonly flags: u32;
    readonly mm: mm_struct;
    readonly exit_code: i32;
    readonly pid: i32;
    readonly tgid: i32;
    readonly real_parent: task_struct;
    readonly parent: task_struct;
    readonly start_boottime: u64;
    readonly cred: cred;
    readonly comm: CharBuf<16>;
    readonly signal: signal_struct;
    readonly loginuid: { readonly val: u32 };
    readonly cgroups: css_set;
  }
  export interface tty_driver {
    readonly major: i32;
    readonly minor_start: i32;
    readonly flags: u64;
  }
  export interface tty_struct {
    readonly index: i32;
    readonly driver: tty_driver;
    readonly flags: u64;
  }
}
