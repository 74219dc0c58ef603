import { ExportEventSchema, GetFlowsResponseSchema } from "../proto/observer.gen.ts";
import type {
  ExportEvent,
  GetAgentEventsResponse,
  GetDebugEventsResponse,
  GetFlowsResponse,
} from "../proto/observer.gen.ts";
import type { Flow, LostEvent } from "../proto/flow.gen.ts";
import { LostEventSourceSchema } from "../proto/flow.gen.ts";
import { writeJson } from "../json/write.ts";
import { formatTimestamp, type TimeFormat } from "../time/go-time.ts";
import { enumName } from "../text/enum-name.ts";
import { flowTypeText, type HubbleVersion } from "../text/flow-type.ts";
import { COLOURS, neutralize, NO_COLOURS } from "./colour.ts";
import { agentEventTexts, debugEventTexts } from "./events.ts";
import { nodeStatusText } from "./node-status.ts";
import { hostTexts, identityTexts, summaryText, verdictText, type PartOptions } from "./parts.ts";
import { alignRows } from "./table.ts";

/** The output formats of `hubble observe`. */
export type OutputFormat = "compact" | "dict" | "json" | "table";

/** How flows are printed. */
export interface PrinterOptions {
  readonly output: OutputFormat;
  readonly timeFormat: TimeFormat;
  readonly nodeName: boolean;
  readonly policyNames: boolean;
  readonly ipTranslation: boolean;
  /** Never has effect on tables and JSON. */
  readonly colour: boolean;
  /** Also print what relays say about nodes that are well. */
  readonly debug: boolean;
  readonly version: HubbleVersion;
}

/** Text for standard output and for standard error. */
export interface Printed {
  readonly out: string;
  readonly err: string;
}

/** Prints answers as `hubble` does, one after the other. A table is held back until the end. */
export interface FlowPrinter {
  readonly flows: (response: GetFlowsResponse | ExportEvent) => Printed;
  readonly agentEvent: (response: GetAgentEventsResponse) => Printed;
  readonly debugEvent: (response: GetDebugEventsResponse) => Printed;
  /** What is left to print. */
  readonly end: () => string;
}

const NOTHING: Printed = { out: "", err: "" };
const DICT_SEPARATOR = "------------\n";

