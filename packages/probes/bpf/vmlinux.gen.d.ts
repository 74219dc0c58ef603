// Written by `ocelli btf types`: the hooks and the kernel types that the sources beside it name.
import type { Addr, CharBuf, be16, be32, i16, i32, i64, u16, u32, u64, u8 } from "@ocelli/compiler";
import type { dentry, file, hlist_head, linux_binprm, mount, pt_regs, socket, task_struct, vfsmount } from "@ocelli/compiler/vmlinux";

declare module "@ocelli/compiler/hooks" {
  interface BtfTracepoints {
    sched_process_exec: (arg0: task_struct, arg1: i32, arg2: linux_binprm) => void;
    sched_process_exit: (arg0: task_struct, arg1: boolean) => void;
    sched_process_fork: (arg0: task_struct, arg1: task_struct) => void;
    sys_exit: (arg0: pt_regs, arg1: i64) => void;
  }
  interface KernelStructs {
    dentry: dentry;
    file: file;
    hlist_head: hlist_head;
    mount: mount;
    socket: socket;
    vfsmount: vfsmount;
  }
}

declare module "@ocelli/compiler/vmlinux" {
  export interface cgroup {
    readonly flags: u64;
    readonly kn: kernfs_node;
    readonly root: cgroup_root;
  }
  export interface cgroup_root {
    readonly flags: u32;
    readonly name: CharBuf<64>;
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
  export interface dentry {
    readonly d_parent: dentry;
    readonly d_name: qstr;
  }
  export interface fdtable {
    readonly max_fds: u32;
    readonly fd: Addr;
  }
  export interface file {
    readonly private_data: Addr;
    readonly f_inode: inode;
    readonly f_path: path;
  }
  export interface files_struct {
    readonly fdt: fdtable;
  }
  export interface fs_struct {
    readonly root: path;
    readonly pwd: path;
  }
  export interface hlist_head {
    readonly first: hlist_node;
  }
  export interface hlist_node {}
  export interface in6_addr {}
  export interface inode {
    readonly i_mode: u16;
    readonly i_sb: super_block;
    readonly i_ino: u64;
    readonly i_nlink: u32;
  }
  export interface kernfs_node {
    readonly name: Addr<"char">;
    readonly flags: u16;
    readonly mode: u16;
    readonly id: u64;
  }
  export interface linux_binprm {
    readonly mm: mm_struct;
    readonly file: file;
    readonly cred: cred;
    readonly filename: Addr<"char">;
  }
  export interface mm_struct {
    readonly arg_start: u64;
    readonly arg_end: u64;
    readonly env_start: u64;
    readonly env_end: u64;
    readonly flags: {  };
    readonly exe_file: file;
  }
  export interface mount {
    readonly mnt_parent: mount;
    readonly mnt_mountpoint: dentry;
    readonly mnt: vfsmount;
  }
  export interface path {
    readonly mnt: vfsmount;
    readonly dentry: dentry;
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
  export interface qstr {
    readonly name: Addr<"char">;
  }
  export interface signal_struct {
    readonly live: { readonly counter: i32 };
    readonly group_exit_code: i32;
    readonly flags: u32;
    readonly tty: tty_struct;
  }
  export interface sock {
    readonly __sk_common: sock_common;
    readonly sk_protocol: u16;
  }
  export interface sock_common {
    readonly skc_daddr: be32;
    readonly skc_rcv_saddr: be32;
    readonly skc_dport: be16;
    readonly skc_num: u16;
    readonly skc_family: u16;
    readonly skc_state: u8;
    readonly skc_v6_daddr: in6_addr;
    readonly skc_v6_rcv_saddr: in6_addr;
  }
  export interface socket {
    readonly state: u32;
    readonly type: i16;
    readonly flags: u64;
    readonly file: file;
    readonly sk: sock;
  }
  export interface super_block {
    readonly s_dev: u32;
  }
  export interface task_struct {
    readonly thread_info: thread_info;
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
    readonly fs: fs_struct;
    readonly files: files_struct;
    readonly signal: signal_struct;
    readonly loginuid: { readonly val: u32 };
    readonly cgroups: css_set;
  }
  export interface thread_info {
    readonly flags: u64;
    readonly status: u32;
    readonly cpu: u32;
  }
  export interface tty_driver {
    readonly name: Addr<"char">;
    readonly major: i32;
    readonly minor_start: i32;
    readonly type: u32;
    readonly flags: u64;
  }
  export interface tty_struct {
    readonly index: i32;
    readonly driver: tty_driver;
    readonly name: CharBuf<64>;
    readonly flags: u64;
  }
  export interface vfsmount {
    readonly mnt_root: dentry;
  }
}
