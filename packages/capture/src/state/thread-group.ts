import type { ThreadInfo } from "./thread-info.ts";

const SWEEP_AT = 11;

/** The threads of one process. The main thread comes first while it is known. */
export class ThreadGroup {
  threads: ThreadInfo[];
  alive = 1;
  /** Whether it takes over the children of descendants that die. */
  reaper: boolean;

  constructor(reaper: boolean, first: ThreadInfo) {
    this.reaper = reaper;
    this.threads = [first];
  }

  add(thread: ThreadInfo): void {
    if (thread.isMain) this.threads.unshift(thread);
    else this.threads.push(thread);
    this.alive++;
  }

  /** Counts a thread as dead; sweeps the ones that are gone once there are many. */
  lose(): void {
    this.alive--;
    if (this.threads.length - this.alive >= SWEEP_AT)
      this.threads = this.threads.filter(({ removed }) => !removed);
  }
}
