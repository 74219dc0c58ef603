import {
  AuthType,
  AuthTypeSchema,
  TrafficDirection,
  Verdict,
  VerdictSchema,
  type Flow,
  type Policy,
} from "../proto/flow.gen.ts";
import { portsOf } from "../filter/l4.ts";
import { enumName } from "../text/enum-name.ts";
import { identityText } from "../text/identity.ts";
import { MESSAGE_TYPE } from "../text/message-types.ts";
import type { Colours } from "./colour.ts";

/** How the parts of a line are printed. */
export interface PartOptions {
  readonly colours: Colours;
  /** Names of pods, services and DNS instead of addresses. */
  readonly ipTranslation: boolean;
  readonly policyNames: boolean;
}

/** Source and destination as `default/web-1:80`. */
export function hostTexts(flow: Flow, options: PartOptions): readonly [string, string] {
  const { cyan } = options.colours;
  const { IP: ip, ethernet } = flow;
  if (ip === undefined) {
    return ethernet === undefined ? ["", ""] : [cyan(ethernet.source), cyan(ethernet.destination)];
  }
  const ports = portsOf(flow);
  const source = hostText(
    ip.source,
    ports?.sourcePort,
    flow.source,
    flow.sourceService,
    flow.sourceNames,
    options,
  );
  const destination = hostText(
    ip.destination,
    ports?.destinationPort,
    flow.destination,
    flow.destinationService,
    flow.destinationNames,
    options,
  );
  return [cyan(source), cyan(destination)];
}

function hostText(
  ip: string,
  port: number | undefined,
  endpoint: Flow["source"],
  service: Flow["sourceService"],
  names: readonly string[],
  options: PartOptions,
): string {
  // The service's namespace replaces the pod's, even for the pod's own name.
  const namespace = (service ?? endpoint)?.namespace ?? "";
  const pod = endpoint?.podName ?? "";
  let host = ip;
  if (options.ipTranslation) {
    if (pod !== "") host = joinPath(namespace, pod);
    else if (service !== undefined && service.name !== "") host = joinPath(namespace, service.name);
    else if (names.length > 0) host = names.join(",");
  }
  if (port === undefined || port === 0) return host;
  const shown = options.colours.yellow(String(port));
  return host.includes(":") ? `[${host}]:${shown}` : `${host}:${shown}`;
}

function joinPath(namespace: string, name: string): string {
  return namespace === "" ? name : `${namespace}/${name}`;
}

/** The identities of source and destination. */
export function identityTexts(flow: Flow, { colours }: PartOptions): readonly [string, string] {
  const { magenta } = colours;
  return [
    magenta(identityText(flow.source?.identity ?? 0)),
    magenta(identityText(flow.destination?.identity ?? 0)),
  ];
}

/** The verdict; of policy verdicts what the policy said, with the policies' names when asked for. */
export function verdictText(flow: Flow, { colours, policyNames }: PartOptions): string {
  const { verdict } = flow;
  const isPolicy = flow.eventType?.type === MESSAGE_TYPE["policy-verdict"];
  const text = enumName(VerdictSchema, verdict);
  switch (verdict) {
    case Verdict.FORWARDED:
    case Verdict.REDIRECTED:
      if (!isPolicy) return colours.green(text);
      return colours.green(
        `ALLOWED${policyNames ? policyText(flow, flow.egressAllowedBy, flow.ingressAllowedBy) : ""}`,
      );
    case Verdict.DROPPED:
    case Verdict.ERROR:
      if (!isPolicy) return colours.red(text);
      return colours.red(
        `DENIED${policyNames ? policyText(flow, flow.egressDeniedBy, flow.ingressDeniedBy) : ""}`,
      );
    case Verdict.AUDIT:
      return colours.yellow(isPolicy ? "AUDITED" : text);
    case Verdict.TRACED:
    case Verdict.TRANSLATED:
      return colours.yellow(text);
    default:
      return text;
  }
}

function policyText(
  { trafficDirection }: Flow,
  egress: readonly Policy[],
  ingress: readonly Policy[],
): string {
  const policies =
    trafficDirection === TrafficDirection.EGRESS
      ? egress
      : trafficDirection === TrafficDirection.INGRESS
        ? ingress
        : [];
  const named = policies.filter(({ name, kind }) => name !== "" && kind !== "");
  if (named.length === 0) return "";
  return ` BY ${named.map(({ name, kind }) => `${name} (${kind})`).join(", ")}`;
}

/** The summary, with the IP trace before and the authentication behind it. */
export function summaryText(flow: Flow, { colours }: PartOptions): string {
  const traceId = flow.ipTraceId?.traceId ?? 0n;
  const prefix = traceId > 0n ? `IP Trace ID: ${traceId}; ` : "";
  const { authType } = flow;
  if (authType === AuthType.DISABLED) return `${prefix}${flow.Summary}`;
  const name = enumName(AuthTypeSchema, authType);
  const auth = authType === AuthType.TEST_ALWAYS_FAIL ? colours.red(name) : colours.green(name);
  return `${prefix}${flow.Summary}; Auth: ${auth}`;
}
