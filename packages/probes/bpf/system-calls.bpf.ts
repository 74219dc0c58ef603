// Reports system calls as they return, and processes as they begin, change and end. What is reported of a call follows from
// its recipe, which user space writes: the program knows no call by name. Everything is read at the exit, so that what the
// record holds is what lay there when the kernel was done with it.
import {
  addrOf,
  array,
  arrayMap,
  be16,
  be32,
  char,
  config,
  globalFunction,
  cpu,
  currentTask,
  kernelStruct,
  readKernel,
  comm,
  ktimeNs,
  pid,
  range,
  readKernelStr,
  readUser,
  readUserAs,
  readUserStr,
  ringBuf,
  scratch,
  slice,
  struct,
  tid,
  tpBtf,
  u16,
  u32,
  u64,
  i64,
  u8,
  userPtr,
  type CharBuf,
  type Infer,
} from "@ocelli/compiler";
import type { task_struct } from "@ocelli/compiler/vmlinux";

// record, little-endian
//   0  u64     time, nanoseconds of the monotonic clock
//   8  u16     kind: 0 call, 1 exec, 2 fork, 3 exit
//  10  u16     number of the call
//  12  u16     cpu
//  14  u16     flags: 1 called by the 32-bit table, 2 a text was cut, 4 the file is that of a descriptor that was given
//  16  u32     process
//  20  u32     thread
//  24  i64     result
//  32  u64[6]  arguments as they were in the registers
//  80  u16[6]  bytes of data per argument, 0xffff when it could not be read
//  92  u16     bytes of the names that lead to the file, behind all other data
//  94  u16     unused
//  96  u64     inode of the file          104  u32  its device        108  u16  its mode, 0 when there is no file
// 110  u16     family of the socket, 0 when there is none
// 112  u16     type                       114  u16  protocol          116  u16  state, as TCP numbers them
// 118  u16     port here                  120  be16 port there        122  u16  unused
// 124  be32    address here, IPv4         128  be32 address there     132  u32  unused
// 136  u8[16]  address here, IPv6         152  u8[16] address there
// 168          data: that of the arguments in their order, then the names from the file up to the root of its process, each with a NUL
export const CallRecord = struct("call_record", {
  time: u64,
  kind: u16,
  call: u16,
  cpu: u16,
  flags: u16,
  pid: u32,
  tid: u32,
  result: i64,
  args: array(u64, 6),
  sizes: array(u16, 6),
  nameBytes: u16,
  unused: u16,
  inode: u64,
  device: u32,
  mode: u16,
  family: u16,
  type: u16,
  protocol: u16,
  state: u16,
  localPort: u16,
  remotePort: be16,
  unused2: u16,
  local4: be32,
  remote4: be32,
  unused3: u32,
  local: array(u8, 16),
  remote: array(u8, 16),
  data: char(24_576),
});

// Of a process; the first 24 bytes are those of a call.
//  24  u32  parent process         28  u32  exit code as wait(2) gives it
//  32  u32  user id                36  u32  group id
//  40  u32  effective user id      44  u32  effective group id
//  48  u32  login user id          52  u32  terminal, as a device number
//  56  u64  start, nanoseconds since boot, time in suspend counted
//  64  u64  id of the cgroup in the unified tree
//  72  u64  inode of the executable
//  80  u32  device of the executable   84  u32  links to the executable's inode
//  88  u16  bytes of path          90  u16  bytes of arguments    92  u16  bytes of environment   94  u16  unused
//  96  char[16] name
// 112       path, arguments, environment
export const ProcessRecord = struct("process_record", {
  time: u64,
  kind: u16,
  call: u16,
  cpu: u16,
  flags: u16,
  pid: u32,
  tid: u32,
  parent: u32,
  code: u32,
  uid: u32,
  gid: u32,
  euid: u32,
  egid: u32,
  loginuid: u32,
  tty: u32,
  start: u64,
  cgroup: u64,
  inode: u64,
  device: u32,
  links: u32,
  pathBytes: u16,
  argumentBytes: u16,
  environmentBytes: u16,
  unused: u16,
  comm: char(16),
  data: char(16_384),
});

/**
 * What to report of a call. `kinds` per argument: 0 nothing, 1 a string, 2 `sizes` bytes, 3 as many bytes as the next argument says, 4 as many
 * as the number that the next argument points to, 5 strings. `extra`: 0 nothing; 1 the file of the result or, when that is an error, of the
 * descriptor that is argument `of`; 2 the file of that descriptor; 3 the working directory; 4 the socket of that descriptor; 5 the socket of
 * the result. `of` is 7 where there is no descriptor.
 */
