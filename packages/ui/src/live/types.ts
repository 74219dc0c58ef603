// What the agent sends. The shapes are those of @ocelli/agent and @ocelli/sensor, whose packages a page cannot import.

/** A parameter of an event. */
export interface EventArgument {
  readonly name: string;
  readonly text: string;
  readonly printed: string;
}

/** An event of the log. */
export interface EventSummary {
  readonly number: number;
  readonly timeNs: string;
  readonly type: string;
  readonly cpu: number;
  readonly pid: number;
  readonly tid: number;
  readonly name: string;
  readonly commandLine: string;
  readonly exePath: string;
  readonly parentPid: number;
  readonly user: string;
  readonly container: string;
  readonly result?: string;
  readonly value?: number;
  readonly about?: string;
  readonly args: readonly EventArgument[];
}

/** What became of one kind of event. */
export interface KindStatus {
  readonly name: string;
  readonly emitted: number;
  readonly filtered: number;
  readonly lost: number;
  readonly perSecond: number;
}

/** How the agent is doing, once a second. */
export interface AgentStatus {
  readonly timeMs: number;
  readonly mode: "live" | "recording";
  readonly title: string;
  readonly uptimeSeconds: number;
  readonly host: string;
  readonly kernel: string;
  readonly events: number;
  readonly eventsPerSecond: number;
  readonly lost: number;
  readonly lostPerSecond: number;
  readonly filtered: number;
  readonly callsPerSecond: number;
  readonly alerts: number;
  readonly processes: number;
  readonly guessedProcesses: number;
  readonly droppedBatches: number;
  readonly streams: number;
  readonly rssBytes: number;
  readonly cpuPercent: number;
  readonly kinds: readonly KindStatus[];
  readonly topProcesses: readonly {
    readonly pid: number;
    readonly name: string;
    readonly perSecond: number;
  }[];
  readonly problems: readonly string[];
}

/** An alert with the tree of its process. */
export interface AlertSummary {
  readonly number: number;
  readonly rule: string;
  readonly priority: string;
  readonly tags: readonly string[];
  readonly timeNs: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly eventNumber: number;
  readonly eventType: string;
  readonly ancestry: readonly {
    readonly pid: number;
    readonly name: string;
    readonly commandLine: string;
    readonly exePath: string;
  }[];
}

/** A rule at work. */
export interface RuleSummary {
  readonly name: string;
  readonly priority: string;
  readonly description: string;
  readonly condition: string;
  readonly tags: readonly string[];
  readonly alerts: number;
}

/** A process of the tree. */
export interface ProcessSummary {
  readonly pid: number;
  readonly parentPid: number;
  readonly name: string;
  readonly exePath: string;
  readonly commandLine: string;
  readonly user: string;
  readonly container: string;
  readonly runtime: string;
  readonly cwd: string;
  readonly isGuessed: boolean;
}
