import koffi from "koffi";

import { LinuxError } from "../error.ts";
import {
  MAP_FIXED_NOREPLACE,
  type Kernel,
  type Mapping,
  type SyscallArgument,
  type SyscallName,
} from "./kernel.ts";

// Numbers per architecture: arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h.
const NUMBERS: Record<SyscallName, readonly [x64: number, arm64: number]> = {
  read: [0, 63],
  write: [1, 64],
  close: [3, 57],
  ioctl: [16, 29],
  dup: [32, 23],
  socket: [41, 198],
  sendto: [44, 206],
  recvfrom: [45, 207],
  bind: [49, 200],
  setsockopt: [54, 208],
  getsockopt: [55, 209],
  fcntl: [72, 25],
  prctl: [157, 167],
  setrlimit: [160, 164],
  mount: [165, 40],
  umount2: [166, 39],
  gettid: [186, 178],
  sched_setaffinity: [203, 122],
  openat: [257, 56],
  unshare: [272, 97],
  ppoll: [271, 73],
  epoll_wait: [232, 22], // arm64: epoll_pwait, whose mask is null here
  epoll_ctl: [233, 21],
  epoll_create1: [291, 20],
  perf_event_open: [298, 241],
  setns: [308, 268],
  bpf: [321, 280],
  capget: [125, 90],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  pidfd_open: [434, 434],
  pidfd_getfd: [438, 438],
};

let shared: Kernel | undefined;

/** The running kernel, through koffi. One per thread; calling it again gives the same one. Throws off Linux. */
export function openKernel(): Kernel {
  shared ??= createKernel();
  return shared;
}

function createKernel(): Kernel {
  if (process.platform !== "linux" || (process.arch !== "x64" && process.arch !== "arm64")) {
    throw new LinuxError(
      "unsupported",
      `Cannot reach BPF on ${process.platform}/${process.arch}: Linux on x64 or arm64 is needed`,
    );
  }
  const architecture = process.arch;
  const column = architecture === "x64" ? 0 : 1;
  const libc = koffi.load("libc.so.6");
  // Declared with six fixed arguments: libc's wrapper moves registers and never looks at a va_list.
  const call = libc.func("long syscall(long, int64, int64, int64, int64, int64, int64)");
  // What bpf(2) answers fits an int, which koffi converts faster than a long.
  const callBpf = libc.func("int syscall(long, int, void *, unsigned int)");
  const mmap = libc.func("intptr_t mmap(int64, size_t, int, int, int, int64)");
  const munmap = libc.func("int munmap(int64, size_t)");
  const bpfNumber = NUMBERS.bpf[column];
  const pageSize = Number(libc.func("long sysconf(int)")(30)); // _SC_PAGESIZE

  // Buffers that the system call under way reads or writes: an address alone does not keep them from being collected.
  const passed: Uint8Array[] = [];
  const plain = (argument: SyscallArgument | undefined): number | bigint => {
    if (argument === undefined || argument === null) return 0;
    if (!(argument instanceof Uint8Array)) return argument;
    passed.push(argument);
    return koffi.address(argument);
  };
  const kernel: Kernel = {
    architecture,
    pageSize,
    syscall(name, a, b, c, d, e, f) {
      const number = NUMBERS[name][column];
      const result = Number(
        call(number, plain(a), plain(b), plain(c), plain(d), plain(e), plain(f)),
      );
      passed.length = 0;
      return result === -1 ? -koffi.errno() : result;
    },
    bpf(command, attribute) {
      const result = callBpf(bpfNumber, command, attribute, attribute.length) as number;
      return result === -1 ? -koffi.errno() : result;
    },
    map(fd, length, protection, flags, offset, wanted): Mapping | number {
      // koffi returns intptr_t as a number while it is exact, else as a bigint.
      const place = wanted === undefined ? 0 : MAP_FIXED_NOREPLACE;
      const address = mmap(wanted ?? 0, length, protection, flags | place, fd, offset) as
        | number
        | bigint;
      if (Number(address) === -1) return -koffi.errno();
      const start = BigInt(address);
      const buffer: ArrayBuffer = koffi.view(start, length);
      return {
        address: start,
        bytes: new Uint8Array(buffer),
        unmap: () => {
          if (buffer.detached) return;
          buffer.transfer();
          munmap(start, length);
        },
      };
    },
    address: (buffer) => koffi.address(buffer),
    watch(fd, onReadable) {
      const handle = koffi.node.poll(fd, { readable: true }, onReadable);
      return {
        [Symbol.dispose]: () => {
          handle.close();
        },
      };
    },
  };
  return kernel;
}
