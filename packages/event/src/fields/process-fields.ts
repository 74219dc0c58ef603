import { readFieldTable, type Field } from "./field.ts";

/** Fields of the process and thread that an event belongs to, and of its ancestors. */
export const PROCESS_FIELDS: readonly Field[] = readFieldTable(
  "process",
  `
  proc.exe text: First argument (argv[0]) of the process.
  proc.pexe text: First argument of the parent.
  proc.aexe[?index] text: First argument of an ancestor; without index any of them.
  proc.exepath text: Path of the executable, links resolved.
  proc.pexepath text: Path of the parent's executable.
  proc.aexepath[?index] text: Path of an ancestor's executable; without index any of them.
  proc.name text: Name of the process as the kernel keeps it, at most 15 characters.
  proc.pname text: Name of the parent.
  proc.aname[?index] text: Name of an ancestor; 0 is the process, 1 the parent; without index any of them.
  proc.args[?index] text: Arguments after the first; with an index one of them.
  proc.aargs[?index] text: Arguments of an ancestor; without index of any of them.
  proc.cmdline text: Name and arguments.
  proc.pcmdline text: Name and arguments of the parent.
  proc.acmdline[?index] text: Name and arguments of an ancestor; without index of any of them.
  proc.cmdnargs uint64: Number of arguments after the first.
  proc.cmdlenargs uint64: Length of the arguments in characters, blanks between them not counted.
  proc.exeline text: First argument and the others.
  proc.env[?key] text: Environment; with a name the value of one variable.
  proc.aenv[?index-or-key] text: Environment of an ancestor, or a variable of any of them.
  proc.cwd text: Working directory.
  proc.loginshellid int64: Id of the oldest shell among the ancestors.
  proc.tty uint32: Number of the controlling terminal; 0 is none.
  proc.pid int64: Process id.
  proc.ppid int64: Process id of the parent.
  proc.apid[?index] int64: Process id of an ancestor; without index of any of them.
  proc.vpid int64: Process id as seen inside its pid namespace.
  proc.pvpid int64: Process id of the parent as seen inside its pid namespace.
  proc.sid int64: Session id.
  proc.sname text: Name of the session's leader.
  proc.sid.exe text: First argument of the session's leader.
  proc.sid.exepath text: Path of the executable of the session's leader.
  proc.vpgid int64: Process group id as seen inside its pid namespace.
  proc.vpgid.name text: Name of the leader of that group.
  proc.vpgid.exe text: First argument of the leader of that group.
  proc.vpgid.exepath text: Path of the executable of the leader of that group.
  proc.pgid int64: Process group id as seen on the host.
  proc.pgid.name text: Name of the leader of that group.
  proc.pgid.exe text: First argument of the leader of that group.
  proc.pgid.exepath text: Path of the executable of the leader of that group.
  proc.duration reltime: Nanoseconds since the process started.
  proc.ppid.duration reltime: Nanoseconds since the parent started.
  proc.pid.ts reltime: When the process started, nanoseconds since 1970.
  proc.ppid.ts reltime: When the parent started, nanoseconds since 1970.
  proc.is_exe_writable bool: Whether the user who runs it may write the executable.
  proc.is_exe_upper_layer bool: Whether the executable lies in a container's own layer.
  proc.is_exe_lower_layer bool: Whether the executable lies in a layer of the container's image.
  proc.is_exe_from_memfd bool: Whether the executable lies in memory only.
  proc.is_sid_leader bool: Whether the process leads its session.
  proc.is_vpgid_leader bool: Whether the process leads its group, as seen in its pid namespace.
  proc.is_pgid_leader bool: Whether the process leads its group, as seen on the host.
  proc.exe_ino int64: Inode of the executable.
  proc.exe_ino.ctime abstime: When the executable's inode changed last.
  proc.exe_ino.mtime abstime: When the executable was written last.
  proc.exe_ino.ctime_duration_proc_start abstime: Nanoseconds from the inode's change to the start of the process.
  proc.exe_ino.ctime_duration_pidns_start abstime: Nanoseconds from the inode's change to the start of the pid namespace.
  proc.pidns_init_start_ts uint64: When the pid namespace started, nanoseconds since 1970.
  thread.cap_permitted text: Capabilities that the thread may use.
  thread.cap_inheritable text: Capabilities that it hands on.
  thread.cap_effective text: Capabilities that it uses.
  proc.fdopencount uint64: Number of open file descriptors.
  proc.fdlimit int64: Highest number of file descriptors allowed.
  proc.fdusage double: Share of that limit that is used, in percent.
  proc.vmsize uint64: Size of the address space in KiB.
  proc.vmrss uint64: Memory in use in KiB.
  proc.vmswap uint64: Swapped memory in KiB.
  thread.pfmajor uint64: Page faults that needed a disk, since the start.
  thread.pfminor uint64: Page faults that needed none, since the start.
  thread.tid int64: Thread id.
  thread.ismain bool: Whether it is the process's first thread.
  thread.vtid int64: Thread id as seen inside its pid namespace.
  thread.exectime reltime: Processor time of the last stretch, in nanoseconds.
  thread.totexectime reltime: Processor time of the thread so far, in nanoseconds.
  thread.cgroups text: All control groups of the thread.
  thread.cgroup[key] text: Control group of one controller.
  proc.nthreads uint64: Number of threads of the process.
  proc.nchilds uint64: Number of other threads of the process.
  thread.cpu double: Processor use of the last second, in percent.
  thread.cpu.user double: The part of it spent in programs.
  thread.cpu.system double: The part of it spent in the kernel.
  thread.vmsize uint64: Address space in KiB, counted once per process, at its first thread.
  thread.vmrss uint64: Memory in use in KiB, counted once per process, at its first thread.
  proc.stdin.type text: What standard input is, in words as fd.type has them.
  proc.stdout.type text: What standard output is.
  proc.stderr.type text: What standard error is.
  proc.stdin.name text: Name of standard input, as fd.name has it.
  proc.stdout.name text: Name of standard output.
  proc.stderr.name text: Name of standard error.
`,
);
