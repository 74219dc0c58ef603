import { create } from "@bufbuild/protobuf";
import {
  DropReason,
  EventTypeFilterSchema,
  FlowFilter_ExperimentalSchema,
  FlowFilterSchema,
  HTTPHeaderSchema,
  IPVersion,
  MESSAGE_TYPE,
  NetworkInterfaceSchema,
  parseIdentity,
  RESERVED_IDENTITIES,
  TCPFlagsSchema,
  TRACE_POINTS,
  TrafficDirection,
  Verdict,
  WorkloadSchema,
  type EventTypeFilter,
  type FlowFilter,
  type TCPFlags,
  type Workload,
} from "@ocelli/flow";

import { UsageError } from "../exit.ts";
import type { FilterPair } from "./filter-flags.ts";

type Update = (filter: FlowFilter) => void;

// Flags whose values are taken as they are: the fields of source, destination, or both ends.
const ENDS: Readonly<
  Record<
    string,
    readonly [
      "source" | "destination" | "either",
      (filter: FlowFilter, source: boolean) => string[],
    ]
  >
> = {
  fqdn: ["either", (filter, source) => (source ? filter.sourceFqdn : filter.destinationFqdn)],
  "from-fqdn": ["source", (filter) => filter.sourceFqdn],
  "to-fqdn": ["destination", (filter) => filter.destinationFqdn],
  pod: ["either", (filter, source) => (source ? filter.sourcePod : filter.destinationPod)],
  "from-pod": ["source", (filter) => filter.sourcePod],
  "to-pod": ["destination", (filter) => filter.destinationPod],
  ip: ["either", (filter, source) => (source ? filter.sourceIp : filter.destinationIp)],
  "from-ip": ["source", (filter) => filter.sourceIp],
  "to-ip": ["destination", (filter) => filter.destinationIp],
  "snat-ip": ["source", (filter) => filter.sourceIpXlated],
  label: ["either", (filter, source) => (source ? filter.sourceLabel : filter.destinationLabel)],
  "from-label": ["source", (filter) => filter.sourceLabel],
  "to-label": ["destination", (filter) => filter.destinationLabel],
  service: [
    "either",
    (filter, source) => (source ? filter.sourceService : filter.destinationService),
  ],
  "from-service": ["source", (filter) => filter.sourceService],
  "to-service": ["destination", (filter) => filter.destinationService],
  port: ["either", (filter, source) => (source ? filter.sourcePort : filter.destinationPort)],
  "from-port": ["source", (filter) => filter.sourcePort],
  "to-port": ["destination", (filter) => filter.destinationPort],
  cluster: [
    "either",
    (filter, source) => (source ? filter.sourceClusterName : filter.destinationClusterName),
  ],
  "from-cluster": ["source", (filter) => filter.sourceClusterName],
  "to-cluster": ["destination", (filter) => filter.destinationClusterName],
  uuid: ["source", (filter) => filter.uuid],
  "trace-id": ["source", (filter) => filter.traceId],
  "http-status": ["source", (filter) => filter.httpStatusCode],
  "http-method": ["source", (filter) => filter.httpMethod],
  "http-path": ["source", (filter) => filter.httpPath],
  "http-url": ["source", (filter) => filter.httpUrl],
  protocol: ["source", (filter) => filter.protocol],
  "node-name": ["source", (filter) => filter.nodeName],
  "node-label": ["source", (filter) => filter.nodeLabels],
};

