/** Kinds of BPF objects that the kernel numbers. */
export const OBJECTS = ["prog", "map", "link", "btf"] as const;

/** What a process holds at one moment, after a collection of garbage. */
export interface Holdings {
  readonly descriptors: number;
  /** BPF objects by kind, counted from /proc/self/fdinfo. */
  readonly objects: Readonly<Record<string, number>>;
  /** Mapped maps. */
  readonly mappings: number;
  /** Listeners on `process`. */
  readonly listeners: number;
  readonly timers: number;
  /** Anonymous memory that is resident. */
  readonly rssBytes: number;
  readonly heapBytes: number;
  readonly externalBytes: number;
}

/** What `leak-rounds.ts` prints. */
export interface LeakReport {
  readonly rounds: number;
  readonly seconds: number;
  /** After each tenth of the rounds. */
  readonly rssMiB: readonly number[];
  /** How many objects of the rounds were noted, by kind. */
  readonly noted: Readonly<Record<string, number>>;
  /** Ids of those that the kernel still has in the end. */
  readonly alive: Readonly<Record<string, readonly number[]>>;
  readonly before: Holdings;
  readonly after: Holdings;
}
