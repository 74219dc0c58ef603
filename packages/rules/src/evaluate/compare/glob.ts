import { lowerAscii, toByteText } from "./text-order.ts";

// A pattern in parts: a byte as it is, any byte, any number of bytes, or one of a set.
type GlobPart =
  | { readonly kind: "byte"; readonly code: number }
  | { readonly kind: "any" | "many" }
  | { readonly kind: "set"; readonly has: Uint8Array };

/**
 * Makes a matcher of a shell pattern as fnmatch(3) without flags reads it: `*` crosses `/`, `?` is one byte, `[a-z]`,
 * `[!a-z]` and `[[:alpha:]]` are sets, a backslash quotes. A bracket that is not closed stands for itself. In time
 * pattern × text at most.
 */
export function compileGlob(pattern: string, ignoreCase: boolean): (text: string) => boolean {
  const fold = ignoreCase ? lowerAscii : (text: string): string => text;
  const parts = readParts(toByteText(pattern), ignoreCase);
  if (parts === undefined) return () => false;
  const plain = plainShape(parts);
  if (plain !== undefined) return (text) => plain(fold(toByteText(text)));
  return (text) => matches(parts, fold(toByteText(text)));
}

/** The most frequent shapes, `text*`, `*text`, `*text*`, answered without walking. */
function plainShape(parts: readonly GlobPart[]): ((text: string) => boolean) | undefined {
  let start = 0;
  let end = parts.length;
  while (parts[start]?.kind === "many") start++;
  while (end > start && parts[end - 1]?.kind === "many") end--;
  let literal = "";
  for (const part of parts.slice(start, end)) {
    if (part.kind !== "byte") return undefined;
    literal += String.fromCharCode(part.code);
  }
  if (start > 0 && end < parts.length) return (text) => text.includes(literal);
  if (start > 0) return (text) => text.endsWith(literal);
  if (end < parts.length) return (text) => text.startsWith(literal);
  return (text) => text === literal;
}

function matches(parts: readonly GlobPart[], text: string): boolean {
  let at = 0;
  let part = 0;
  // Where to go on when a way ends: after the last "*", one byte further each time.
  let retryPart = -1;
  let retryAt = 0;
  while (at < text.length) {
    const wanted = parts[part];
    if (wanted?.kind === "many") {
      retryPart = ++part;
      retryAt = at;
    } else if (wanted !== undefined && fits(wanted, text.charCodeAt(at))) {
      part++;
      at++;
    } else if (retryPart !== -1) {
      part = retryPart;
      at = ++retryAt;
    } else return false;
  }
  while (parts[part]?.kind === "many") part++;
  return part === parts.length;
}

function fits(part: GlobPart, code: number): boolean {
  switch (part.kind) {
    case "byte":
      return part.code === code;
    case "set":
      return part.has[code] === 1;
    case "any":
      return true;
    case "many":
      return false;
  }
}

/** Undefined for a pattern that fits nothing: one that ends in a backslash. */
function readParts(pattern: string, ignoreCase: boolean): GlobPart[] | undefined {
  const parts: GlobPart[] = [];
  const byte = (code: number): GlobPart => ({
    kind: "byte",
    code: ignoreCase && code >= 65 && code <= 90 ? code + 32 : code,
  });
  for (let index = 0; index < pattern.length; index++) {
    const character = pattern.charAt(index);
    if (character === "*") {
      if (parts.at(-1)?.kind !== "many") parts.push({ kind: "many" });
    } else if (character === "?") parts.push({ kind: "any" });
    else if (character === "\\") {
      if (++index === pattern.length) return undefined;
      parts.push(byte(pattern.charCodeAt(index)));
    } else {
      const set = character === "[" ? readSet(pattern, index, ignoreCase) : undefined;
      if (set === undefined) parts.push(byte(pattern.charCodeAt(index)));
      else {
        parts.push({ kind: "set", has: set.has });
        index = set.end;
      }
    }
  }
  return parts;
}

const CLASSES: Readonly<Record<string, RegExp>> = {
  alnum: /[0-9A-Za-z]/,
  alpha: /[A-Za-z]/,
  blank: /[\t ]/,
  cntrl: /[^ -~\u0080-\uFFFF]/,
  digit: /[0-9]/,
  graph: /[!-~]/,
  lower: /[a-z]/,
  print: /[ -~]/,
  punct: /[!-/:-@[-`{-~]/,
  space: /[\t-\r ]/,
  upper: /[A-Z]/,
  xdigit: /[0-9A-Fa-f]/,
};

/** Reads `[…]` from its bracket on; undefined when it is not closed. */
function readSet(
  pattern: string,
  start: number,
  ignoreCase: boolean,
): { has: Uint8Array; end: number } | undefined {
  const has = new Uint8Array(256);
  let index = start + 1;
  const negated = pattern[index] === "!" || pattern[index] === "^";
  if (negated) index++;
  for (let first = true; ; first = false) {
    if (index >= pattern.length) return undefined;
    if (pattern[index] === "]" && !first) break;
    const named = /^\[:([a-z]+):\]/.exec(pattern.slice(index, index + 12));
    const members = named === null ? undefined : CLASSES[named[1] ?? ""];
    if (named !== null && members !== undefined) {
      for (let code = 0; code < 256; code++)
        if (members.test(String.fromCharCode(code))) has[code] = 1;
      index += named[0].length;
      continue;
    }
    if (pattern[index] === "\\" && index + 1 < pattern.length) index++;
    const from = pattern.charCodeAt(index++);
    let to = from;
    if (pattern[index] === "-" && index + 1 < pattern.length && pattern[index + 1] !== "]") {
      index++;
      if (pattern[index] === "\\" && index + 1 < pattern.length) index++;
      to = pattern.charCodeAt(index++);
    }
    for (let code = from; code <= to; code++) has[code] = 1;
  }
  if (ignoreCase) for (let code = 65; code <= 90; code++) if (has[code] === 1) has[code + 32] = 1;
  if (negated) for (let code = 0; code < 256; code++) has[code] = 1 - (has[code] ?? 0);
  return { has, end: index };
}