/** Adds what `--name value` asks for. Throws UsageError with hubble's text. */
export function setFilter(pair: FilterPair, name: string, value: string): void {
  const both = (update: Update): void => {
    update((pair.left ??= create(FlowFilterSchema)));
    update((pair.right ??= create(FlowFilterSchema)));
  };
  const ends = (source: Update, destination: Update): void => {
    source((pair.left ??= create(FlowFilterSchema)));
    destination((pair.right ??= create(FlowFilterSchema)));
  };
  const plain = ENDS[name];
  if (plain !== undefined) {
    const [end, list] = plain;
    if (end === "either") {
      ends(
        (filter) => list(filter, true).push(value),
        (filter) => list(filter, false).push(value),
      );
    } else both((filter) => list(filter, true).push(value));
    return;
  }
  switch (name) {
    case "namespace":
      pair.namespaces.push(value);
      return;
    case "from-namespace":
      pair.sourceNamespaces.push(value);
      return;
    case "to-namespace":
      pair.destinationNamespaces.push(value);
      return;
    case "all-namespaces":
      pair.namespaces.push("");
      return;
    case "from-all-namespaces":
      pair.sourceNamespaces.push("");
      return;
    case "to-all-namespaces":
      pair.destinationNamespaces.push("");
      return;
    case "ipv4":
      return both((filter) => filter.ipVersion.push(IPVersion.IPv4));
    case "ipv6":
      return both((filter) => filter.ipVersion.push(IPVersion.IPv6));
    case "ip-version": {
      const version = readIpVersion(value);
      return both((filter) => filter.ipVersion.push(version));
    }
    case "ip-trace-id": {
      if (!/^[0-9]{1,20}$/.test(value) || BigInt(value) === 0n) {
        throw new UsageError("invalid --ip-trace-id value; must be greater than 0");
      }
      return both((filter) => filter.ipTraceId.push(BigInt(value)));
    }
    case "verdict": {
      const verdict = readEnum(Verdict, value, `invalid --verdict value: ${value}`);
      return both((filter) => filter.verdict.push(verdict));
    }
    case "drop-reason-desc": {
      if (value === "") throw new UsageError("empty --drop-reason-desc value");
      const reason = readEnum(DropReason, value, `invalid --drop-reason-desc value: ${value}`);
      return both((filter) => filter.dropReasonDesc.push(reason));
    }
    case "http-header": {
      const colon = value.indexOf(":");
      if (colon < 0) {
        throw new UsageError(`invalid http-header value "${value}", expected name:value`);
      }
      const header = { key: value.slice(0, colon), value: value.slice(colon + 1) };
      return both((filter) => filter.httpHeader.push(create(HTTPHeaderSchema, header)));
    }
    case "type": {
      const type = readType(value);
      return both((filter) => filter.eventType.push(type));
    }
    case "workload": {
      const workload = readWorkload(value);
      return ends(
        (filter) => filter.sourceWorkload.push(workload),
        (filter) => filter.destinationWorkload.push(workload),
      );
    }
    case "from-workload":
      return both((filter) => filter.sourceWorkload.push(readWorkload(value)));
    case "to-workload":
      return both((filter) => filter.destinationWorkload.push(readWorkload(value)));
    case "identity": {
      const identity = readIdentity(value);
      return ends(
        (filter) => filter.sourceIdentity.push(identity),
        (filter) => filter.destinationIdentity.push(identity),
      );
    }
    case "from-identity":
      return both((filter) => filter.sourceIdentity.push(readIdentity(value)));
    case "to-identity":
      return both((filter) => filter.destinationIdentity.push(readIdentity(value)));
    case "tcp-flags": {
      const flags = readTcpFlags(value);
      return both((filter) => filter.tcpFlags.push(flags));
    }
    case "traffic-direction": {
      const direction = readDirection(value);
      return both((filter) => filter.trafficDirection.push(direction));
    }
    case "cel-expression":
      return both((filter) => {
        filter.experimental ??= create(FlowFilter_ExperimentalSchema);
        filter.experimental.celExpression.push(value);
      });
    case "interface":
      return both((filter) =>
        filter.interface.push(create(NetworkInterfaceSchema, { name: value })),
      );
    case "encrypted":
    case "unencrypted":
      return both((filter) => filter.encrypted.push(name === "encrypted"));
    default:
      throw new UsageError(`Unknown filter --${name}`);
  }
}

function readEnum<T extends number>(
  values: Readonly<Record<string, T | string>>,
  name: string,
  message: string,
): T {
  const number = Object.hasOwn(values, name) ? values[name] : undefined;
  if (typeof number !== "number") throw new UsageError(message);
  return number;
}

function readIpVersion(text: string): IPVersion {
  const name = text.toLowerCase();
  if (["4", "v4", "ipv4", "ip4"].includes(name)) return IPVersion.IPv4;
  if (["6", "v6", "ipv6", "ip6"].includes(name)) return IPVersion.IPv6;
  return IPVersion.IP_NOT_USED;
}

function readType(text: string): EventTypeFilter {
  const colon = text.indexOf(":");
  const name = colon < 0 ? text : text.slice(0, colon);
  const subName = colon < 0 ? undefined : text.slice(colon + 1);
  const known: Readonly<Record<string, number>> = MESSAGE_TYPE;
  const type = Object.hasOwn(known, name) ? known[name] : readNumber(name);
  if (type === undefined) {
    throw new UsageError(
      `unable to parse type '${name}', not a known type name and unable to parse as numeric value`,
    );
  }
  if (subName === undefined) return create(EventTypeFilterSchema, { type });
  const point = type === MESSAGE_TYPE.trace ? TRACE_POINTS.indexOf(subName) : -1;
  const subType = point >= 0 ? point : readNumber(subName);
  if (subType === undefined) {
    throw new UsageError(
      `unable to parse event sub-type '${subName}', not a known sub-type name and unable to parse as numeric value`,
    );
  }
  return create(EventTypeFilterSchema, { type, matchSubType: true, subType });
}

function readNumber(text: string): number | undefined {
  return /^[0-9]{1,9}$/.test(text) ? Number(text) : undefined;
}

function readWorkload(text: string): Workload {
  const slash = text.indexOf("/");
  const [kind, name] = slash < 0 ? ["", text] : [text.slice(0, slash), text.slice(slash + 1)];
  return create(WorkloadSchema, { kind, name });
}

function readIdentity(text: string): number {
  const identity = parseIdentity(text);
  if (identity === undefined) {
    const names = RESERVED_IDENTITIES.slice(1).join(" ");
    throw new UsageError(
      `invalid security identity, expected one of [${names}] or a numeric value`,
    );
  }
  return identity;
}

function readTcpFlags(text: string): TCPFlags {
  const flags = create(TCPFlagsSchema);
  const names = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "NS"] as const;
  for (const word of text.split(",")) {
    const name = names.find((one) => one === word.toUpperCase());
    if (name === undefined) throw new UsageError(`unknown tcp flag: ${word}`);
    flags[name] = true;
  }
  return flags;
}

function readDirection(text: string): TrafficDirection {
  const name = text.toLowerCase();
  if (name === "ingress") return TrafficDirection.INGRESS;
  if (name === "egress") return TrafficDirection.EGRESS;
  throw new UsageError(`${name}: invalid traffic direction, expected ingress or egress`);
}
