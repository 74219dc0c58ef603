import { systemCallName } from "@ocelli/event";

import { NUMBER_NAMES } from "./flag-sets.ts";

/** What a parameter is, which says how it is read and printed. */
export type ParameterFormat =
  | "fd"
  | "result"
  | "pid"
  | "uid"
  | "gid"
  | "int"
  | "uint"
  | "hex"
  | "octal"
  | "path"
  | "text"
  | "texts"
  | "address"
  | "names";

/** A parameter of a system call. */
export interface CallParameter {
  readonly name: string;
  readonly format: ParameterFormat;
  /** The argument that holds it, from 0; `undefined` for the result. */
  readonly argument: number | undefined;
  /** In bytes, where the argument points to a struct and this is a member of it. */
  readonly member?: { readonly offset: number; readonly size: 4 | 8 };
  /** Which names its numbers have. */
  readonly names?: string;
}

/** A system call with parameters that have names. */
export interface CallDescription {
  readonly name: string;
  /** The call's number on x86-64. */
  readonly number: number;
  readonly parameters: readonly CallParameter[];
}

// name: parameter=place:format …
//   place   res, or the argument 0 to 5; 2.8 is the member at byte 8 of the struct that argument 2 points to, 2.8w one of 4 bytes
//   format  one of ParameterFormat, or the name of a set of NUMBER_NAMES
// Names and order are those of the exit events that Falco and sysdig share (driver/event_table.c of falcosecurity/libs 0.25).
const TABLE = `
open: fd=res:fd name=0:path flags=1:open mode=2:octal
openat: fd=res:fd dirfd=0:fd name=1:path flags=2:open mode=3:octal
openat2: fd=res:fd dirfd=0:fd name=1:path flags=2.0:open mode=2.8:octal resolve=2.16:resolve
creat: fd=res:fd name=0:path mode=1:octal
close: res=res:result fd=0:fd
execve: res=res:result filename=0:path args=1:texts
execveat: res=res:result dirfd=0:fd pathname=1:path args=2:texts flags=4:at
socket: fd=res:fd domain=0:domain type=1:int proto=2:int
socketpair: res=res:result fd1=3.0w:fd fd2=3.4w:fd domain=0:domain type=1:int proto=2:int
connect: res=res:result fd=0:fd addr=1:address
bind: res=res:result addr=1:address fd=0:fd
listen: res=res:result fd=0:fd backlog=1:int
accept: fd=res:fd addr=1:address listener=0:fd
accept4: fd=res:fd addr=1:address flags=3:int listener=0:fd
shutdown: res=res:result fd=0:fd how=1:shutdown
sendto: res=res:result fd=0:fd size=2:uint addr=4:address
dup: res=res:fd oldfd=0:fd
dup2: res=res:fd oldfd=0:fd newfd=1:fd
dup3: res=res:fd oldfd=0:fd newfd=1:fd flags=2:open
pipe: res=res:result fd1=0.0w:fd fd2=0.4w:fd
pipe2: res=res:result fd1=0.0w:fd fd2=0.4w:fd flags=1:open
fcntl: res=res:fd fd=0:fd cmd=1:int arg=2:uint
fork: res=res:pid
vfork: res=res:pid
clone: res=res:pid flags=0:clone
clone3: res=res:pid flags=0.0:clone
kill: res=res:result pid=0:pid sig=1:signal
tkill: res=res:result tid=0:pid sig=1:signal
tgkill: res=res:result pid=0:pid tid=1:pid sig=2:signal
unlink: res=res:result path=0:path
unlinkat: res=res:result dirfd=0:fd name=1:path flags=2:at
rmdir: res=res:result path=0:path
rename: res=res:result oldpath=0:path newpath=1:path
renameat: res=res:result olddirfd=0:fd oldpath=1:path newdirfd=2:fd newpath=3:path
renameat2: res=res:result olddirfd=0:fd oldpath=1:path newdirfd=2:fd newpath=3:path flags=4:rename
link: res=res:result oldpath=0:path newpath=1:path
linkat: res=res:result olddir=0:fd oldpath=1:path newdir=2:fd newpath=3:path flags=4:at
symlink: res=res:result target=0:text linkpath=1:path
symlinkat: res=res:result target=0:text linkdirfd=1:fd linkpath=2:path
mkdir: res=res:result path=0:path mode=1:octal
mkdirat: res=res:result dirfd=0:fd path=1:path mode=2:octal
mknod: res=res:result path=0:path mode=1:octal dev=2:hex
mknodat: res=res:result dirfd=0:fd path=1:path mode=2:octal dev=3:hex
chmod: res=res:result filename=0:path mode=1:octal
fchmod: res=res:result fd=0:fd mode=1:octal
fchmodat: res=res:result dirfd=0:fd filename=1:path mode=2:octal
chown: res=res:result path=0:path uid=1:uid gid=2:gid
lchown: res=res:result path=0:path uid=1:uid gid=2:gid
fchown: res=res:result fd=0:fd uid=1:uid gid=2:gid
fchownat: res=res:result dirfd=0:fd pathname=1:path uid=2:uid gid=3:gid flags=4:at
access: res=res:result name=0:path mode=1:access
truncate: res=res:result path=0:path length=1:int
chdir: res=res:result path=0:path
fchdir: res=res:result fd=0:fd
chroot: res=res:result path=0:path
pivot_root: res=res:result newroot=0:path oldroot=1:path
setuid: res=res:result uid=0:uid
setgid: res=res:result gid=0:gid
setreuid: res=res:result ruid=0:uid euid=1:uid
setregid: res=res:result rgid=0:gid egid=1:gid
setresuid: res=res:result ruid=0:uid euid=1:uid suid=2:uid
setresgid: res=res:result rgid=0:gid egid=1:gid sgid=2:gid
setfsuid: res=res:uid uid=0:uid
setfsgid: res=res:gid gid=0:gid
setsid: res=res:pid
setpgid: res=res:result pid=0:pid pgid=1:pid
setns: res=res:result fd=0:fd nstype=1:clone
unshare: res=res:result flags=0:clone
ptrace: res=res:result request=0:ptrace pid=1:pid addr=2:hex data=3:hex
prctl: res=res:result option=0:prctl arg2=1:hex
seccomp: res=res:result op=0:int flags=1:hex
mount: res=res:result dev=0:text dir=1:path type=2:text flags=3:mount
umount2: res=res:result name=0:path flags=1:umount
swapon: res=res:result path=0:path flags=1:hex
init_module: res=res:result img=0:hex length=1:uint uargs=2:text
finit_module: res=res:result fd=0:fd uargs=1:text flags=2:module
delete_module: res=res:result name=0:text flags=1:open
kexec_load: res=res:result entry=0:hex segments=1:uint flags=3:hex
bpf: fd=res:fd cmd=0:bpf
perf_event_open: fd=res:fd pid=1:pid cpu=2:int group=3:fd flags=4:hex
memfd_create: fd=res:fd name=0:text flags=1:memfd
mmap: res=res:hex addr=0:hex length=1:uint prot=2:prot flags=3:map fd=4:fd offset=5:uint
mprotect: res=res:result addr=0:hex length=1:uint prot=2:prot
userfaultfd: res=res:fd flags=0:open
io_uring_setup: res=res:fd entries=0:uint flags=1.8w:hex
io_uring_register: res=res:result fd=0:fd opcode=1:int nr_args=3:uint
process_vm_readv: res=res:int pid=0:pid
process_vm_writev: res=res:int pid=0:pid
pidfd_open: fd=res:fd pid=0:pid flags=1:hex
pidfd_getfd: fd=res:fd pid_fd=0:fd target_fd=1:fd flags=2:hex
pidfd_send_signal: res=res:result fd=0:fd sig=1:signal
open_by_handle_at: fd=res:fd mountfd=0:fd flags=2:open
name_to_handle_at: res=res:result dirfd=0:fd path=1:path
open_tree: fd=res:fd dirfd=0:fd path=1:path flags=2:hex
move_mount: res=res:result olddirfd=0:fd oldpath=1:path newdirfd=2:fd newpath=3:path flags=4:hex
fsopen: fd=res:fd type=0:text flags=1:hex
fsmount: fd=res:fd fsfd=0:fd flags=1:hex attrs=2:hex
mount_setattr: res=res:result dirfd=0:fd path=1:path flags=2:at
setxattr: res=res:result path=0:path name=1:text size=3:uint flags=4:hex
removexattr: res=res:result path=0:path name=1:text
sethostname: res=res:result name=0:text length=1:uint
setdomainname: res=res:result name=0:text length=1:uint
add_key: res=res:int type=0:text description=1:text size=3:uint keyring=4:int
request_key: res=res:int type=0:text description=1:text callout=2:text keyring=3:int
keyctl: res=res:int operation=0:int
capset: res=res:result header=0:hex data=1:hex
acct: res=res:result path=0:path
settimeofday: res=res:result tv=0:hex
clock_settime: res=res:result clockid=0:int
reboot: res=res:result magic=0:hex magic2=1:hex cmd=2:hex
syslog: res=res:int type=0:int size=2:uint
utimensat: res=res:result dirfd=0:fd path=1:path flags=3:at
inotify_add_watch: fd=res:fd listener=0:fd path=1:path mask=2:hex
fanotify_mark: res=res:result fd=0:fd flags=1:hex mask=2:hex dirfd=3:fd path=4:path
`;

