import { parseUint } from "../go/number.ts";
import { quoteGo } from "../go/quote.ts";
import type { Flow, FlowFilter } from "../proto/flow.gen.ts";
import { FilterError, withPrefix, type Predicate } from "./predicate.ts";

const L4 = new Map<string, readonly string[]>([
  ["icmp", ["ICMPv4", "ICMPv6"]],
  ["icmpv4", ["ICMPv4"]],
  ["icmpv6", ["ICMPv6"]],
  ["tcp", ["TCP"]],
  ["udp", ["UDP"]],
  ["sctp", ["SCTP"]],
  ["vrrp", ["VRRP"]],
  ["igmp", ["IGMP"]],
]);
const L7: ReadonlySet<string> = new Set(["dns", "http", "kafka"]);

/** protocol: of the transport or the parsed request, in any case of letters. */
export function protocolFilter({ protocol }: FlowFilter, into: Predicate[]): void {
  if (protocol.length === 0) return;
  const l4 = new Set<string>();
  const l7 = new Set<string>();
  for (const text of protocol) {
    const name = text.toLowerCase();
    const cases = L4.get(name);
    if (cases !== undefined) for (const one of cases) l4.add(one);
    else if (L7.has(name)) l7.add(name);
    else throw new FilterError(`invalid protocol filter: unknown protocol: ${quoteGo(text)}`);
  }
  into.push((flow) => l4.has(flow.l4?.protocol.case ?? "") || l7.has(flow.l7?.record.case ?? ""));
}

/** source_port, destination_port of TCP, UDP and SCTP. */
export function portFilter({ sourcePort, destinationPort }: FlowFilter, into: Predicate[]): void {
  if (sourcePort.length > 0) {
    const ports = withPrefix("invalid source port filter", () => readPorts(sourcePort));
    into.push((flow) => ports.has(portsOf(flow)?.sourcePort ?? -1));
  }
  if (destinationPort.length > 0) {
    const ports = withPrefix("invalid destination port filter", () => readPorts(destinationPort));
    into.push((flow) => ports.has(portsOf(flow)?.destinationPort ?? -1));
  }
}

/** The ports of a TCP, UDP or SCTP flow; undefined for all others. */
export function portsOf(
  flow: Flow,
): { readonly sourcePort: number; readonly destinationPort: number } | undefined {
  const protocol = flow.l4?.protocol;
  switch (protocol?.case) {
    case "TCP":
    case "UDP":
    case "SCTP":
      return protocol.value;
    case "ICMPv4":
    case "ICMPv6":
    case "VRRP":
    case "IGMP":
    case undefined:
      return undefined;
  }
}

function readPorts(texts: readonly string[]): Set<number> {
  const ports = new Set<number>();
  for (const text of texts) {
    const port = parseUint(text, 0xffffn);
    if (!port.ok) throw new FilterError(`invalid port ${quoteGo(text)}: ${port.error}`);
    ports.add(Number(port.value));
  }
  return ports;
}
