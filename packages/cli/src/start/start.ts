import { readFile } from "node:fs/promises";
import { hostname, release, userInfo } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { Agent, makeConfig, type AgentSource, type Config } from "@ocelli/agent";
import { openRecording, Sensor, type SensorEvent } from "@ocelli/sensor";
import { pageFolder } from "@ocelli/ui/build";

import { loadConfigFile } from "../config/config.ts";
import type { CliContext } from "../context.ts";
import { RefusedError, UsageError } from "../exit.ts";
import { whyNot } from "../host.ts";
import { checkSeconds } from "../input.ts";

/** Flags of `ocelli start`. */
export interface StartFlags {
  readonly config?: string;
  readonly port?: number;
  readonly replay?: string;
  readonly page: boolean;
  readonly for?: number;
}

interface Plan {
  readonly mode: "live" | "recording";
  readonly title: string;
  readonly host: string;
  readonly kernel: string;
  readonly open: (onEvent: (event: SensorEvent) => void) => AgentSource;
}

const SHIPPED = "demo.ocelli.gz";

/** `ocelli start`. */
export async function start(context: CliContext, flags: StartFlags): Promise<void> {
  if (flags.for !== undefined) checkSeconds("for", flags.for, 0);
  const { stdout } = context.process;
  const say = (text: string): void => {
    stdout.write(`${text}\n`);
  };
  const config = await loadConfig(flags);
  const plan = await makePlan(flags, config);
  const interrupted = context.interrupted();
  const folder = flags.page ? await preparePage(context) : undefined;
  const agent = await startAgent({
    config,
    ...plan,
    ...(folder === undefined ? {} : { pageFolder: folder }),
  });
  await using _ = agent;
  say(plan.title);
  say(`Rules: ${agent.rules().length} at work`);
  for (const problem of agent.problems) say(problem);
  if (folder !== undefined) say(`\nThe page: ${agent.url}\n`);
  say(`Metrics: ${agent.url}metrics   Health: ${agent.url}healthz`);
  if (stdout.isTTY) say("Ctrl-C ends it and detaches");
  await pause(flags.for, interrupted);
}

async function startAgent(options: Parameters<typeof Agent.start>[0]): Promise<Agent> {
  try {
    return await Agent.start(options);
  } catch (error) {
    const { host, port } = options.config.http;
    if (error instanceof Error && "code" in error && error.code === "EADDRINUSE")
      throw new RefusedError(
        `Cannot listen on ${host}:${port}: another program does; choose one with --port, 0 for any that is free`,
      );
    throw error;
  }
}

async function loadConfig({ config: path, port }: StartFlags): Promise<Config> {
  const config = path === undefined ? makeConfig(new Map()) : await loadConfigFile(path);
  if (port === undefined) return config;
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new UsageError(`Cannot listen on port ${port}: use 0 to 65535`);
  return { ...config, http: { ...config.http, port } };
}

async function makePlan({ replay }: StartFlags, config: Config): Promise<Plan> {
  const reason = replay === undefined ? whyNot() : undefined;
  if (replay === undefined && reason === undefined)
    return {
      mode: "live",
      host: hostname(),
      kernel: release(),
      title: `Watching this host, Linux ${release()}: ${config.events.kinds.length} kinds of events and the process table; all other system calls are counted`,
      open: (onEvent) => {
        const sensor = new Sensor({
          events: config.events.kinds,
          ringBytes: config.ring.bytes,
          onEvent,
        });
        return {
          provider: sensor.provider,
          processes: sensor.processes,
          users: sensor.users,
          counts: () => sensor.counts(),
          [Symbol.dispose]: () => sensor[Symbol.dispose](),
        };
      },
    };
  const path = replay ?? join(import.meta.dirname, "../../recordings", SHIPPED);
  const bytes = await readFile(path).catch(() => {
    throw new RefusedError(`Cannot read the recording "${path}"`);
  });
  const recording = openRecording(bytes);
  if (recording === undefined)
    throw new RefusedError(`Cannot replay "${path}": it is no recording`);
  const title =
    reason === undefined
      ? `Showing the recording ${basename(path)}, over and over`
      : `Showing a recording, over and over, as this host cannot be watched: ${reason}`;
  return {
    mode: "recording",
    title,
    host: "recording",
    kernel: recording.kernel,
    open: (onEvent) => recording.play(onEvent),
  };
}

/** The page comes from the package, or is built once; an agent without page still serves the rest. */
async function preparePage({ process }: CliContext): Promise<string | undefined> {
  try {
    return await pageFolder(join(userInfo().homedir, ".cache/ocelli"));
  } catch (error) {
    process.stderr.write(
      `Cannot build the page: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    return undefined;
  }
}

async function pause(seconds: number | undefined, signal: AbortSignal): Promise<void> {
  const end = performance.now() + (seconds ?? Number.POSITIVE_INFINITY) * 1000;
  try {
    // Timers hold no more than 24 days.
    while (performance.now() < end)
      await sleep(Math.min(end - performance.now(), 2 ** 31 - 1), undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
