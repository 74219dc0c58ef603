import type { AttachType, ProgramType } from "@ocelli/bpf";

import type { Fd } from "../fd.ts";
import type { Kernel } from "../port/kernel.ts";

/** What is known about a program beside its descriptor. */
export interface ProgramFacts {
  /** The whole name; the kernel keeps its first 15 bytes. */
  readonly name: string;
  readonly type: ProgramType;
  readonly attachType?: AttachType | undefined;
  /** What it was written for: a tracepoint, a kernel function, file and symbol; empty when that is said at attach. */
  readonly attachTo?: string;
  /** BPF_F_* flags that it was loaded with. */
  readonly flags?: number;
  /** The section of the object file that it came from, e.g. `kprobe/vfs_read`; what `attach()` goes by. */
  readonly section?: string | undefined;
}

/** A program in the kernel. It lives as long as a descriptor, a pin, a link or a map holds it. */
export class Program implements Disposable {
  readonly kernel: Kernel;
  readonly fd: Fd;
  readonly name: string;
  readonly type: ProgramType;
  readonly attachType: AttachType | undefined;
  readonly attachTo: string;
  readonly flags: number;
  readonly section: string;

  constructor(kernel: Kernel, fd: Fd, facts: ProgramFacts) {
    this.kernel = kernel;
    this.fd = fd;
    this.name = facts.name;
    this.type = facts.type;
    this.attachType = facts.attachType;
    this.attachTo = facts.attachTo ?? "";
    this.flags = facts.flags ?? 0;
    this.section = facts.section ?? "";
  }

  /** Gives up this process's hold on the program; links and pins keep it running. */
  [Symbol.dispose](): void {
    this.fd[Symbol.dispose]();
  }
}
