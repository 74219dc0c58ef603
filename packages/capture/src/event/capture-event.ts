import type { RuleEvent } from "@ocelli/event";

import { EVENTS, type EventInfo } from "../events/event-table.ts";
import type { FdInfo } from "../state/fd-info.ts";
import type { HostState } from "../state/host-state.ts";
import type { ThreadInfo } from "../state/thread-info.ts";
import { Parameters } from "./parameters.ts";

/** Parameters that an event can have, and room for as many again that a conversion appends. */
export const MOST_PARAMETERS = 64;

/**
 * One event of a capture: a window on the bytes that were read, filled anew for the next event. Parameters are decoded
 * when they are asked for. A parameter of length 0, or beyond the last, is missing.
 *
 *   block body    0  u16 cpu [u32 flags]  u64 time ns  u64 tid  u32 length  u16 type  [u32 parameters]
 *                    lengths: u16 or u32 each · data of the parameters, back to back
 */
export class CaptureEvent extends Parameters implements RuleEvent {
  readonly source = "syscall";
  number = 0;
  cpu = 0;
  /** The thread that it belongs to, as the host's own pid namespace counts. */
  tid = 0;
  /** Halves of the time, nanoseconds since 1970. */
  timeLow = 0;
  timeHigh = 0;
  /** What the state knows of the thread; undefined for events without one. */
  thread: ThreadInfo | undefined = undefined;
  /** The file descriptor that it is about. */
  fd: FdInfo | undefined = undefined;
  /** Error number from its result, 0 for none. */
  errorCode = 0;
  /** Whether the name of `fd` changed by this event. */
  nameChanged = false;
  /** The enter event of the same call, where the state keeps it. */
  enter: Parameters | undefined = undefined;
  /** The host as of this event. */
  readonly host: () => HostState;
  /** Time of the first event of the capture. */
  startNs: bigint = 0n;

  constructor(host: () => HostState) {
    super(MOST_PARAMETERS);
    this.host = host;
  }

  /** The thread that fields speak of: also for events that are not followed as a thread's. */
  get shownThread(): ThreadInfo | undefined {
    return this.thread ?? this.host().threads.find(this.tid);
  }

  get info(): EventInfo {
    const info = EVENTS[this.type];
    if (info === undefined) throw new RangeError(`No event has the type ${this.type}`);
    return info;
  }

  get timeNs(): bigint {
    return (BigInt(this.timeHigh) << 32n) | BigInt(this.timeLow);
  }

  /** The result of a system call, which is its first parameter. */
  get result(): number {
    return this.i64(0);
  }

  /** Whether it is the exit of a system call with a result. */
  get hasResult(): boolean {
    return (
      (this.info.category & 512) !== 0 && (this.type & 1) === 1 && this.count > 0 && this.type !== 1
    );
  }
}
