import { createReadStream, readFileSync } from "node:fs";
import { once } from "node:events";
import { hostname } from "node:os";
import { createInterface } from "node:readline";

import {
  createObserver,
  hubbleRoutes,
  listenMetrics,
  listenRpc,
  ringEventOf,
  type Observer,
} from "@ocelli/agent/hubble";
import {
  createFlowMetrics,
  MetricConfigError,
  readExportLine,
  type FlowMetrics,
  type RingEvent,
} from "@ocelli/flow";

import type { CliContext } from "../context.ts";
import { RefusedError, UsageError } from "../exit.ts";

/** Flags of `ocelli serve`. */
export interface ServeFlags {
  readonly flows: string;
  readonly listen: string;
  readonly ringSize?: number;
  readonly nodeName?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsClientCa?: string;
  readonly tlsServerName?: string;
  readonly metrics?: readonly string[];
  readonly metricsListen: string;
  readonly json: boolean;
}

const LEAST_CAPACITY = 4095;

/** `ocelli serve`: runs until Ctrl-C. */
export async function serve(context: CliContext, flags: ServeFlags): Promise<void> {
  const tls = readTls(flags);
  const { events, skipped } = await readEvents(flags.flows);
  const nodeName = flags.nodeName ?? `default/${hostname()}`;
  const capacity = flags.ringSize ?? Math.max(LEAST_CAPACITY, events.length);
  const observer = fillObserver(events, capacity, nodeName);
  const metrics = readMetrics(flags, events);
  const signal = context.interrupted();
  const tlsServerName = flags.tlsServerName ?? "";
  const served = { address: "", tlsServerName };
  await using server = await listen(observer, served, flags.listen, tls);
  served.address = server.address;
  await using metricsServer =
    metrics === undefined
      ? undefined
      : await refusing(flags.metricsListen, () => listenMetrics(flags.metricsListen, metrics.text));
  const { stdout, stderr } = context.process;
  if (skipped > 0) stderr.write(`${flags.flows}: ${skipped} lines are no flows and were skipped\n`);
  for (const name of metrics?.skipped ?? []) {
    stderr.write(`Metric "${name}" is not known and was skipped\n`);
  }
  const report = {
    address: server.address,
    flows: observer.seenFlows(),
    node: nodeName,
    ...(metricsServer !== undefined && { metrics: `http://${metricsServer.address}/metrics` }),
  };
  stdout.write(
    flags.json
      ? `${JSON.stringify(report)}\n`
      : `Serving ${report.flows} flows on ${report.address} as ${report.node}\n${
          report.metrics === undefined ? "" : `Metrics on ${report.metrics}\n`
        }`,
  );
  if (!signal.aborted) await once(signal, "abort");
}

function fillObserver(events: readonly RingEvent[], capacity: number, nodeName: string): Observer {
  if (!Number.isInteger(capacity) || capacity < 1 || capacity > 0xff_ffff) {
    throw new UsageError(`Cannot hold ${capacity} flows: --ring-size takes 1 to 16777215`);
  }
  const observer = createObserver({ capacity, nodeName, version: "ocelli v0.1.0" });
  for (const event of events) observer.write(event);
  return observer;
}

async function listen(
  observer: Observer,
  served: { readonly address: string; readonly tlsServerName: string },
  address: string,
  tls: ReturnType<typeof readTls>,
): ReturnType<typeof listenRpc> {
  const routes = hubbleRoutes(observer, () => served);
  return await refusing(address, () => listenRpc({ routes, address, tls }));
}

async function refusing<T>(address: string, start: () => Promise<T>): Promise<T> {
  try {
    return await start();
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message);
    throw new RefusedError(`Cannot listen on ${address}: ${reasonOf(error)}`);
  }
}

function readMetrics(
  { metrics: configs }: ServeFlags,
  events: readonly RingEvent[],
): FlowMetrics | undefined {
  if (configs === undefined || configs.length === 0) return undefined;
  try {
    const metrics = createFlowMetrics(configs);
    for (const event of events) {
      if (event.kind === "flow") metrics.processFlow(event.flow);
      else if (event.kind === "lost") metrics.processLost(event.lost);
    }
    return metrics;
  } catch (error) {
    if (error instanceof MetricConfigError) throw new UsageError(error.message);
    throw error;
  }
}

function readTls({
  tlsCert,
  tlsKey,
  tlsClientCa,
}: ServeFlags): Parameters<typeof listenRpc>[0]["tls"] {
  if (tlsCert === undefined && tlsKey === undefined) {
    if (tlsClientCa !== undefined) {
      throw new UsageError("--tls-client-ca needs --tls-cert and --tls-key beside it");
    }
    return undefined;
  }
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new UsageError("TLS needs both --tls-cert and --tls-key");
  }
  return {
    cert: readText(tlsCert),
    key: readText(tlsKey),
    clientCa: tlsClientCa === undefined ? undefined : readText(tlsClientCa),
  };
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new RefusedError(`Cannot read ${path}: ${reasonOf(error)}`);
  }
}

async function readEvents(path: string): Promise<{ events: RingEvent[]; skipped: number }> {
  const events: RingEvent[] = [];
  let skipped = 0;
  const stream = createReadStream(path);
  try {
    await once(stream, "open");
    const lines = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
    for await (const line of lines) {
      if (line.trim() === "") continue;
      const read = readExportLine(line);
      const event = read.ok ? ringEventOf(read.value) : undefined;
      if (event === undefined) skipped += 1;
      else events.push(event);
    }
  } catch (error) {
    throw new RefusedError(`Cannot read ${path}: ${reasonOf(error)}`);
  }
  return { events, skipped };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
