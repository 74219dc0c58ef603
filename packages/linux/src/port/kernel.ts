/**
 * Memory that is mapped into this process. `unmap()` empties `bytes` and every view of its buffer, so that late readers
 * find nothing rather than end the process. Writing to memory mapped without PROT_WRITE does end it: only an owner
 * class may hold a mapping.
 */
export interface Mapping {
  readonly address: bigint;
  readonly bytes: Uint8Array;
  unmap(): void;
}

/** An argument of a system call. A buffer is passed by address and must not be detached during the call. */
export type SyscallArgument = number | bigint | Uint8Array | null;

/** System calls that Node itself does not offer, by the kernel's name. */
export type SyscallName =
  | "bpf"
  | "perf_event_open"
  | "setrlimit"
  | "ioctl"
  | "mount"
  | "umount2"
  | "setns"
  | "unshare"
  | "close"
  | "dup"
  | "fcntl"
  | "read"
  | "write"
  | "openat"
  | "socket"
  | "bind"
  | "setsockopt"
  | "getsockopt"
  | "sendto"
  | "recvfrom"
  | "gettid"
  | "sched_setaffinity"
  | "pidfd_open"
  | "pidfd_getfd"
  | "epoll_create1"
  | "epoll_ctl"
  | "epoll_wait"
  | "ppoll"
  | "prctl"
  | "fsopen"
  | "fsconfig"
  | "fsmount"
  | "capget";

/**
 * The one narrow door to Linux. Results are those of the system call: zero or more on success, a negated errno on
 * failure; nothing here throws for a failing call.
 */
export interface Kernel {
  readonly architecture: "x64" | "arm64";
  readonly pageSize: number;
  /** Any system call. Costs about 0.3 µs more than `bpf`. */
  syscall(name: SyscallName, ...args: readonly SyscallArgument[]): number;
  /** bpf(2). `command` is a number of `COMMANDS`; all of `attribute` is passed. */
  bpf(command: number, attribute: Uint8Array): number;
  /**
   * mmap(2) of a file descriptor (-1 for anonymous memory); a negated errno on failure. `address` is where it must be,
   * and fails with EEXIST when something is there; anywhere if absent.
   */
  map(
    fd: number,
    length: number,
    protection: number,
    flags: number,
    offset: number,
    address?: bigint,
  ): Mapping | number;
  /**
   * Where a buffer lies. The address stays valid as long as the buffer is referenced and not detached; it is what
   * goes into pointer fields of attributes.
   */
  address(buffer: Uint8Array): bigint;
  /** Calls back from the event loop whenever `fd` is readable, until disposed of. Keeps the process alive meanwhile. */
  watch(fd: number, onReadable: () => void): Disposable;
}

/** mmap(2) protection bits. */
export const PROT_READ = 1;
/** mmap(2) protection bits. */
export const PROT_WRITE = 2;
/** mmap(2) flags. */
export const MAP_SHARED = 1;
/** mmap(2) flags. */
export const MAP_PRIVATE = 2;
/** mmap(2) flags. */
export const MAP_FIXED = 0x10;
/** mmap(2) flags. */
export const MAP_ANONYMOUS = 0x20;
/** mmap(2) flags: at this address, or fail with EEXIST. */
export const MAP_FIXED_NOREPLACE = 0x100000;
