import { EVENT_FLAG, EVENTS, eventId, isExit } from "../events/event-table.ts";

// Where exits carry the descriptor that they are about.
const BY_INDEX: Readonly<Record<number, string>> = {
  1: `syscall_setns_x socket_listen_x socket_shutdown_x syscall_fchdir_x syscall_lseek_x syscall_llseek_x
    syscall_ioctl_3_x syscall_fstat_x syscall_close_x syscall_getdents_x syscall_getdents64_x syscall_flock_x
    syscall_copy_file_range_x syscall_fcntl_x syscall_dup_1_x syscall_dup2_x syscall_dup3_x syscall_newfstatat_x
    syscall_fchownat_x syscall_fchmodat_x syscall_mkdirat_x syscall_unlinkat_2_x syscall_mknodat_x socket_sendmmsg_x
    socket_recvmmsg_x syscall_io_uring_register_x syscall_io_uring_enter_x socket_setsockopt_x socket_getsockopt_x
    syscall_fsconfig_x syscall_finit_module_x syscall_fchmod_x syscall_fchown_x`,
  2: `syscall_read_x syscall_pread_x socket_bind_x syscall_write_x syscall_pwrite_x socket_recv_x socket_send_x
    socket_sendto_x socket_sendmsg_x syscall_sendfile_x syscall_splice_x syscall_writev_x syscall_pwritev_x
    socket_connect_x syscall_symlinkat_x`,
  3: "socket_recvfrom_x syscall_readv_x syscall_preadv_x",
  5: "socket_recvmsg_x",
  8: "syscall_mmap_x syscall_mmap2_x",
};

const LOCATIONS = Int8Array.from(EVENTS, ({ id, flags }) =>
  isExit(id) || (flags & EVENT_FLAG.usesFd) === 0 ? -1 : 0,
);
for (const [index, symbols] of Object.entries(BY_INDEX))
  for (const symbol of symbols.split(/\s+/)) LOCATIONS[eventId(symbol)] = Number(index);

/** The parameter of an event that is the descriptor it is about; -1 when there is none. */
export function fdLocation(type: number): number {
  return LOCATIONS[type] ?? -1;
}
