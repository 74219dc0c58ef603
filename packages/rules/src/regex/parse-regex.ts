import type { Ranges, RegexNode, RegexProblem } from "./regex-node.ts";

const MAX_REPEAT = 1000;
const MAX_DEPTH = 500;

const CLASSES: Readonly<Record<string, Ranges>> = {
  alnum: [
    [48, 57],
    [65, 90],
    [97, 122],
  ], // 0-9 A-Z a-z
  alpha: [
    [65, 90],
    [97, 122],
  ],
  ascii: [[0, 127]],
  blank: [
    [9, 9],
    [32, 32],
  ],
  cntrl: [
    [0, 31],
    [127, 127],
  ],
  digit: [[48, 57]],
  graph: [[33, 126]],
  lower: [[97, 122]],
  print: [[32, 126]],
  punct: [
    [33, 47],
    [58, 64],
    [91, 96],
    [123, 126],
  ],
  space: [
    [9, 13],
    [32, 32],
  ],
  upper: [[65, 90]],
  word: [
    [48, 57],
    [65, 90],
    [95, 95],
    [97, 122],
  ],
  xdigit: [
    [48, 57],
    [65, 70],
    [97, 102],
  ],
};

const CONTROLS: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };

/** Ends a parse from inside; `parseRegex` catches it and nothing else sees it. */
class RegexSyntaxError extends Error {}

interface Reader {
  readonly pattern: string;
  offset: number;
  depth: number;
}

/**
 * Reads a regular expression in RE2's POSIX syntax (egrep's): `| * + ? {n,m} ( ) [ ] . ^ $`, POSIX classes, escapes of
 * punctuation and of `\a \f \n \r \t \v \xHH \x{H…}`. Perl's classes such as `\d` are not part of it. Linear in the
 * length of the pattern.
 */
export function parseRegex(pattern: string): RegexNode | RegexProblem {
  const reader: Reader = { pattern, offset: 0, depth: 0 };
  try {
    const node = readChoice(reader);
    if (reader.offset < pattern.length) throw new RegexSyntaxError(`unexpected ): ${pattern}`);
    return node;
  } catch (error) {
    if (!(error instanceof RegexSyntaxError)) throw error;
    return { message: error.message };
  }
}

function readChoice(reader: Reader): RegexNode {
  const first = readSequence(reader);
  const items = [first];
  while (reader.pattern[reader.offset] === "|") {
    reader.offset++;
    items.push(readSequence(reader));
  }
  return items.length === 1 ? first : { kind: "choice", items };
}

function readSequence(reader: Reader): RegexNode {
  const items: RegexNode[] = [];
  for (;;) {
    const character = reader.pattern[reader.offset];
    if (character === undefined || character === "|" || character === ")") break;
    items.push(readRepeated(reader));
  }
  const [first] = items;
  if (first === undefined) return { kind: "empty" };
  return items.length === 1 ? first : { kind: "sequence", items };
}

function readRepeated(reader: Reader): RegexNode {
  let item = readAtom(reader);
  for (let nested = 0; ; nested++) {
    const start = reader.offset;
    const limits = readLimits(reader);
    if (limits === undefined) return item;
    const [least, most] = limits;
    if (least > MAX_REPEAT || (most ?? 0) > MAX_REPEAT || (most !== undefined && most < least)) {
      const text = reader.pattern.slice(start, reader.offset);
      throw new RegexSyntaxError(`invalid repetition size: ${text}`);
    }
    item = { kind: "repeat", item, least, most };
    // Each repetition of a repetition is one level deeper.
    if (reader.depth + nested >= MAX_DEPTH) throw new RegexSyntaxError("nesting too deep");
  }
}

/** Reads `*`, `+`, `?` or `{n,m}`; a brace that starts no repetition is a plain character. */
function readLimits(reader: Reader): readonly [number, number | undefined] | undefined {
  const character = reader.pattern[reader.offset];
  if (character === "*" || character === "+" || character === "?") {
    reader.offset++;
    return [character === "+" ? 1 : 0, character === "?" ? 1 : undefined];
  }
  if (character !== "{") return undefined;
  const braces = /\{(\d{1,9})(,?)(\d{0,9})\}/y;
  braces.lastIndex = reader.offset;
  const found = braces.exec(reader.pattern);
  if (found === null) return undefined;
  const [text, least = "", comma, most = ""] = found;
  if (comma === "" && most !== "") return undefined;
  reader.offset += text.length;
  if (comma === "") return [Number(least), Number(least)];
  return [Number(least), most === "" ? undefined : Number(most)];
}

