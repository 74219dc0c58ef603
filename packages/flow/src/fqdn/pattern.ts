import { quoteGo } from "../go/quote.ts";

/** How a network policy selects DNS names: one name, or names by a pattern. */
export interface NameSelector {
  readonly matchName?: string | undefined;
  readonly matchPattern?: string | undefined;
}

/** A compiled selector. */
export interface NamePattern {
  /** The anchored expression over lower-case names with a final dot, as Cilium writes it. */
  readonly regex: string;
  /** Whether a name, lower-case and with its final dot, is selected. */
  readonly matches: (name: string) => boolean;
}

const LABEL = "[-a-zA-Z0-9_]";
const EVERYTHING = `(^(${LABEL}+[.])+$)|(^[.]$)`;

/**
 * Compiles the selector of `toFQDNs`, DNS rules and server names as Cilium does: `*` stays within a label, a leading `**.`
 * crosses labels, a lone `*` or `**` is every name. Unlike the patterns of flow filters, names are compared as they are:
 * callers lower them and add the final dot. The error is Cilium's text.
 */
export function compileNameSelector(
  selector: NameSelector,
):
  | { readonly ok: true; readonly value: NamePattern }
  | { readonly ok: false; readonly error: string } {
  const { matchName = "", matchPattern = "" } = selector;
  if (matchName !== "" && matchPattern !== "") {
    return {
      ok: false,
      error: "only one of MatchName or MatchPattern is allowed in an FQDNSelector",
    };
  }
  if (matchName === "" && matchPattern === "") {
    return { ok: false, error: "one of MatchName or MatchPattern is required in an FQDNSelector" };
  }
  if (matchName !== "") {
    if (!/^[-a-zA-Z0-9_.]+$/.test(matchName)) {
      return refuse(
        "MatchName",
        matchName,
        "Only 0-9, a-z, A-Z and -, _ and . characters are allowed",
      );
    }
    return { ok: true, value: compile(qualify(matchName)) };
  }
  const pattern = qualify(matchPattern);
  if (!/^[-a-zA-Z0-9_.*]+$/.test(pattern)) {
    const allowed = "Only 0-9, a-z, A-Z and ., -, _ and * characters are allowed";
    return refuse("MatchPattern", pattern, allowed);
  }
  return { ok: true, value: compile(pattern) };
}

function refuse(what: string, text: string, allowed: string): { ok: false; error: string } {
  return { ok: false, error: `Invalid characters in ${what}: ${quoteGo(text)}. ${allowed}` };
}

/** Lower-case, without spaces around, with a final dot. */
function qualify(name: string): string {
  const lower = name.trim().toLowerCase();
  return lower.endsWith(".") ? lower : `${lower}.`;
}

function compile(pattern: string): NamePattern {
  if (/^\*+\.$/.test(pattern)) {
    return { regex: EVERYTHING, matches: (name) => name === "." || labelsOf(name) !== undefined };
  }
  const deep = pattern.startsWith("**.");
  const rest = (deep ? pattern.slice(2) : pattern).replace(/\*+/g, "*");
  const body = rest.replaceAll(".", "[.]").replaceAll("*", `${LABEL}*`);
  const prefix = deep ? `(${LABEL}+([.]${LABEL}+){0,})` : "";
  const wanted = (deep ? rest.slice(1) : rest).split(".");
  return {
    regex: `^${prefix}${body}$`,
    matches: (name) => {
      const labels = name.split(".");
      const extra = labels.length - wanted.length;
      if (deep ? extra < 1 : extra !== 0) return false;
      if (deep && labelsOf(`${labels.slice(0, extra).join(".")}.`) === undefined) return false;
      return wanted.every((label, index) => matchesLabel(label, labels[extra + index] ?? ""));
    },
  };
}

function labelsOf(name: string): string[] | undefined {
  const labels = name.split(".");
  if (labels.pop() !== "" || labels.length === 0) return undefined;
  return labels.every((label) => /^[-a-zA-Z0-9_]+$/.test(label)) ? labels : undefined;
}

/** `*` is any run of characters of a label. Greedy with one point to come back to: linear for names of 255 characters. */
function matchesLabel(pattern: string, label: string): boolean {
  if (!pattern.includes("*")) return pattern === label;
  if (!/^[-a-zA-Z0-9_]*$/.test(label)) return false;
  let at = 0;
  let star = -1;
  let resume = 0;
  let index = 0;
  while (index < label.length) {
    if (pattern.charAt(at) === "*") {
      star = at;
      resume = index;
      at += 1;
    } else if (at < pattern.length && pattern.charAt(at) === label.charAt(index)) {
      at += 1;
      index += 1;
    } else if (star >= 0) {
      at = star + 1;
      resume += 1;
      index = resume;
    } else return false;
  }
  return pattern.slice(at).replaceAll("*", "") === "";
}
