import { LinuxError } from "./error.ts";
import type { Kernel } from "./port/kernel.ts";

/** Owns one file descriptor and closes it once. */
export class Fd implements Disposable {
  readonly #kernel: Kernel;
  #value: number;

  constructor(kernel: Kernel, value: number) {
    this.#kernel = kernel;
    this.#value = value;
  }

  /** The descriptor's number. Throws `closed` after disposal, so that a reused number is never touched. */
  get value(): number {
    if (this.#value < 0)
      throw new LinuxError("closed", "Cannot use a file descriptor after it was closed");
    return this.#value;
  }

  /** Whether it was closed or released. */
  get closed(): boolean {
    return this.#value < 0;
  }

  /** Gives the descriptor away: disposing of this object does not close it then. */
  release(): number {
    const value = this.value;
    this.#value = -1;
    return value;
  }

  [Symbol.dispose](): void {
    if (this.#value < 0) return;
    this.#kernel.syscall("close", this.#value);
    this.#value = -1;
  }
}
