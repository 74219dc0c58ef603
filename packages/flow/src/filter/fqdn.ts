import { quoteGoRune } from "../go/quote.ts";
import type { FlowFilter } from "../proto/flow.gen.ts";
import { FilterError, withPrefix, type Predicate } from "./predicate.ts";
import { compileRegexp } from "./regexp.ts";

/** source_fqdn, destination_fqdn, dns_query */
export function fqdnFilter(filter: FlowFilter, into: Predicate[]): void {
  const { sourceFqdn, destinationFqdn, dnsQuery } = filter;
  if (sourceFqdn.length > 0) {
    const matches = compileNames(sourceFqdn);
    into.push(({ sourceNames }) => sourceNames.some((name) => matches(name)));
  }
  if (destinationFqdn.length > 0) {
    const matches = compileNames(destinationFqdn);
    into.push(({ destinationNames }) => destinationNames.some((name) => matches(name)));
  }
  if (dnsQuery.length > 0) {
    const patterns = withPrefix("invalid DNS query filter: failed to compile regexp", () =>
      dnsQuery.map((pattern) => compileRegexp(pattern)),
    );
    into.push(({ l7 }) => {
      if (l7?.record.case !== "dns") return false;
      const { query } = l7.record.value;
      return patterns.some((matches) => matches(query));
    });
  }
}

/** node_name: `[cluster/]node`, patterns on both sides; an empty side is any name. */
export function nodeNameFilter({ nodeName: patterns }: FlowFilter, into: Predicate[]): void {
  if (patterns.length === 0) return;
  const alternatives = patterns.map((pattern) => {
    if (pattern === "") throw new FilterError("empty pattern");
    const parts = pattern.split("/");
    if (parts.length > 2) throw new FilterError("too many slashes in pattern");
    const [cluster = "", node = ""] = parts.length === 1 ? ["", parts[0]] : parts;
    return `${nodePart(cluster)}/${nodePart(node)}`;
  });
  const matches = compileRegexp(`\\A(?:${alternatives.join("|")})\\z`);
  into.push(({ nodeName }) => {
    if (nodeName === "") return false;
    return matches(nodeName.includes("/") ? nodeName : `default/${nodeName}`);
  });
}

function nodePart(pattern: string): string {
  return pattern === "" ? "(?:[-0-9_a-z]+(?:\\.[-0-9_a-z]+)*)" : nameRegexp(pattern);
}

function compileNames(patterns: readonly string[]): (text: string) => boolean {
  return compileRegexp(`\\A(?:${patterns.map((pattern) => nameRegexp(pattern)).join("|")})\\z`);
}

/** The expression for a name in which `*` stands for any characters of names, dots included. */
function nameRegexp(pattern: string): string {
  const canonical = pattern.trim().replace(/\.$/, "").toLowerCase();
  if (canonical === "") throw new FilterError("empty pattern");
  if (canonical.endsWith(".")) throw new FilterError("multiple trailing dots in pattern");
  let regexp = "";
  for (const character of canonical) {
    if (character === ".") regexp += "\\.";
    else if (character === "*") regexp += "[-.0-9a-z]*";
    else if (/[-0-9_a-z]/.test(character)) regexp += character;
    else throw new FilterError(`${quoteGoRune(character)}: invalid rune in pattern`);
  }
  return regexp;
}
