import {
  describeEvent,
  parentOf,
  type EventSummary,
  type Process,
  type SensorEvent,
} from "@ocelli/sensor";

import type { Config } from "./config/config.ts";
import { Hub } from "./http/hub.ts";
import { startServer, type RunningServer } from "./http/server.ts";
import {
  startAlerts,
  type Alerts,
  type AlertSummary,
  type RuleSummary,
} from "./pipeline/alerts.ts";
import { Rates } from "./pipeline/rates.ts";
import type { AgentSource, OpenSource } from "./pipeline/source.ts";
import type { AgentStatus, KindStatus } from "./status.ts";
import { Recent } from "./store/recent.ts";

/** What an agent is started with. */
export interface AgentOptions {
  readonly config: Config;
  readonly open: OpenSource;
  readonly mode: AgentStatus["mode"];
  /** What is watched or replayed, in one line for the page. */
  readonly title: string;
  /** Name and kernel of the host that the events are of. */
  readonly host: string;
  readonly kernel: string;
  /** Folder with the built page; without it only the API answers. */
  readonly pageFolder?: string;
}

/** A process as the page shows it. */
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

const FLUSH_MS = 100;
const TOP_PROCESSES = 12;
/** Events of one batch at most; more are told as a number. */
const MOST_IN_BATCH = 2000;

/**
 * One per host: takes events from a source through the rules into the store, and serves the page, the API and the metrics. A
 * rule or page that fails or is slow holds nothing up: what could not be sent is counted.
 */
export class Agent implements AsyncDisposable {
  readonly events: Recent<string>;
  readonly alerts: Recent<AlertSummary>;
  readonly #options: AgentOptions;
  readonly #source: AgentSource;
  readonly #alerting: Alerts;
  readonly #hub = new Hub();
  readonly #rates = new Rates<Process>();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #startedMs = Date.now();
  #server: RunningServer | undefined;
  #batch: string[] = [];
  #leftOut = 0;
  #alertBatch: AlertSummary[] = [];
  #seen = 0;
  #seenBefore = 0;
  #before: ReadonlyMap<string, number> = new Map();
  #lostBefore = 0;
  #cpuBefore = process.cpuUsage();
  #status: AgentStatus;

  private constructor(options: AgentOptions) {
    const { config } = options;
    this.#options = options;
    this.events = new Recent(config.events.keep);
    this.alerts = new Recent(config.rules.keep);
    let ready = false;
    this.#source = options.open((event) => {
      if (ready) this.#take(event);
    });
    this.#alerting = startAlerts(config, this.#source.provider);
    ready = true;
    this.#status = this.#look();
    this.#timers.push(
      setInterval(() => this.#flush(), FLUSH_MS),
      setInterval(() => this.#tick(), 1000),
    );
  }

  /** Opens the source and the server. Throws what either throws, and leaves nothing open then. */
  static async start(options: AgentOptions): Promise<Agent> {
    const agent = new Agent(options);
    try {
      agent.#server = await startServer(options.config.http, options.pageFolder, agent, agent.#hub);
    } catch (error) {
      await agent[Symbol.asyncDispose]();
      throw error;
    }
    return agent;
  }

  /** Where the page is. */
  get url(): string {
    return this.#server?.url ?? "";
  }

  /** What was wrong with rule files. */
  get problems(): readonly string[] {
    return this.#alerting.problems;
  }

  /** How it is doing, as of the last second. */
  get status(): AgentStatus {
    return this.#status;
  }

  /** The rules that run, with the alerts that they raised. */
  rules(): RuleSummary[] {
    return this.#alerting.rules();
  }

  /** Every process that is alive. */
  processes(): ProcessSummary[] {
    const { users, processes } = this.#source;
    return Array.from(processes.values(), (one) => ({
      pid: one.pid,
      parentPid: parentOf(one)?.pid ?? one.parentPid,
      name: one.name,
      exePath: one.exePath,
      commandLine: [one.exe, ...one.args].join(" ").trim(),
      user: users.user(one.euid)?.name ?? String(one.euid),
      container: one.container?.id ?? "",
      runtime: one.container?.runtime ?? "",
      cwd: one.cwd,
      isGuessed: one.isGuessed,
    }));
  }

  /** Stops: no more events, connections closed, nothing left in the kernel. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#hub[Symbol.dispose]();
    this.#source[Symbol.dispose]();
    await this.#server?.close();
  }

  #take(event: SensorEvent): void {
    this.#seen += 1;
    this.#rates.add(event.process);
    for (const alert of this.#alerting.process(event)) {
      this.alerts.add(alert);
      this.#alertBatch.push(alert);
    }
    const text = JSON.stringify(describeEvent(event, this.#source.users) satisfies EventSummary);
    this.events.add(text);
    if (this.#hub.size === 0) return;
    if (this.#batch.length < MOST_IN_BATCH) this.#batch.push(text);
    else this.#leftOut += 1;
  }

  #flush(): void {
    if (this.#batch.length === 0 && this.#alertBatch.length === 0) return;
    const alerts = JSON.stringify(this.#alertBatch);
    this.#hub.send(
      "batch",
      `{"leftOut":${this.#leftOut},"alerts":${alerts},"events":[${this.#batch.join(",")}]}`,
    );
    this.#batch = [];
    this.#alertBatch = [];
    this.#leftOut = 0;
  }

  #tick(): void {
    this.#rates.turn();
    this.#status = this.#look();
    this.#hub.send("status", JSON.stringify(this.#status));
  }

  #look(): AgentStatus {
    const { mode, title, host, kernel } = this.#options;
    const counts = this.#source.counts();
    const sum = (field: "emitted" | "filtered" | "lost"): number =>
      counts.reduce((all, one) => all + one[field], 0);
    const lost = sum("lost");
    const kinds = counts.map((one): KindStatus => {
      const all = one.emitted + one.filtered + one.lost;
      return { ...one, perSecond: all - (this.#before.get(one.name) ?? 0) };
    });
    const callsPerSecond =
      this.#before.size === 0 ? 0 : kinds.reduce((all, one) => all + one.perSecond, 0);
    const cpu = process.cpuUsage(this.#cpuBefore);
    const { processes, guessed } = this.#source.processes.statistics();
    const status: AgentStatus = {
      timeMs: Date.now(),
      mode,
      title,
      uptimeSeconds: Math.round((Date.now() - this.#startedMs) / 1000),
      host,
      kernel,
      events: this.#seen,
      eventsPerSecond: this.#seen - this.#seenBefore,
      lost,
      lostPerSecond: lost - this.#lostBefore,
      filtered: sum("filtered"),
      callsPerSecond,
      alerts: this.#alerting.total(),
      processes,
      guessedProcesses: guessed,
      droppedBatches: this.#hub.dropped,
      streams: this.#hub.size,
      rssBytes: process.memoryUsage.rss(),
      cpuPercent: Math.round((cpu.user + cpu.system) / 1000) / 10,
      kinds: kinds.toSorted((a, b) => b.perSecond - a.perSecond || b.emitted - a.emitted),
      topProcesses: this.#rates
        .top(TOP_PROCESSES)
        .map(([{ pid, name }, perSecond]) => ({ pid, name, perSecond })),
      problems: this.#alerting.problems,
    };
    this.#before = new Map(counts.map((one) => [one.name, one.emitted + one.filtered + one.lost]));
    this.#seenBefore = this.#seen;
    this.#lostBefore = lost;
    this.#cpuBefore = process.cpuUsage();
    return status;
  }
}
