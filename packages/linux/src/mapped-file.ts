import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";

import { MAP_PRIVATE, PROT_READ, type Kernel, type Mapping } from "./port/kernel.ts";

// include/uapi/asm-generic/fcntl.h and include/uapi/linux/fcntl.h
const F_SETSIG = 10;
const F_SETLEASE = 1024;
const F_RDLCK = 0;
const SIGURG = 23;

/**
 * A regular file to look around in, of which only the pages that are touched take memory. While it is open nobody can
 * truncate the file or open it for writing: they wait, so keep it for moments only. Where that cannot be arranged (the
 * file is being written, or its file system has no leases) it is read into memory instead, because touching a mapped
 * page that was cut off ends the process. `bytes` must not be written to, and is empty after disposal.
 */
export class MappedFile implements Disposable {
  readonly bytes: Uint8Array;
  readonly #fd: number;
  readonly #mapping: Mapping | undefined;
  #open = true;

  /** Throws what opening and reading a file throw. */
  constructor(kernel: Kernel, path: string) {
    this.#fd = openSync(path, "r");
    try {
      this.#mapping = mapLeased(kernel, this.#fd);
      this.bytes = this.#mapping?.bytes ?? readFileSync(this.#fd);
    } catch (error) {
      closeSync(this.#fd);
      throw error;
    }
  }

  /** Whether the file is mapped rather than read. */
  get mapped(): boolean {
    return this.#mapping !== undefined;
  }

  /** Unmaps the file and lets writers go on. */
  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    this.#mapping?.unmap();
    closeSync(this.#fd);
  }
}

// fcntl(2), "Leases": who opens for writing or truncates waits until the holder lets go, at most
// /proc/sys/fs/lease-break-time (45 s), and the holder gets a signal. SIGIO, the usual one, would end the process;
// SIGURG is ignored.
function mapLeased(kernel: Kernel, fd: number): Mapping | undefined {
  const stat = fstatSync(fd);
  if (!stat.isFile() || stat.size === 0) return undefined;
  if (kernel.syscall("fcntl", fd, F_SETSIG, SIGURG) < 0) return undefined;
  if (kernel.syscall("fcntl", fd, F_SETLEASE, F_RDLCK) < 0) return undefined;
  // The file may have shrunk before the lease was there.
  const mapping = kernel.map(fd, fstatSync(fd).size, PROT_READ, MAP_PRIVATE, 0);
  return typeof mapping === "number" ? undefined : mapping;
}