export const CallRecipe = struct("call_recipe", {
  wanted: u16,
  kinds: array(u8, 6),
  sizes: array(u16, 6),
  extra: u8,
  of: u8,
});

export const Counter = struct("counter", { emitted: u64, filtered: u64, lost: u64 });

/** Recipes by number; those of the 32-bit table of x86 behind 512. */
export const recipes = arrayMap({ value: CallRecipe, maxEntries: 1024 });
/** By number as above; 1024 to 1026 are exec, fork and exit. */
export const counters = arrayMap({ value: Counter, maxEntries: 1028, perCpu: true });
export const events = ringBuf(CallRecord, { bytes: 8 * 1024 * 1024 });

/** A process whose calls are not reported: the one that reads. */
export const self = config(u32, 0);

const callRoom = scratch(CallRecord);
const processRoom = scratch(ProcessRecord);

const TEXT = 4096;
const OFFSET_MASK = 0x3fff;
const FAILED = 0xffff;

/** Puts one argument's data behind the others; gives where the next goes. */
function add(
  record: Infer<typeof CallRecord>,
  recipe: Infer<typeof CallRecipe>,
  index: number,
  used: u32,
): u32 {
  const kind = recipe.kinds[index];
  if (kind === 0) return used;
  const address = record.args[index];
  if (address === 0n) return used;
  const from = userPtr(address);
  const room = slice(record.data, used & OFFSET_MASK, TEXT);
  let bytes: u32 = 0;
  if (kind === 1) {
    const read = readUserStr(room, from);
    if (read < 0) {
      record.sizes[index] = FAILED;
      return used;
    }
    bytes = u32(read);
    if (bytes === TEXT) record.flags = record.flags | 2;
  } else if (kind === 5) {
    bytes = strings(record, address, used);
  } else {
    bytes = u32(recipe.sizes[index]);
    if (kind === 3) bytes = u32(record.args[index + 1]);
    if (kind === 4) bytes = readUserAs(u32, userPtr(record.args[index + 1]));
    const most = u32(recipe.sizes[index]);
    if (bytes > most) bytes = most;
    if (readUser(room, from, bytes) < 0) {
      record.sizes[index] = FAILED;
      return used;
    }
  }
  record.sizes[index] = u16(bytes);
  return (used + bytes) & OFFSET_MASK;
}

/** A NULL-ended array of strings, each with its NUL; at most 64 and 4096 bytes. */
function strings(record: Infer<typeof CallRecord>, address: u64, used: u32): u32 {
  let bytes: u32 = 0;
  for (const index of range(64)) {
    const at = readUserAs(u64, userPtr(address + u64(index) * 8n));
    if (at === 0n || bytes >= TEXT - 256) break;
    const read = readUserStr(slice(record.data, (used + bytes) & OFFSET_MASK, 256), userPtr(at));
    if (read < 0) break;
    bytes = (bytes + u32(read)) & 0xfff;
  }
  return bytes;
}

const SLOTS = 1_048_576;
const EXTRA_END = 24_000;
const S_IFMT = 0xf000;
const S_IFSOCK = 0xc000;
const S_IFDIR = 0x4000;
/** arch/x86/include/asm/thread_info.h: the call came by the 32-bit table. */
const TS_COMPAT = 2;
const AF_INET = 2;
const AF_INET6 = 10;

/** A pointer that lies at an address: any struct that begins with one reads it. */
function pointerAt(address: u64): u64 {
  return addrOf(kernelStruct("hlist_head", address).first);
}

/** The `struct file` of a descriptor of this process; 0 when there is none. */
const fileOf = globalFunction((descriptor: u64): u64 => {
  const slot = u32(descriptor);
  const table = currentTask().files.fdt;
  if (slot >= SLOTS || slot >= table.max_fds) return 0n;
  return pointerAt(addrOf(table.fd) + u64(slot) * 8n);
});

/** Puts the names from a folder entry up to the root of the process behind the data; gives where the next would go. */
const names = globalFunction((start: u32, entry: u64, volume: u64): u32 => {
  const record = callRoom.get();
  if (!record) return start;
  const root = currentTask().fs.root;
  const rootEntry = addrOf(root.dentry);
  const rootVolume = addrOf(root.mnt);
  // Where a `struct mount` has its `struct vfsmount`.
  const inside = addrOf(kernelStruct("mount", 0n).mnt);
  let used: u32 = start & 0x7fff;
  let at: u64 = entry;
  let on: u64 = volume;
  for (const _ of range(48)) {
    if (at === rootEntry && on === rootVolume) break;
    const here = kernelStruct("dentry", at);
    const up = addrOf(here.d_parent);
    const top = addrOf(kernelStruct("vfsmount", on).mnt_root);
    if (at === top || at === up) {
      // The root of a file system: on with the folder that it is mounted on.
      const mount = kernelStruct("mount", on - inside);
      const parent = addrOf(mount.mnt_parent);
      if (parent === on - inside) break;
      at = addrOf(mount.mnt_mountpoint);
      on = parent + inside;
    } else {
      const read = readKernelStr(slice(record.data, used, 256), here.d_name.name);
      if (read < 0 || used >= EXTRA_END) break;
      // The same bounds on every way let the verifier follow one of them only.
      used = (used + u32(read)) & 0x7fff;
      at = up;
    }
  }
  return used;
});

