import { ARM64_SYSTEM_CALLS, X64_SYSTEM_CALLS } from "../system-calls.gen.ts";

// Events that carry parameters of their own, in alphabetical order. The names are those of the event table that Falco
// and sysdig share (driver/event_table.c of falcosecurity/libs 0.25); `syscall` stands for every other system call.
const OWN_EVENTS: ReadonlySet<string> = words(`
  accept accept4 access asyncevent bind bpf brk capset chdir chmod chown chroot clone clone3 close
  close_range connect container copy_file_range cpu_hotplug creat delete_module drop dup dup2 dup3
  epoll_create epoll_create1 epoll_wait eventfd eventfd2 execve execveat fchdir fchmod fchmodat fchown
  fchownat fcntl finit_module flock fork fsconfig fstat fstat64 futex getcwd getdents getdents64
  getegid geteuid getgid getpeername getresgid getresuid getrlimit getsockname getsockopt getuid
  groupadded groupdeleted infra init_module inotify_init inotify_init1 io_uring_enter
  io_uring_register io_uring_setup ioctl k8s keyctl kill lchown link linkat listen llseek lseek lstat
  lstat64 memfd_create mesos mkdir mkdirat mknod mknodat mlock mlock2 mlockall mmap mmap2 mount
  mprotect munlock munlockall munmap nanosleep newfstatat notification open open_by_handle_at openat
  openat2 page_fault pidfd_getfd pidfd_open pipe pipe2 pluginevent poll ppoll prctl pread preadv
  prlimit process_vm_readv process_vm_writev procexit procinfo ptrace pwrite pwritev quotactl read
  readv recv recvfrom recvmmsg recvmsg rename renameat renameat2 rmdir scapevent seccomp select semctl
  semget semop send sendfile sendmmsg sendmsg sendto setgid setns setpgid setregid setresgid setresuid
  setreuid setrlimit setsid setsockopt setuid shutdown signaldeliver signalfd signalfd4 socket
  socketpair splice stat stat64 switch symlink symlinkat syscall task task_file_anon_inode
  task_file_directory task_file_memfd task_file_pipe task_file_regular task_file_socket_inet
  task_file_socket_inet6 task_file_socket_netlink task_file_socket_unix tgkill timerfd_create tkill
  tracer umount umount2 unlink unlinkat unshare useradded userdeleted userfaultfd vfork write writev
`);

// Names of the parameters of these events.
const PARAMETERS: ReadonlySet<string> = words(`
  ID action addr arg arg2 arg2_int arg2_str arg3 arg4 arg5 args argument argv aux backlog
  cap_effective cap_inheritable cap_permitted cgroups clockid cmd comm container_id core cpu cpu_sys
  cpu_usr cq_entries creat_flags cur cwd data desc description dev dir dirfd domain dpid
  dqb_bhardlimit dqb_bsoftlimit dqb_btime dqb_curspace dqb_ihardlimit dqb_isoftlimit dqb_itime
  dqi_bgrace dqi_flags dqi_igrace egid entries env error euid event_data event_type exe exe_ino
  exe_ino_ctime exe_ino_mtime exe_ino_num exepath fd fd1 fd2 fd_in fd_out fd_type fdin fdlimit fdout
  fds features filename first flags gid home how id image img in_fd initval ino ino_num interval ip
  json key last len length level linkdirfd linkpath local_ip local_port loginuid mask max maxevents
  min_complete mnt_id mode mountfd msgcontrol name nativeID newcur newdir newdirfd newfd newmax
  newpath next nr_args nsems nsops nstype offin offout offset oldcur olddir olddirfd oldfd oldmax
  oldpath op opcode operation option optlen optname out_fd path pathname peer pgft_maj pgft_min pgid
  pgoffset pid pid_fd pidns_init_start_ts plugin_id pos ppid prot proto ptid queuelen queuemax
  queuepct quota_fmt quota_fmt_out quotafilepath ratio reaper_tid remote_ip remote_port request res
  res_or_fd resolve resource ret rgid root ruid scope sem_flg_0 sem_flg_1 sem_num_0 sem_num_1 sem_op_0
  sem_op_1 semflg semid semnum sgid shell sid sig sigmask size sk_pointer sk_proto sk_type source
  special spid sq_entries sq_thread_cpu sq_thread_idle start_time status suid sun_path tags target
  target_fd tid timeout to_submit trusted_exepath tty tuple type uargs uid val value_bytebuf
  value_charbuf vm_rss vm_size vm_swap vpgid vpid vtgid vtid whence
`);

const SYSTEM_CALLS: ReadonlySet<string> = new Set(
  [...X64_SYSTEM_CALLS, ...ARM64_SYSTEM_CALLS].filter((name) => name !== ""),
);

/** Whether events of that name exist: those with parameters of their own, and every system call of x64 and arm64. */
export function isEventName(name: string): boolean {
  return OWN_EVENTS.has(name) || SYSTEM_CALLS.has(name);
}

/** Whether some event has a parameter of that name, as `evt.arg.NAME` asks. */
export function isEventParameter(name: string): boolean {
  return PARAMETERS.has(name);
}

/** Every name that events can have. */
export function eventNames(): readonly string[] {
  return [...new Set([...OWN_EVENTS, ...SYSTEM_CALLS])].toSorted();
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(/\s+/).filter((word) => word !== ""));
}
