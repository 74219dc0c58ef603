import type { EnterRecord } from "./enter-record.ts";
import { ThreadGroup } from "./thread-group.ts";
import { CLONE, ThreadInfo } from "./thread-info.ts";

// Falco's own limit: `falco_libs.thread_table_size`.
const MOST_THREADS = 262_144;
const SWEEP_CHILDREN_AT = 10;
const EXITED_KEPT = 8192;
const EXITED_NS = 2_000_000_000n;

/**
 * Everything that is kept by thread id: the thread, and the enter event that waits for its exit. One look-up per event
 * finds both, and none when the thread is the same as before.
 */
export class ThreadSlot {
  readonly tid: number;
  thread: ThreadInfo | undefined = undefined;
  /** The enter event that waits for its exit to be brought up to date. */
  enter: EnterRecord | undefined = undefined;

  constructor(tid: number) {
    this.tid = tid;
  }
}

/** The threads of a host, and what they are to each other: groups, parents, reapers. As libsinsp keeps them. */
export class ThreadTable {
  readonly #slots = new Map<number, ThreadSlot>();
  readonly #groups = new Map<number, ThreadGroup>();
  // By parent and thread, the oldest first.
  readonly #exited = new Map<string, bigint>();
  #last: ThreadSlot = new ThreadSlot(-1);
  /** Number of threads. */
  size = 0;
  /** Threads that had no place. */
  dropped = 0;