function readAtom(reader: Reader): RegexNode {
  const { pattern, offset } = reader;
  const character = pattern.charAt(offset);
  switch (character) {
    case "(":
      return readGroup(reader);
    case "[":
      return readClass(reader);
    case ".":
      reader.offset++;
      return { kind: "set", ranges: [[10, 10]], negated: true };
    case "^":
      reader.offset++;
      return { kind: "line-start" };
    case "$":
      reader.offset++;
      return { kind: "line-end" };
    case "*":
    case "+":
    case "?":
      throw new RegexSyntaxError(`no argument for repetition operator: ${character}`);
    default: {
      const code = readCharacter(reader);
      return { kind: "set", ranges: [[code, code]], negated: false };
    }
  }
}

function readGroup(reader: Reader): RegexNode {
  const { pattern } = reader;
  reader.offset++;
  if (pattern[reader.offset] === "?")
    throw new RegexSyntaxError("no argument for repetition operator: ?");
  if (++reader.depth > MAX_DEPTH) throw new RegexSyntaxError("nesting too deep");
  const node = readChoice(reader);
  if (pattern[reader.offset] !== ")") throw new RegexSyntaxError(`missing ): ${pattern}`);
  reader.offset++;
  reader.depth--;
  return node;
}

function readClass(reader: Reader): RegexNode {
  const { pattern } = reader;
  const start = reader.offset;
  reader.offset++;
  const negated = pattern[reader.offset] === "^";
  if (negated) reader.offset++;
  const ranges: (readonly [number, number])[] = [];
  for (let first = true; ; first = false) {
    const character = pattern[reader.offset];
    if (character === undefined) throw new RegexSyntaxError(`missing ]: ${pattern.slice(start)}`);
    if (character === "]" && !first) break;
    const named = readNamedClass(reader);
    if (named !== undefined) {
      ranges.push(...named);
      continue;
    }
    const from = readCharacter(reader);
    let to = from;
    if (pattern[reader.offset] === "-" && (pattern[reader.offset + 1] ?? "]") !== "]") {
      reader.offset++;
      to = readCharacter(reader);
      if (to < from) {
        const range = `${String.fromCodePoint(from)}-${String.fromCodePoint(to)}`;
        throw new RegexSyntaxError(`invalid character class range: ${range}`);
      }
    }
    ranges.push([from, to]);
  }
  reader.offset++;
  return { kind: "set", ranges, negated };
}

/** `[:alpha:]`, and `[:^alpha:]` for all others. */
function readNamedClass(reader: Reader): Ranges | undefined {
  const { pattern, offset } = reader;
  if (!pattern.startsWith("[:", offset)) return undefined;
  const end = pattern.indexOf(":]", offset + 2);
  if (end === -1) return undefined;
  const name = pattern.slice(offset + 2, end);
  const ranges = CLASSES[name.replace(/^\^/, "")];
  if (ranges === undefined || !Object.hasOwn(CLASSES, name.replace(/^\^/, "")))
    throw new RegexSyntaxError(`invalid character class range: [:${name}:]`);
  reader.offset = end + 2;
  return name.startsWith("^") ? invertRanges(ranges) : ranges;
}

/** All code points that sorted ranges leave out. */
function invertRanges(ranges: Ranges): Ranges {
  const rest: [number, number][] = [];
  let next = 0;
  for (const [from, to] of ranges) {
    if (from > next) rest.push([next, from - 1]);
    next = to + 1;
  }
  rest.push([next, 0x10_ff_ff]);
  return rest;
}

/** Reads one character, escaped or not, as its code point. */
function readCharacter(reader: Reader): number {
  const { pattern } = reader;
  const code = pattern.codePointAt(reader.offset) ?? 0;
  reader.offset += code > 0xff_ff ? 2 : 1;
  if (code !== 92) return code; // backslash
  const escaped = pattern.charAt(reader.offset);
  if (escaped === "") throw new RegexSyntaxError("trailing \\ at end of regexp");
  const control = Object.hasOwn(CONTROLS, escaped) ? CONTROLS[escaped] : undefined;
  if (control !== undefined || /[!-/:-@[-`{-~]/.test(escaped)) {
    reader.offset++;
    return control ?? escaped.charCodeAt(0);
  }
  const hex = /x(?:([0-9a-fA-F]{2})|\{([0-9a-fA-F]{1,6})\})/y;
  hex.lastIndex = reader.offset;
  const found = hex.exec(pattern);
  const value = Number.parseInt(found?.[1] ?? found?.[2] ?? "", 16);
  if (found === null || value > 0x10_ff_ff)
    throw new RegexSyntaxError(`invalid escape sequence: \\${escaped}`);
  reader.offset += found[0].length;
  return value;
}
