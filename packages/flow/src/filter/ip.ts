import { parseAddress, parsePrefix, prefixContains, type Prefix } from "../go/address.ts";
import { quoteGo } from "../go/quote.ts";
import type { Flow, FlowFilter } from "../proto/flow.gen.ts";
import { FilterError, type Predicate } from "./predicate.ts";

/** source_ip, destination_ip, source_ip_xlated: a prefix, or the very text of the flow. */
export function ipFilter(filter: FlowFilter, into: Predicate[]): void {
  const { sourceIp, destinationIp, sourceIpXlated } = filter;
  if (sourceIp.length > 0) into.push(addressFilter(sourceIp, ({ IP }) => IP?.source));
  if (destinationIp.length > 0) {
    into.push(addressFilter(destinationIp, ({ IP }) => IP?.destination));
  }
  if (sourceIpXlated.length > 0) {
    into.push(addressFilter(sourceIpXlated, ({ IP }) => IP?.sourceXlated));
  }
}

function addressFilter(
  texts: readonly string[],
  textOf: (flow: Flow) => string | undefined,
): Predicate {
  const exact = new Set<string>();
  const prefixes: Prefix[] = [];
  for (const text of texts) {
    if (text.includes("/")) {
      const prefix = parsePrefix(text);
      if (!prefix.ok) {
        throw new FilterError(`invalid IP prefix ${quoteGo(text)} in filter: ${prefix.error}`);
      }
      prefixes.push(prefix.value);
    } else {
      const address = parseAddress(text);
      if (!address.ok) {
        throw new FilterError(`invalid IP address ${quoteGo(text)} in filter: ${address.error}`);
      }
      exact.add(text);
    }
  }
  return (flow) => {
    const text = textOf(flow);
    if (text === undefined || text === "") return false;
    if (exact.has(text)) return true;
    if (prefixes.length === 0) return false;
    const address = parseAddress(text);
    return address.ok && prefixes.some((prefix) => prefixContains(prefix, address.value));
  };
}
