import { TrafficDirection, type Endpoint, type Flow } from "../proto/flow.gen.ts";
import { MetricConfigError, type MetricOptions } from "./options.ts";

/** The labels that context options add to a metric. */
export interface MetricContext {
  readonly names: readonly string[];
  /** The values for a flow. Inverted, source and destination are exchanged: of a response, to tell of its request. */
  readonly values: (flow: Flow, inverted?: boolean) => string[];
}

type Side = "source" | "destination";
type Identifier = (flow: Flow, side: Side) => string;

const IDENTIFIERS: Readonly<Record<string, Identifier>> = {
  identity: (flow, side) => (flow[side]?.labels ?? []).join(","),
  namespace: (flow, side) => flow[side]?.namespace ?? "",
  pod: (flow, side) => qualified(flow[side], flow[side]?.podName ?? ""),
  "pod-name": (flow, side) => flow[side]?.podName ?? "",
  dns: (flow, side) => (side === "source" ? flow.sourceNames : flow.destinationNames).join(","),
  ip: (flow, side) => flow.IP?.[side] ?? "",
  "reserved-identity": (flow, side) => reservedLabel(flow[side]?.labels ?? []),
  workload: (flow, side) => {
    const name = flow[side]?.workloads[0]?.name ?? "";
    return name === "" ? "" : qualified(flow[side], name);
  },
  "workload-name": (flow, side) => flow[side]?.workloads[0]?.name ?? "",
  app: (flow, side) => appOf(flow[side]?.labels ?? []),
};

// labelsContext: the name of each label says whose it is.
const LABELS: Readonly<Record<string, (endpoint: Endpoint | undefined, ip: string) => string>> = {
  ip: (_, ip) => ip,
  pod: (endpoint) => endpoint?.podName ?? "",
  namespace: (endpoint) => endpoint?.namespace ?? "",
  workload: (endpoint) => endpoint?.workloads[0]?.name ?? "",
  workload_kind: (endpoint) => endpoint?.workloads[0]?.kind ?? "",
  app: (endpoint) => appOf(endpoint?.labels ?? []),
};

interface SideContext {
  readonly any: readonly Identifier[];
  readonly egress: readonly Identifier[];
  readonly ingress: readonly Identifier[];
}

/** Reads the context options of a metric. Throws MetricConfigError. */
export function readContext(options: MetricOptions): MetricContext {
  const source = readSide("source", options);
  const destination = readSide("destination", options);
  const labels = readLabels(options.get("labelscontext"));
  return {
    names: [
      ...labels,
      ...(isUsed(source) ? ["source"] : []),
      ...(isUsed(destination) ? ["destination"] : []),
    ],
    values: (flow, inverted = false) => {
      const values = labels.map((label) => labelValue(label, flow, inverted));
      const from = isUsed(source) ? contextValue(source, flow, "source") : undefined;
      const to = isUsed(destination) ? contextValue(destination, flow, "destination") : undefined;
      const [first, second] = inverted ? [to ?? "", from ?? ""] : [from ?? "", to ?? ""];
      if (from !== undefined) values.push(first);
      if (to !== undefined) values.push(second);
      return values;
    },
  };
}

function readSide(side: Side, options: MetricOptions): SideContext {
  return {
    any: readIdentifiers(options.get(`${side}context`)),
    egress: readIdentifiers(options.get(`${side}egresscontext`)),
    ingress: readIdentifiers(options.get(`${side}ingresscontext`)),
  };
}

function isUsed({ any, egress, ingress }: SideContext): boolean {
  return any.length + egress.length + ingress.length > 0;
}

function readIdentifiers(text: string | undefined): Identifier[] {
  if (text === undefined) return [];
  return text.split("|").map((name) => {
    const key = name.toLowerCase();
    const identifier = Object.hasOwn(IDENTIFIERS, key) ? IDENTIFIERS[key] : undefined;
    if (identifier === undefined) throw new MetricConfigError(`unknown context '${name}'`);
    return identifier;
  });
}

function readLabels(text: string | undefined): string[] {
  if (text === undefined) return [];
  const labels = text.split(",");
  for (const label of labels) {
    const [, kind] = /^(?:source|destination)_(.+)$/.exec(label) ?? [];
    if (label === "traffic_direction" || (kind !== undefined && Object.hasOwn(LABELS, kind)))
      continue;
    throw new MetricConfigError(`invalid labelsContext value: ${label}`);
  }
  return [...new Set(labels)];
}

function contextValue(context: SideContext, flow: Flow, side: Side): string {
  const { trafficDirection } = flow;
  const chosen =
    context.ingress.length > 0 && trafficDirection === TrafficDirection.INGRESS
      ? context.ingress
      : context.egress.length > 0 && trafficDirection === TrafficDirection.EGRESS
        ? context.egress
        : context.any;
  for (const identifier of chosen) {
    const value = identifier(flow, side);
    if (value !== "") return value;
  }
  return "";
}

function labelValue(label: string, flow: Flow, inverted: boolean): string {
  if (label === "traffic_direction") {
    if (flow.trafficDirection === TrafficDirection.INGRESS) return "ingress";
    return flow.trafficDirection === TrafficDirection.EGRESS ? "egress" : "unknown";
  }
  const isSource = label.startsWith("source_") !== inverted;
  const side: Side = isSource ? "source" : "destination";
  const kind = label.slice(label.indexOf("_") + 1);
  return LABELS[kind]?.(flow[side], flow.IP?.[side] ?? "") ?? "";
}

function qualified(endpoint: Endpoint | undefined, name: string): string {
  const namespace = endpoint?.namespace ?? "";
  return namespace === "" ? name : `${namespace}/${name}`;
}

function reservedLabel(labels: readonly string[]): string {
  const apiServer = "reserved:kube-apiserver";
  if (labels.includes(apiServer)) return apiServer;
  return labels.find((label) => label.startsWith("reserved:")) ?? "";
}

function appOf(labels: readonly string[]): string {
  for (const label of labels) {
    const [, value] = /^k8s:(?:app\.kubernetes\.io\/name|k8s-app|app)=(.+)$/.exec(label) ?? [];
    if (value !== undefined) return value;
  }
  return "";
}
