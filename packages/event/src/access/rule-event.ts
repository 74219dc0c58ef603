/**
 * An event as rules see it: who it is and when it was. Everything else is read through fields. Sources of events may
 * hand out the same object again with other content; whoever keeps an event reads what it needs at once.
 */
export interface RuleEvent {
  /** Number of the kind of event in the source's table; small, from 0. Of system calls the exits, which are odd. */
  readonly type: number;
  /** Where it comes from: `syscall`, `k8s_audit`. */
  readonly source: string;
  /** Count of the event in its source, from 1: `evt.num`. */
  readonly number: number;
  /** When it happened, nanoseconds since 1970. May be made on demand: read it for alerts, not for every event. */
  readonly timeNs: bigint;
}