const MOST_CALLS = 512;

const NUMBERS: ReadonlyMap<string, number> = new Map(
  Array.from({ length: MOST_CALLS }, (_, number) => [systemCallName(number, "x64"), number]),
);

/** The calls whose parameters have names, by the call's name. */
export const CALLS: ReadonlyMap<string, CallDescription> = readTable(TABLE);

const BY_NUMBER: readonly (CallDescription | undefined)[] = Array.from(
  { length: MOST_CALLS },
  (_, number) => CALLS.get(systemCallName(number, "x64")),
);

/** The call of that number on x86-64, if its parameters have names. */
export function callByNumber(number: number): CallDescription | undefined {
  return BY_NUMBER[number];
}

/** A call's number on x86-64 by its name; undefined for a name that no call has. */
export function callNumber(name: string): number | undefined {
  return NUMBERS.get(name);
}

function readTable(table: string): ReadonlyMap<string, CallDescription> {
  const calls = new Map<string, CallDescription>();
  for (const line of table.split("\n")) {
    const [, name, rest] = /^(\w+): (.+)$/.exec(line) ?? [];
    if (name === undefined || rest === undefined) continue;
    const number = NUMBERS.get(name);
    if (number === undefined) throw new SyntaxError(`Cannot find the number of the call "${name}"`);
    calls.set(name, { name, number, parameters: rest.split(" ").map(readParameter) });
  }
  return calls;
}

function readParameter(text: string): CallParameter {
  const match = /^(\w+)=(res|\d)(?:\.(\d+)(w?))?:(\w+)$/.exec(text);
  const [, name = "", place = "", offset, narrow, format = ""] = match ?? [];
  if (match === null) throw new SyntaxError(`Cannot read the parameter "${text}"`);
  const names = NUMBER_NAMES[format] === undefined ? undefined : format;
  return {
    name,
    // The test of the table holds every format against the list.
    format: names === undefined ? (format as ParameterFormat) : "names",
    argument: place === "res" ? undefined : Number(place),
    ...(names === undefined ? {} : { names }),
    ...(offset === undefined
      ? {}
      : { member: { offset: Number(offset), size: narrow === "w" ? 4 : 8 } as const }),
  };
}
