import type { EventCount } from "@ocelli/sensor";

/** How an agent is doing, once a second. */
export interface AgentStatus {
  /** Milliseconds since 1970. */
  readonly timeMs: number;
  readonly mode: "live" | "recording";
  /** What is watched or replayed, in one line. */
  readonly title: string;
  readonly uptimeSeconds: number;
  readonly host: string;
  readonly kernel: string;
  /** Events handed to rules and store, in all and in the last second. */
  readonly events: number;
  readonly eventsPerSecond: number;
  readonly lost: number;
  readonly lostPerSecond: number;
  /** Happened without being asked for, counted in the kernel. */
  readonly filtered: number;
  readonly callsPerSecond: number;
  readonly alerts: number;
  readonly processes: number;
  readonly guessedProcesses: number;
  /** Batches that a page was too slow to take. */
  readonly droppedBatches: number;
  readonly streams: number;
  readonly rssBytes: number;
  /** Of one processor, in the last second, in percent. */
  readonly cpuPercent: number;
  readonly kinds: readonly KindStatus[];
  readonly topProcesses: readonly TopProcess[];
  readonly problems: readonly string[];
}

/** What became of one kind of event. */
export interface KindStatus extends EventCount {
  readonly perSecond: number;
}

/** A process with many events in the last second. */
export interface TopProcess {
  readonly pid: number;
  readonly name: string;
  readonly perSecond: number;
}
