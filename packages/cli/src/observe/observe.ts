import { once } from "node:events";

import { create } from "@bufbuild/protobuf";
import type { ConnectError } from "@connectrpc/connect";
import {
  createPrinter,
  FilterError,
  FlowFilterSchema,
  GetAgentEventsRequestSchema,
  GetDebugEventsRequestSchema,
  writeJson,
  type FlowFilter,
  type FlowPrinter,
  type Printed,
} from "@ocelli/flow";

import type { CliContext } from "../context.ts";
import { EXIT } from "../exit.ts";
import { readObserveArguments, type ObserveArguments } from "./flags.ts";
import { readFlowsFromFile } from "./from-file.ts";
import { buildRequest, readSelection } from "./request.ts";
import { readSettings, type ObserveSettings } from "./settings.ts";

/** `ocelli observe`: the words after it are read as `hubble observe` reads them. */
export async function observe(context: CliContext, words: readonly string[]): Promise<void> {
  const args = readObserveArguments(words);
  const settings = readSettings(args);
  const { stdout, stderr } = context.process;
  const printer = createPrinter({
    ...settings,
    colour: settings.colour === "always" || (settings.colour === "auto" && stdout.isTTY),
  });
  try {
    for await (const { out, err } of printAll(context, args, settings, printer)) {
      if (err !== "" && !settings.silent) stderr.write(err);
      if (out !== "" && !stdout.write(out)) await once(stdout, "drain");
    }
    const rest = printer.end();
    if (rest !== "") stdout.write(rest);
  } catch (error) {
    const text = messageOf(error);
    if (text === undefined) throw error;
    if (text !== "") {
      stderr.write(`${text}\n`);
      context.process.exitCode = EXIT.refused;
    }
  }
}

/** What the user reads of a failed call; empty after Ctrl-C, undefined for errors of other kinds. */
function messageOf(error: unknown): string | undefined {
  if (error instanceof FilterError) return error.message;
  // By name: an export is read without loading what speaks to servers.
  if (!(error instanceof Error) || error.name !== "ConnectError") return undefined;
  const { code, rawMessage } = error as ConnectError;
  const name = CODES[code] ?? String(code);
  if (name === "Canceled") return "";
  // The server's own refusals have no code; of the others the code says what to do.
  return name === "Unknown" ? rawMessage : `rpc error: code = ${name} desc = ${rawMessage}`;
}

// Status codes of gRPC by number (grpc/grpc, doc/statuscodes.md).
const CODES =
  "OK Canceled Unknown InvalidArgument DeadlineExceeded NotFound AlreadyExists PermissionDenied ResourceExhausted FailedPrecondition Aborted OutOfRange Unimplemented Internal Unavailable DataLoss Unauthenticated".split(
    " ",
  );

async function* printAll(
  context: CliContext,
  args: ObserveArguments,
  settings: ObserveSettings,
  printer: FlowPrinter,
): AsyncGenerator<Printed, void> {
  const signal = context.interrupted();
  const nowMs = Date.now();
  if (args.subject !== "flows") {
    yield* printEvents(context, args, printer, nowMs, signal);
    return;
  }
  const request = buildRequest(args, settings, nowMs);
  if (settings.printRawFilters) {
    yield { out: rawFilters(request.whitelist, request.blacklist), err: "" };
    return;
  }
  if (settings.inputFile !== undefined) {
    const { stderr } = context.process;
    const warn = (message: string): void => {
      if (!settings.silent) stderr.write(`${settings.inputFile ?? ""}: ${message}\n`);
    };
    const mask = settings.output === "json" ? settings.fieldMask : [];
    for await (const event of readFlowsFromFile(settings.inputFile, request, warn, mask)) {
      if (signal.aborted) return;
      yield printer.flows(event);
    }
    return;
  }
  const { connectObserver } = await import("./from-server.ts");
  const client = connectObserver(args, context.process.env ?? {});
  for await (const response of client.getFlows(request, { signal })) {
    yield printer.flows(response);
  }
}

async function* printEvents(
  context: CliContext,
  args: ObserveArguments,
  printer: FlowPrinter,
  nowMs: number,
  signal: AbortSignal,
): AsyncGenerator<Printed, void> {
  const { since, until, ...selection } = readSelection(args, nowMs, false);
  const request = { ...selection, ...(since && { since }), ...(until && { until }) };
  const { connectObserver } = await import("./from-server.ts");
  const client = connectObserver(args, context.process.env ?? {});
  if (args.subject === "agent-events") {
    const events = client.getAgentEvents(create(GetAgentEventsRequestSchema, request), { signal });
    for await (const event of events) yield printer.agentEvent(event);
  } else {
    const events = client.getDebugEvents(create(GetDebugEventsRequestSchema, request), { signal });
    for await (const event of events) yield printer.debugEvent(event);
  }
}

/** The filters as YAML that `--allowlist` and `--denylist` take back. */
function rawFilters(allow: readonly FlowFilter[], deny: readonly FlowFilter[]): string {
  const section = (name: string, filters: readonly FlowFilter[]): string =>
    filters.length === 0
      ? ""
      : `${name}:\n${filters.map((filter) => `    - '${filterJson(filter)}'\n`).join("")}`;
  const text = section("allowlist", allow) + section("denylist", deny);
  return text === "" ? "{}\n" : text;
}

function filterJson(filter: FlowFilter): string {
  return writeJson(FlowFilterSchema, filter).replaceAll("'", "''");
}