/** What the kernel knows of a file. */
const describeFile = globalFunction((address: u64): u32 => {
  const record = callRoom.get();
  if (!record) return 0;
  const inode = kernelStruct("file", address).f_inode;
  record.inode = u64(inode.i_ino);
  record.device = inode.i_sb.s_dev;
  record.mode = inode.i_mode;
  return 0;
});

/** Both ends of a socket, as the kernel has them. */
const addSocket = globalFunction((address: u64): u32 => {
  const record = callRoom.get();
  if (!record) return 0;
  const file = kernelStruct("file", address);
  if ((u32(file.f_inode.i_mode) & S_IFMT) !== S_IFSOCK) return 0;
  const socket = kernelStruct("socket", file.private_data);
  const sock = socket.sk;
  if (addrOf(sock) === 0n) return 0;
  const family = sock.__sk_common.skc_family;
  record.type = u16(socket.type);
  record.protocol = u16(sock.sk_protocol);
  record.state = u16(sock.__sk_common.skc_state);
  record.localPort = sock.__sk_common.skc_num;
  record.remotePort = sock.__sk_common.skc_dport;
  if (family === AF_INET) {
    record.local4 = sock.__sk_common.skc_rcv_saddr;
    record.remote4 = sock.__sk_common.skc_daddr;
  }
  if (family === AF_INET6) {
    readKernel(record.local, sock.__sk_common.skc_v6_rcv_saddr);
    readKernel(record.remote, sock.__sk_common.skc_v6_daddr);
  }
  record.family = family;
  return 0;
});

/** The argument that a recipe names. */
function argumentOf(record: Infer<typeof CallRecord>, of: u8): u64 {
  if (of === 0) return record.args[0];
  if (of === 1) return record.args[1];
  if (of === 2) return record.args[2];
  if (of === 3) return record.args[3];
  return 0xffff_ffffn;
}

/** What the kernel itself knows; gives where data ends then. */
function addExtra(record: Infer<typeof CallRecord>, extra: u8, of: u8, used: u32): u32 {
  const succeeded = record.result >= 0n;
  let entry: u64 = 0n;
  let volume: u64 = 0n;
  if (extra === 3) {
    if (!succeeded) return used;
    const folder = currentTask().fs.pwd;
    record.mode = S_IFDIR;
    entry = addrOf(folder.dentry);
    volume = addrOf(folder.mnt);
  } else {
    const isResult = succeeded && (extra === 1 || extra === 5);
    if (extra === 5 && !succeeded) return used;
    if (extra === 1 && !succeeded) record.flags = record.flags | 4;
    const descriptor = isResult ? u64(record.result) : argumentOf(record, of);
    const address = fileOf(descriptor);
    if (address === 0n) return used;
    if (extra >= 4) {
      addSocket(address);
      return used;
    }
    describeFile(address);
    const path = kernelStruct("file", address).f_path;
    entry = addrOf(path.dentry);
    volume = addrOf(path.mnt);
  }
  return names(used, entry, volume);
}