/** A printer for one stream of answers. Control characters in data are made visible in every format but JSON. */
export function createPrinter(options: PrinterOptions): FlowPrinter {
  const coloured = options.colour && options.output !== "table" && options.output !== "json";
  const colours = coloured ? COLOURS : NO_COLOURS;
  const parts: PartOptions = { ...options, colours };
  const rows: string[][] = [];
  let lines = 0;

  const time = (value: GetFlowsResponse["time"]): string =>
    formatTimestamp(value, options.timeFormat);
  const table = (header: readonly string[], cells: readonly string[], node: string): Printed => {
    if (lines === 0) rows.push(withNode(header, "NODE"));
    rows.push(withNode(cells, node).map((cell) => neutralize(cell, colours)));
    return NOTHING;
  };
  const withNode = (cells: readonly string[], node: string): string[] => {
    const [first = "", ...rest] = cells;
    return options.nodeName ? [first, node, ...rest] : [first, ...rest];
  };
  const dict = (entries: readonly (readonly [string, string])[]): Printed => {
    const separator = lines === 0 ? "" : DICT_SEPARATOR;
    const text = entries.map(([name, value]) => `${name.padStart(11)}: ${value}\n`).join("");
    return { out: separator + neutralize(text, colours), err: "" };
  };
  const nodeEntry = (name: string): (readonly [string, string])[] =>
    options.nodeName ? [["NODE", name]] : [];
  const nodeSuffix = (name: string): string => (options.nodeName ? ` [${name}]` : "");
  const line = (text: string): Printed => ({ out: neutralize(`${text}\n`, colours), err: "" });

  const flowHeader = ["TIMESTAMP", "SOURCE", "DESTINATION", "TYPE", "VERDICT", "SUMMARY"];
  const printFlow = (flow: Flow): Printed => {
    const [source, destination] = hostTexts(flow, parts);
    const type = flowTypeText(flow, options.version);
    const verdict = verdictText(flow, parts);
    const summary = summaryText(flow, parts);
    const when = time(flow.time);
    switch (options.output) {
      case "table":
        return table(
          flowHeader,
          [when, source, destination, type, verdict, summary],
          flow.nodeName,
        );
      case "dict":
        return dict([
          ["TIMESTAMP", when],
          ...nodeEntry(flow.nodeName),
          ["SOURCE", source],
          ["DESTINATION", destination],
          ["TYPE", type],
          ["VERDICT", verdict],
          ["SUMMARY", summary],
        ]);
      case "compact":
      case "json": {
        const [sourceIdentity, destinationIdentity] = identityTexts(flow, parts);
        const left = `${source} ${sourceIdentity}`;
        const right = `${destination} ${destinationIdentity}`;
        // A reply is shown the way its request went.
        const between =
          flow.isReply === undefined
            ? `${left} <> ${right}`
            : flow.isReply
              ? `${right} <- ${left}`
              : `${left} -> ${right}`;
        return line(
          `${when}${nodeSuffix(flow.nodeName)}: ${between} ${type} ${verdict} (${summary})`,
        );
      }
    }
  };

  const printLost = (lost: LostEvent, response: GetFlowsResponse | ExportEvent): Printed => {
    const source = enumName(LostEventSourceSchema, lost.source);
    const when = time(response.time);
    const node = response.nodeName === "" ? "-" : response.nodeName;
    const span =
      lost.first === undefined || lost.last === undefined
        ? ""
        : ` (first: ${time(lost.first)}, last: ${time(lost.last)})`;
    const cpu = `CPU(${lost.cpu ?? 0})`;
    const summary = `${cpu} - ${lost.numEventsLost}${span}`;
    switch (options.output) {
      case "table":
        return table(flowHeader, [when, source, "-", "EVENTS LOST", "-", summary], node);
      case "dict":
        return dict([
          ["TIMESTAMP", when],
          ...nodeEntry(node),
          ["SOURCE", source],
          ["TYPE", "EVENTS LOST"],
          ["VERDICT", "-"],
          ["SUMMARY", summary],
        ]);
      case "compact":
      case "json":
        return line(`${when} EVENTS LOST: ${source} ${cpu} ${lost.numEventsLost}${span}`);
    }
  };

  const counted = (printed: Printed): Printed => {
    lines += 1;
    return printed;
  };

  return {
    flows: (response) => {
      const { responseTypes } = response;
      switch (responseTypes.case) {
        case "flow":
        case "lostEvents":
          if (options.output === "json") return { out: `${jsonOf(response)}\n`, err: "" };
          return counted(
            responseTypes.case === "flow"
              ? printFlow(responseTypes.value)
              : printLost(responseTypes.value, response),
          );
        case "nodeStatus": {
          const isProblem =
            responseTypes.value.stateChange === 2 || responseTypes.value.stateChange === 4;
          if (!isProblem && !options.debug) return NOTHING;
          if (options.output === "json") return { out: "", err: `${jsonOf(response)}\n` };
          const text = nodeStatusText(responseTypes.value, {
            when: time(response.time),
            relay: response.nodeName,
            dict: options.output === "dict",
          });
          const separator = options.output === "dict" && lines > 0 ? DICT_SEPARATOR : "";
          if (options.output === "dict") lines += 1;
          return { out: "", err: separator + neutralize(text, colours) };
        }
        case "agentEvent":
        case "debugEvent":
        case undefined:
          return NOTHING;
      }
    },
    agentEvent: (response) => {
      if (response.agentEvent === undefined) return NOTHING;
      const when = time(response.time);
      const { nodeName } = response;
      const { type, details, json } = agentEventTexts(response, options.timeFormat);
      switch (options.output) {
        case "json":
          return { out: `${json()}\n`, err: "" };
        case "table":
          return counted(table(["TIMESTAMP", "TYPE", "DETAILS"], [when, type, details], nodeName));
        case "dict":
          return counted(
            dict([
              ["TIMESTAMP", when],
              ...nodeEntry(nodeName),
              ["TYPE", type],
              ["DETAILS", details],
            ]),
          );
        case "compact":
          return counted(line(`${when}${nodeSuffix(nodeName)}: ${type} (${details})`));
      }
    },
    debugEvent: (response) => {
      if (response.debugEvent === undefined) return NOTHING;
      const when = time(response.time);
      const { nodeName } = response;
      const { from, type, cpu, mark, message, json } = debugEventTexts(response);
      switch (options.output) {
        case "json":
          return { out: `${json()}\n`, err: "" };
        case "table":
          return counted(
            table(
              ["TIMESTAMP", "FROM", "", "TYPE", "CPU/MARK", "MESSAGE"],
              [when, from, "", type, `${cpu} ${mark}`, message],
              nodeName,
            ),
          );
        case "dict":
          return counted(
            dict([
              ["TIMESTAMP", when],
              ...nodeEntry(nodeName),
              ["TYPE", type],
              ["FROM", from],
              ["MARK", mark],
              ["CPU", cpu],
              ["MESSAGE", message],
            ]),
          );
        case "compact":
          return counted(
            line(
              `${when}${nodeSuffix(nodeName)}: ${from} ${type} MARK: ${mark} CPU: ${cpu} (${message})`,
            ),
          );
      }
    },
    end: () => (rows.length === 0 ? "" : alignRows(rows)),
  };
}

function jsonOf(response: GetFlowsResponse | ExportEvent): string {
  return response.$typeName === "observer.ExportEvent"
    ? writeJson(ExportEventSchema, response)
    : writeJson(GetFlowsResponseSchema, response);
}
