/**
 * How old events become current ones, one step a line: the event and its number of parameters, what to do, and what of.
 * `store` keeps it for the exit of the same thread and drops it, `pass` lets it through, `append` adds parameters,
 * `retype` makes another event. Sources of parameters: `o3` and `o3..7` of the event itself, `e1` of the kept enter event
 * (then its default when there is none, empty with `?`), `0` the default of the parameter's type, `-` and `-*3` empty,
 * `j?` the container as JSON. Facts of the scap converter of falcosecurity/libs 0.25.4.
 */
export const CONVERSION_TABLE = `
generic_e 2 store
generic_x 1 append = e1?
syscall_open_e 0 append = -*3
syscall_open_e 3 pass
syscall_open_x 4 append = -
syscall_open_x 5 append = -
syscall_close_e 1 store
syscall_close_x 1 append = e0
syscall_read_e 2 store
syscall_read_x 2 append = e0 e1
syscall_write_e 2 store
syscall_write_x 2 append = e0 e1
syscall_brk_1_e 1 store
syscall_brk_1_x 1 retype syscall_brk_4_x o0 e0? -*3
syscall_execve_8_e 0 retype syscall_execve_13_e
syscall_execve_8_x 8 retype syscall_execve_13_x o0..7 -*5
syscall_clone_11_x 11 retype syscall_clone_16_x o0..7 -*5 o8..10
procexit_e 0 retype procexit_1_e -*5
socket_socket_e 3 store
socket_socket_x 1 append = e0 e1 e2
socket_socket_x 4 append = 0
socket_bind_e 1 store
socket_bind_x 2 append = e0
socket_connect_e 1 append = 0
socket_connect_e 2 store+pass
socket_connect_x 2 append = e0
socket_connect_x 3 append = e1
socket_listen_e 2 store
socket_listen_x 1 append = e0 e1
socket_accept_x 3 retype socket_accept_5_x o0..2 0 0
socket_send_e 2 store
socket_send_x 2 append = e0 e1 0
socket_sendto_e 3 store
socket_sendto_x 2 append = e0 e1 e2
socket_recv_e 2 store
socket_recv_x 2 append = e0 e1 0
socket_recvfrom_e 2 store
socket_recvfrom_x 3 append = e0 e1
socket_shutdown_e 2 store
socket_shutdown_x 1 append = e0 e1
socket_socketpair_e 3 store
socket_socketpair_x 5 append = e0 e1 e2
socket_sendmsg_e 3 store
socket_sendmsg_x 2 append = e0 e1 e2
socket_sendmmsg_x 0 append = 0 -*4
socket_recvmsg_e 1 store
socket_recvmsg_x 4 append = 0
socket_recvmsg_x 5 append = e0
socket_recvmmsg_x 0 append = 0 -*5
socket_accept4_e 1 store
socket_accept4_x 3 retype socket_accept4_6_x o0..2 0 0 e0
syscall_creat_e 0 append = -*2
syscall_creat_e 2 pass
syscall_creat_x 3 append = -
syscall_creat_x 4 append = -
syscall_creat_x 5 append = -
syscall_eventfd_e 2 store
syscall_eventfd_x 1 append = e0 e1
syscall_futex_e 3 store
syscall_futex_x 1 append = e0 e1 e2
syscall_fstat_e 1 store
syscall_fstat_x 1 append = e0
syscall_epollwait_e 1 store
syscall_epollwait_x 1 append = e0
syscall_poll_e 2 store
syscall_poll_x 2 append = e1
syscall_newselect_x 1 retype syscall_select_x o0
syscall_lseek_e 3 store
syscall_lseek_x 1 append = e0 e1 e2
syscall_llseek_e 3 store
syscall_llseek_x 1 append = e0 e1 e2
syscall_ioctl_2_e 2 store
syscall_ioctl_2_x 1 retype syscall_ioctl_3_x o0 e0? e1? -
syscall_fchdir_e 1 store
syscall_fchdir_x 1 append = e0?
syscall_mkdir_e 2 store
syscall_mkdir_x 1 retype syscall_mkdir_2_x o0 e0? e1?
syscall_rmdir_e 1 store
syscall_rmdir_x 1 retype syscall_rmdir_2_x o0 e0?
syscall_openat_e 4 store
syscall_openat_x 1 retype syscall_openat_2_x o0 e0? e1? e2? e3? -*2
syscall_link_e 2 store
syscall_link_x 1 retype syscall_link_2_x o0 e0? e1?
syscall_linkat_e 4 store
syscall_linkat_x 1 retype syscall_linkat_2_x o0 e0? e1? e2? e3? -
syscall_unlink_e 1 store
syscall_unlink_x 1 retype syscall_unlink_2_x o0 e0?
syscall_unlinkat_e 2 store
syscall_unlinkat_x 1 retype syscall_unlinkat_2_x o0 e0? e1? -
syscall_pread_e 3 store
syscall_pread_x 2 append = e0 e1 e2
syscall_pwrite_e 3 store
syscall_pwrite_x 2 append = e0 e1 e2
syscall_readv_e 1 store
syscall_readv_x 3 append = e0
syscall_writev_e 2 store
syscall_writev_x 2 append = e0 e1
syscall_preadv_e 2 store
syscall_preadv_x 3 append = e0 e1
syscall_pwritev_e 3 store
syscall_pwritev_x 2 append = e0 e1 e2
syscall_dup_e 1 store
syscall_dup_x 1 retype syscall_dup_1_x o0 e0?
syscall_signalfd_e 3 store
syscall_signalfd_x 1 append = e0 e1 e2
syscall_kill_e 2 store
syscall_kill_x 1 append = e0 e1
syscall_tkill_e 2 store
syscall_tkill_x 1 append = e0 e1
syscall_tgkill_e 3 store
syscall_tgkill_x 1 append = e0 e1 e2
syscall_nanosleep_e 1 store
syscall_nanosleep_x 1 append = e0
syscall_timerfd_create_e 2 store
syscall_timerfd_create_x 1 append = e0 e1
syscall_inotify_init_e 1 store
syscall_inotify_init_x 1 append = e0
syscall_getrlimit_e 1 store
syscall_getrlimit_x 3 append = e0
syscall_setrlimit_e 1 store
syscall_setrlimit_x 3 append = e0
syscall_prlimit_e 2 store
syscall_prlimit_x 5 append = e0? e1?
schedswitch_1_e 1 retype schedswitch_6_e o0 -*5
syscall_fcntl_e 2 store
syscall_fcntl_x 1 append = e0 e1
syscall_fcntl_x 3 append = 0
syscall_execve_13_e 0 retype syscall_execve_14_e
syscall_execve_13_x 13 retype syscall_execve_14_x o0..12 -
syscall_clone_16_x 16 retype syscall_clone_17_x o0..12 - o13..15
syscall_brk_4_e 1 store
syscall_brk_4_x 4 append = e0?
syscall_mmap_e 6 store
syscall_mmap_x 4 append = e0 e1 e2 e3 e4 e5
syscall_mmap2_e 6 store
syscall_mmap2_x 4 append = e0 e1 e2 e3 e4 e5
syscall_munmap_e 2 store
syscall_munmap_x 4 append = e0 e1
syscall_splice_e 4 store
syscall_splice_x 1 append = e0 e1 e2 e3
syscall_ptrace_e 2 store
syscall_ptrace_x 0 append = -*3
syscall_ptrace_x 3 append = e0? e1?
syscall_ioctl_3_e 3 store
syscall_ioctl_3_x 1 append = e0 e1 e2
syscall_execve_14_e 0 retype syscall_execve_15_e
syscall_execve_14_x 14 retype syscall_execve_15_x o0..12 - o13
syscall_fork_x 16 retype syscall_fork_17_x o0..12 - o13..15
syscall_vfork_x 16 retype syscall_vfork_17_x o0..12 - o13..15
syscall_sendfile_e 4 store
syscall_sendfile_x 2 append = e0 e1 e3
syscall_quotactl_e 4 store
syscall_quotactl_x 14 append = e0 e1 e2 e3
syscall_setresuid_e 3 store
syscall_setresuid_x 1 append = e0? e1? e2?
syscall_setresgid_e 3 store
syscall_setresgid_x 1 append = e0? e1? e2?
syscall_setuid_e 1 store
syscall_setuid_x 1 append = e0?
syscall_setgid_e 1 store
syscall_setgid_x 1 append = e0?
syscall_execve_15_e 0 retype syscall_execve_16_e
syscall_execve_15_x 15 retype syscall_execve_16_x o0..13 - o14
syscall_clone_17_x 17 retype syscall_clone_20_x o0..13 - o14..16 -*2
syscall_fork_17_x 17 retype syscall_fork_20_x o0..13 - o14..16 -*2
syscall_vfork_17_x 17 retype syscall_vfork_20_x o0..13 - o14..16 -*2
syscall_clone_20_x 20 append = -
syscall_fork_20_x 20 append = -
syscall_vfork_20_x 20 append = -
container_e 4 retype container_json_e j?
syscall_execve_16_e 0 retype syscall_execve_17_e
syscall_execve_16_x 16 retype syscall_execve_17_x o0..15 -
syscall_getdents_e 1 store
syscall_getdents_x 1 append = e0
syscall_getdents64_e 1 store
syscall_getdents64_x 1 append = e0
syscall_setns_e 2 store
syscall_setns_x 1 append = e0? e1?
syscall_flock_e 2 store
syscall_flock_x 1 append = e0 e1
socket_accept4_5_e 1 store
socket_accept4_5_x 5 retype socket_accept4_6_x o0..4 e0
syscall_semop_e 1 store
syscall_semop_x 8 append = e0
syscall_semctl_e 4 store
syscall_semctl_x 1 append = e0 e1 e2 e3
syscall_ppoll_e 3 store
syscall_ppoll_x 2 append = e1 e2
syscall_mount_e 1 store
syscall_mount_x 4 append = e0
syscall_umount_x 2 retype syscall_umount_1_x o0..1
syscall_semget_e 3 store
syscall_semget_x 1 append = e0 e1 e2
syscall_access_e 1 store
syscall_access_x 2 append = e0
container_json_e 1 retype container_json_2_e o0
syscall_mkdir_2_e 1 store
syscall_mkdir_2_x 2 append = e0?
syscall_execve_17_e 0 retype syscall_execve_18_e -
syscall_execve_17_x 17 retype syscall_execve_18_x o0..16
syscall_unshare_e 1 store
syscall_unshare_x 1 append = e0
syscall_execve_18_e 1 retype syscall_execve_19_e o0
syscall_execve_18_x 17 retype syscall_execve_19_x o0..16 -
syscall_execve_19_e 1 store+pass
syscall_execve_19_x 18 append = -
syscall_execve_19_x 19 append = -
syscall_execve_19_x 20 append = -*3
syscall_execve_19_x 23 append = -*3
syscall_execve_19_x 26 append = -
syscall_execve_19_x 27 append = -
syscall_execve_19_x 28 append = -
syscall_execve_19_x 29 append = -
syscall_execve_19_x 30 append = e0?
syscall_setpgid_e 2 store
syscall_setpgid_x 1 append = e0? e1?
syscall_bpf_e 1 store
syscall_bpf_x 1 retype syscall_bpf_2_x o0 e0?
syscall_seccomp_e 1 append = 0
syscall_seccomp_e 2 store
syscall_seccomp_x 1 append = e0 e1
syscall_openat_2_e 0 append = -*4
syscall_openat_2_e 4 pass
syscall_openat_2_x 5 append = -
syscall_openat_2_x 6 append = -
syscall_openat2_e 0 append = -*5
syscall_openat2_e 5 pass
syscall_openat2_x 6 append = -*2
syscall_mprotect_e 3 store
syscall_mprotect_x 1 append = e0 e1 e2
syscall_execveat_e 3 pass
syscall_execveat_x 19 append = -
syscall_execveat_x 20 append = -*3
syscall_execveat_x 23 append = -*3
syscall_execveat_x 26 append = -
syscall_execveat_x 27 append = -
syscall_execveat_x 28 append = -
syscall_execveat_x 29 append = -
syscall_copy_file_range_e 3 store
syscall_copy_file_range_x 3 append = e0 e1 e2
syscall_clone3_x 20 append = -
syscall_epoll_create_e 1 store
syscall_epoll_create_x 1 append = e0
syscall_epoll_create1_e 1 store
syscall_epoll_create1_x 1 append = e0
socket_accept4_6_e 1 store
socket_accept4_6_x 5 append = e0
syscall_umount2_e 1 store
syscall_umount2_x 2 append = e0
syscall_eventfd2_e 1 store
syscall_eventfd2_x 2 append = e0
syscall_signalfd4_e 2 store
syscall_signalfd4_x 2 append = e0 e1
`;