export const onCallExit = tpBtf("sys_exit", (regs, result) => {
  // x32 programs set a bit in the numbers of this table.
  const number = u32(regs.orig_ax) & 0x3fff_ffff;
  if (number >= 512) return;
  // int 0x80 and 32-bit programs number their calls by another table.
  const isCompat = (currentTask().thread_info.status & TS_COMPAT) !== 0;
  const slot: u32 = isCompat ? number + 512 : number;
  const recipe = recipes.lookup(slot);
  const counter = counters.lookup(slot);
  if (!recipe || !counter) return;
  const process = pid();
  if (recipe.wanted === 0 || process === self.value) {
    counter.filtered += 1n;
    return;
  }
  const record = callRoom.get();
  if (!record) return;
  record.time = ktimeNs();
  record.kind = 0;
  record.call = u16(number);
  record.cpu = u16(cpu());
  record.flags = isCompat ? 1 : 0;
  record.pid = process;
  record.tid = tid();
  record.result = result;
  record.args[0] = regs.di;
  record.args[1] = regs.si;
  record.args[2] = regs.dx;
  record.args[3] = regs.r10;
  record.args[4] = regs.r8;
  record.args[5] = regs.r9;
  record.sizes[0] = 0;
  record.sizes[1] = 0;
  record.sizes[2] = 0;
  record.sizes[3] = 0;
  record.sizes[4] = 0;
  record.sizes[5] = 0;
  record.nameBytes = 0;
  record.mode = 0;
  record.family = 0;
  let used: u32 = 0;
  used = add(record, recipe, 0, used);
  used = add(record, recipe, 1, used);
  used = add(record, recipe, 2, used);
  used = add(record, recipe, 3, used);
  used = add(record, recipe, 4, used);
  const data = used;
  if (recipe.extra !== 0) used = addExtra(record, recipe.extra, recipe.of, used);
  record.nameBytes = u16(used - data);
  if (events.output(record, 168 + used)) counter.emitted += 1n;
  else counter.lost += 1n;
});

/** Who the task is, whatever happened to it. */
function describe(record: Infer<typeof ProcessRecord>, task: task_struct, kind: u16): void {
  record.time = ktimeNs();
  record.kind = kind;
  record.call = 0;
  record.cpu = u16(cpu());
  record.flags = 0;
  record.pid = u32(task.tgid);
  record.tid = u32(task.pid);
  record.parent = u32(task.real_parent.tgid);
  record.code = u32(task.exit_code);
  record.uid = task.cred.uid.val;
  record.gid = task.cred.gid.val;
  record.euid = task.cred.euid.val;
  record.egid = task.cred.egid.val;
  record.loginuid = task.loginuid.val;
  const tty = task.signal.tty;
  record.tty = (u32(tty.driver.major) << 8) | (u32(tty.index) + u32(tty.driver.minor_start));
  record.start = task.start_boottime;
  record.cgroup = task.cgroups.dfl_cgrp.kn.id;
  record.inode = 0n;
  record.device = 0;
  record.links = 0;
  record.pathBytes = 0;
  record.argumentBytes = 0;
  record.environmentBytes = 0;
  record.unused = 0;
  comm(record.comm);
}

/** The bytes between two addresses of the current process, at most 4096; gives how many there were. */
function between(room: CharBuf<4096>, first: u64, end: u64): u32 {
  if (end <= first) return 0;
  let bytes = u32(end - first);
  if (bytes > TEXT) bytes = TEXT;
  if (readUser(room, userPtr(first), bytes) < 0) return 0;
  return bytes;
}

export const onExec = tpBtf("sched_process_exec", (task, _oldPid, program) => {
  const counter = counters.lookup(1024);
  const record = processRoom.get();
  if (!counter || !record) return;
  describe(record, task, 1);
  const file = task.mm.exe_file.f_inode;
  record.inode = file.i_ino;
  record.device = file.i_sb.s_dev;
  record.links = file.i_nlink;
  const path = readKernelStr(slice(record.data, 0, TEXT), program.filename);
  let used: u32 = path < 0 ? 0 : u32(path);
  record.pathBytes = u16(used);
  const args = between(
    slice(record.data, used & OFFSET_MASK, TEXT),
    task.mm.arg_start,
    task.mm.arg_end,
  );
  record.argumentBytes = u16(args);
  used = used + args;
  const environment = between(
    slice(record.data, used & OFFSET_MASK, TEXT),
    task.mm.env_start,
    task.mm.env_end,
  );
  record.environmentBytes = u16(environment);
  used = used + environment;
  if (events.output(record, 112 + used)) counter.emitted += 1n;
  else counter.lost += 1n;
});

export const onFork = tpBtf("sched_process_fork", (_parent, child) => {
  const counter = counters.lookup(1025);
  const record = processRoom.get();
  if (!counter || !record) return;
  // Threads share what the table knows of their process.
  if (child.pid !== child.tgid) {
    counter.filtered += 1n;
    return;
  }
  describe(record, child, 2);
  if (events.output(record, 112)) counter.emitted += 1n;
  else counter.lost += 1n;
});

export const onExit = tpBtf("sched_process_exit", (task) => {
  const counter = counters.lookup(1026);
  const record = processRoom.get();
  if (!counter || !record) return;
  // The process ends with its last thread, whichever that is.
  if (task.signal.live.counter !== 0) {
    counter.filtered += 1n;
    return;
  }
  describe(record, task, 3);
  record.code = u32(task.signal.group_exit_code);
  if (record.code === 0) record.code = u32(task.exit_code);
  if (events.output(record, 112)) counter.emitted += 1n;
  else counter.lost += 1n;
});
