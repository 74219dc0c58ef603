import type { DNS, Flow, HTTP, Layer7, TCPFlags } from "../proto/flow.gen.ts";
import { L7FlowType } from "../proto/flow.gen.ts";
import { rcodeText } from "./rcode.ts";
import { icmpText } from "./icmp.ts";

const FLAGS = ["SYN", "ACK", "RST", "FIN", "PSH", "URG", "ECE", "CWR", "NS"] as const;

/** The `Summary` of a flow as Hubble's server writes it: of the request where one was parsed, else of the transport. */
export function summarize(flow: Flow): string {
  const l7 = flow.l7 === undefined ? "" : summarizeL7(flow.l7);
  return l7 === "" ? summarizeL4(flow) : l7;
}

function summarizeL4({ l4 }: Flow): string {
  const protocol = l4?.protocol;
  switch (protocol?.case) {
    case "TCP":
      return `TCP Flags: ${tcpFlagsText(protocol.value.flags)}`;
    case "UDP":
    case "SCTP":
      return protocol.case;
    case "ICMPv4":
      return `ICMPv4 ${icmpText(4, protocol.value.type, protocol.value.code)}`;
    case "ICMPv6":
      return `ICMPv6 ${icmpText(6, protocol.value.type, protocol.value.code)}`;
    case "VRRP":
    case "IGMP":
      return protocol.case;
    case undefined:
      return "";
  }
}

/** The flags that are set: `SYN, ACK`. */
export function tcpFlagsText(flags: TCPFlags | undefined): string {
  if (flags === undefined) return "";
  return FLAGS.filter((name) => flags[name]).join(", ");
}

function summarizeL7({ record, type, latencyNs }: Layer7): string {
  if (record.case === "dns") return summarizeDns(record.value, type);
  if (record.case === "http") return summarizeHttp(record.value, type, latencyNs);
  return "";
}

function summarizeDns(dns: DNS, type: L7FlowType): string {
  const types = dns.qtypes.join(",");
  if (type === L7FlowType.REQUEST) return `DNS Query ${dns.query} ${types}`;
  if (type !== L7FlowType.RESPONSE) return "";
  const source = dns.observationSource === "proxy" ? "Proxy" : "Query";
  const parts: string[] = [];
  if (dns.rcode !== 0) parts.push(`RCode: ${rcodeText(dns.rcode)}`);
  else {
    if (dns.ips.length > 0) parts.push(`"${dns.ips.join(",")}"`);
    if (dns.cnames.length > 0) parts.push(`CNAMEs: "${dns.cnames.join(",")}"`);
  }
  return `DNS Answer ${parts.join(" ")} TTL: ${dns.ttl} (${source} ${dns.query} ${types})`;
}

function summarizeHttp(http: HTTP, type: L7FlowType, latencyNs: bigint): string {
  const request = `${http.method} ${http.url}`;
  if (type === L7FlowType.REQUEST) return `${http.protocol} ${request}`;
  if (type !== L7FlowType.RESPONSE) return "";
  return `${http.protocol} ${http.code} ${latencyNs / 1_000_000n}ms (${request})`;
}
