import { readCelString } from "./strings.ts";
import { CelSyntaxError } from "./problem.ts";

/** A token of an expression. For literals `value` is what it stands for. */
export interface CelToken {
  readonly kind: "ident" | "int" | "uint" | "double" | "string" | "bytes" | "symbol" | "end";
  readonly at: number;
  readonly text: string;
  readonly value?: string | Uint8Array;
}

const SYMBOLS = /==|!=|<=|>=|&&|\|\||[-+*/%<>!?:.,()[\]{}]/y;
const SPACE = /(?:[ \t\r\n\f]|\/\/[^\n]*)+/y;
const IDENT = /[_a-zA-Z][_a-zA-Z0-9]*/y;
const STRING_START = /[bBrR]{0,2}(?:"""|'''|"|')/y;
const DOUBLE = /(?:[0-9]*\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+)/y;
const INTEGER = /(?:0x[0-9a-fA-F]+|[0-9]+)([uU])?/y;

/** The tokens of `source`; the last one is the end. Throws CelSyntaxError. */
export function readCelTokens(source: string): CelToken[] {
  const tokens: CelToken[] = [];
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(source);
  };
  for (;;) {
    at += match(SPACE)?.[0].length ?? 0;
    if (at >= source.length) {
      tokens.push({ kind: "end", at, text: "<EOF>" });
      return tokens;
    }
    const start = match(STRING_START);
    if (start !== null) {
      const literal = readCelString(source, at, start[0]);
      const { kind, value } = literal;
      tokens.push({ kind, at, text: source.slice(at, literal.end), value });
      at = literal.end;
      continue;
    }
    const double = match(DOUBLE);
    const integer = double === null ? match(INTEGER) : null;
    const ident = match(IDENT);
    const symbol = match(SYMBOLS);
    const text = (double ?? integer ?? ident ?? symbol)?.[0];
    if (text === undefined) {
      const character = String.fromCodePoint(source.codePointAt(at) ?? 0);
      throw new CelSyntaxError(at, `Syntax error: token recognition error at: '${character}'`);
    }
    const kind =
      double !== null
        ? "double"
        : integer !== null
          ? integer[1] === undefined
            ? "int"
            : "uint"
          : ident !== null
            ? "ident"
            : "symbol";
    tokens.push({ kind, at, text });
    at += text.length;
  }
}