  /** The slot of a thread id; made when there is none. */
  slot(tid: number): ThreadSlot {
    if (this.#last.tid === tid) return this.#last;
    let slot = this.#slots.get(tid);
    if (slot === undefined) {
      slot = new ThreadSlot(tid);
      this.#slots.set(tid, slot);
    }
    this.#last = slot;
    return slot;
  }

  find(tid: number): ThreadInfo | undefined {
    return this.#slots.get(tid)?.thread;
  }

  /** All threads. */
  *threads(): Generator<ThreadInfo> {
    for (const { thread } of this.#slots.values()) if (thread !== undefined) yield thread;
  }

  /** The thread in a slot; one of which nothing but the id is known when there is none. */
  ensure(slot: ThreadSlot): ThreadInfo | undefined {
    if (slot.thread !== undefined) return slot.thread;
    const thread = new ThreadInfo();
    thread.tid = slot.tid;
    thread.comm = "<NA>";
    thread.exe = "<NA>";
    return this.add(thread, true);
  }

  get(tid: number): ThreadInfo | undefined {
    return this.ensure(this.slot(tid));
  }

  /** Puts a thread into the table, in the place of one with the same id. Undefined when the table is full. */
  add(thread: ThreadInfo, connect: boolean): ThreadInfo | undefined {
    if (this.size >= MOST_THREADS) {
      this.dropped++;
      return undefined;
    }
    if (connect) this.connect(thread);
    const slot = this.slot(thread.tid);
    if (slot.thread === undefined) this.size++;
    else slot.thread.removed = true;
    slot.thread = thread;
    return thread;
  }

  /** Gives every thread its group and its parent, once all of a list are there. */
  connectAll(): void {
    for (const thread of this.threads()) this.connect(thread);
  }

  /** Gives a thread its group and its parent. */
  connect(thread: ThreadInfo): void {
    if (thread.isInvalid || thread.group !== undefined) return;
    const reaper = thread.pid === 1 || thread.vpid === 1;
    let group = this.#groups.get(thread.pid);
    if (group === undefined) {
      group = new ThreadGroup(reaper, thread);
      this.#groups.set(thread.pid, group);
    } else group.add(thread);
    thread.group = group;
    if (thread.pid === 1) return;
    const parent = this.find(thread.ptid);
    if (parent === undefined || parent.isInvalid) thread.ptid = 0;
    else adopt(parent, thread);
  }

  /** Takes a thread out: its children go to a reaper, its process ends with its last thread. */
  remove(tid: number): void {
    const thread = this.find(tid);
    if (thread === undefined) return;
    const group = thread.group;
    if (thread.isInvalid || group === undefined) {
      this.#forgetChild(thread.ptid);
      this.#erase(tid);
      return;
    }
    if (!thread.isDead) {
      group.lose();
      thread.flags |= CLONE.closed;
    }
    if (thread.children.length > 0) this.#reparent(thread);
    if (group.alive === 0) {
      this.#forgetChild(thread.ptid);
      this.#groups.delete(thread.pid);
      this.#erase(thread.pid);
    }
    if (!thread.isMain) {
      this.#forgetChild(thread.ptid);
      this.#erase(tid);
    }
  }

  /** The main thread of the `n`-th ancestor: 0 the process itself, 1 its parent. */
  ancestor(thread: ThreadInfo, n: number): ThreadInfo | undefined {
    let main = thread.main;
    for (let i = 0; i < n && main !== undefined; i++) main = this.find(main.ptid)?.main;
    return main;
  }

  /** Calls `visit` with each ancestor from the parent on, until it says false or the chain runs in a circle. */
  climb(thread: ThreadInfo, visit: (ancestor: ThreadInfo) => boolean): void {
    let slow = this.find(thread.ptid);
    let fast = slow === undefined ? undefined : this.find(slow.ptid);
    while (slow !== undefined && slow.tid !== -1) {
      if (!visit(slow)) return;
      slow = this.find(slow.ptid);
      for (let i = 0; i < 2; i++) {
        fast = fast === undefined ? undefined : this.find(fast.ptid);
        if (slow !== undefined && (slow === fast || slow.tid === slow.ptid)) return;
      }
    }
  }

  /** Remembers that a thread exited, as its parent may hear of its birth later. */
  noteExit(tid: number, ptid: number, timeNs: bigint): void {
    const key = `${ptid} ${tid}`;
    this.#exited.delete(key);
    this.#exited.set(key, timeNs);
    if (this.#exited.size <= EXITED_KEPT) return;
    for (const oldest of this.#exited.keys()) {
      this.#exited.delete(oldest);
      return;
    }
  }

  /** Whether a child of that parent exited within the last two seconds. */
  exitedRecently(tid: number, ptid: number, timeNs: bigint): boolean {
    const exitNs = this.#exited.get(`${ptid} ${tid}`);
    return exitNs !== undefined && timeNs >= exitNs && timeNs - exitNs < EXITED_NS;
  }

  #erase(tid: number): void {
    const slot = this.#slots.get(tid);
    if (slot?.thread === undefined) return;
    slot.thread.removed = true;
    slot.thread = undefined;
    this.size--;
    if (slot.enter?.present !== true) {
      this.#slots.delete(tid);
      if (this.#last === slot) this.#last = new ThreadSlot(-1);
    }
  }

  #forgetChild(ptid: number): void {
    const parent = this.find(ptid);
    if (parent === undefined) return;
    parent.liveChildren--;
    if (parent.children.length - parent.liveChildren >= SWEEP_CHILDREN_AT)
      parent.children = parent.children.filter(({ removed }) => !removed);
  }

  #reparent(thread: ThreadInfo): void {
    let reaper = thread.reaperTid > 0 ? this.get(thread.reaperTid) : undefined;
    if (reaper === undefined || reaper.isInvalid) reaper = this.#findReaper(thread);
    if (reaper !== undefined) {
      thread.reaperTid = reaper.tid;
      if (reaper.pid !== thread.pid && reaper.group !== undefined) reaper.group.reaper = true;
    }
    for (const child of thread.children) {
      if (child.removed) continue;
      if (reaper === undefined || reaper === thread) child.ptid = 0;
      else adopt(reaper, child);
    }
    thread.children = [];
    thread.liveChildren = 0;
  }

  // As the kernel's find_new_reaper(): another thread of the group, else the nearest ancestor that declared itself one
  // and lives in the same kind of pid namespace.
  #findReaper(thread: ThreadInfo): ThreadInfo | undefined {
    const sibling = living(thread.group, thread);
    if (sibling !== undefined) return sibling;
    const seen = new Set([thread.tid]);
    let parent = this.find(thread.ptid);
    while (parent !== undefined && !seen.has(parent.tid)) {
      seen.add(parent.tid);
      if (parent.inPidNamespace !== thread.inPidNamespace) return undefined;
      if (parent.group?.reaper === true) {
        const heir = living(parent.group);
        if (heir !== undefined) return heir;
      }
      parent = this.find(parent.ptid);
    }
    return undefined;
  }
}

function adopt(parent: ThreadInfo, child: ThreadInfo): void {
  parent.children.unshift(child);
  child.ptid = parent.tid;
  parent.liveChildren++;
}

function living(group: ThreadGroup | undefined, except?: ThreadInfo): ThreadInfo | undefined {
  if (group === undefined || group.alive === 0) return undefined;
  return group.threads.find((thread) => !thread.removed && !thread.isDead && thread !== except);
}
