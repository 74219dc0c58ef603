import type { Expr, MacroForm } from "./ast.ts";
import { readCelTokens, type CelToken } from "./lexer.ts";
import { CelSyntaxError } from "./problem.ts";

const STARTS =
  "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";
const RELATIONS = new Set(["<", "<=", ">=", ">", "==", "!=", "in"]);
const MACROS: readonly string[] = ["all", "exists", "exists_one", "map", "filter"];
const RESERVED = new Set(
  "as break const continue else for function if import let loop package namespace return var void while".split(
    " ",
  ),
);
// The limits of cel-go.
const DEEPEST = 250;
const LONGEST = 100_000;

/** Parses an expression. Throws CelSyntaxError with cel-go's text. */
export function parseCel(source: string): Expr {
  if (source.length > LONGEST) {
    const message = `expression code point size exceeds limit: size: ${source.length}, limit ${LONGEST}`;
    throw new CelSyntaxError(0, message);
  }
  const parser = new CelParser(readCelTokens(source));
  return parser.parseAll();
}

class CelParser {
  readonly #tokens: readonly CelToken[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly CelToken[]) {
    this.#tokens = tokens;
  }

  parseAll(): Expr {
    const expr = this.#expr();
    const rest = this.#peek();
    if (rest.kind !== "end") {
      const last = this.#tokens.length - 2;
      const word = this.#at === last ? "extraneous" : "mismatched";
      throw new CelSyntaxError(
        rest.at,
        `Syntax error: ${word} input '${rest.text}' expecting <EOF>`,
      );
    }
    return expr;
  }

  #peek(): CelToken {
    return this.#tokens[this.#at] ?? { kind: "end", at: 0, text: "<EOF>" };
  }

  #take(): CelToken {
    const token = this.#peek();
    this.#at += 1;
    return token;
  }

  #is(text: string): boolean {
    const { kind, text: present } = this.#peek();
    return present === text && (kind === "symbol" || text === "in") && kind !== "string";
  }

  #accept(text: string): CelToken | undefined {
    return this.#is(text) ? this.#take() : undefined;
  }

  #expect(text: string): CelToken {
    const token = this.#peek();
    if (this.#is(text)) return this.#take();
    throw new CelSyntaxError(
      token.at,
      `Syntax error: mismatched input '${token.text}' expecting '${text}'`,
    );
  }

  #expr(): Expr {
    this.#depth += 1;
    if (this.#depth > DEEPEST) {
      throw new CelSyntaxError(0, `expression recursion limit exceeded: ${DEEPEST}`);
    }
    const condition = this.#binary(0);
    const question = this.#accept("?");
    let result = condition;
    if (question !== undefined) {
      const yes = this.#binary(0);
      this.#expect(":");
      const no = this.#expr();
      result = call(question.at, "_?_:_", [condition, yes, no]);
    }
    this.#depth -= 1;
    return result;
  }

  /** Levels: 0 or, 1 and, 2 relations, 3 sums, 4 products. */
  #binary(level: number): Expr {
    if (level === 5) return this.#unary();
    let left = this.#binary(level + 1);
    for (;;) {
      const token = this.#peek();
      if (!this.#isOperator(token, level)) return left;
      this.#at += 1;
      const right = this.#binary(level + 1);
      const name = token.text === "in" ? "@in" : `_${token.text}_`;
      left = call(token.at, name, [left, right]);
    }
  }

  #isOperator({ kind, text }: CelToken, level: number): boolean {
    if (kind !== "symbol" && text !== "in") return false;
    switch (level) {
      case 0:
        return text === "||";
      case 1:
        return text === "&&";
      case 2:
        return RELATIONS.has(text) && (kind === "symbol" || kind === "ident");
      case 3:
        return text === "+" || text === "-";
      default:
        return text === "*" || text === "/" || text === "%";
    }
  }

  #unary(): Expr {
    const token = this.#peek();
    if (token.kind !== "symbol" || (token.text !== "!" && token.text !== "-")) {
      return this.#member();
    }
    let count = 0;
    while (this.#accept(token.text) !== undefined) count += 1;
    const next = this.#peek();
    // The sign belongs to a number: -9223372036854775808 is one.
    if (token.text === "-" && count % 2 === 1 && (next.kind === "int" || next.kind === "double")) {
      const number = this.#member(true, token.at);
      return number;
    }
    const operand = this.#member();
    if (count % 2 === 0) return operand;
    return call(token.at, token.text === "!" ? "!_" : "-_", [operand]);
  }

  #member(negative = false, start?: number): Expr {
    let operand = this.#primary(negative, start);
    for (let links = 0; ; links += 1) {
      if (links > DEEPEST) {
        throw new CelSyntaxError(0, `expression recursion limit exceeded: ${DEEPEST}`);
      }
      const dot = this.#accept(".");
      if (dot !== undefined) {
        const name = this.#identifier();
        const open = this.#accept("(");
        operand =
          open === undefined
            ? { kind: "select", at: dot.at, operand, field: name.text, test: false }
            : this.#memberCall(open, operand, name);
        continue;
      }
      const bracket = this.#accept("[");
      if (bracket === undefined) return operand;
      const index = this.#expr();
      this.#expect("]");
      operand = call(bracket.at, "_[_]", [operand, index]);
    }
  }

  #identifier(): CelToken {
    const token = this.#peek();
    if (token.kind !== "ident" || token.text === "in") {
      throw new CelSyntaxError(
        token.at,
        `Syntax error: mismatched input '${token.text}' expecting IDENTIFIER`,
      );
    }
    return this.#take();
  }

  #memberCall(open: CelToken, target: Expr, name: CelToken): Expr {
    const args = this.#args(")");
    const form = MACROS.find((macro) => macro === name.text);
    if (form !== undefined && (args.length === 2 || (form === "map" && args.length === 3))) {
      // The name is in the list of macros, which are these.
      return this.#macro(open, form as MacroForm, target, args);
    }
    return { kind: "call", at: open.at, name: name.text, target, args };
  }

  #macro(open: CelToken, form: MacroForm, range: Expr, args: readonly Expr[]): Expr {
    const [variable, second, third] = args;
    if (variable?.kind !== "ident" || second === undefined) {
      throw new CelSyntaxError(variable?.at ?? open.at, "argument is not an identifier");
    }
    return {
      kind: "macro",
      at: open.at,
      form,
      range,
      variable: variable.name,
      test: third === undefined ? undefined : second,
      step: third ?? second,
    };
  }

  #args(close: string): Expr[] {
    const args: Expr[] = [];
    if (this.#accept(close) !== undefined) return args;
    for (;;) {
      args.push(this.#expr());
      if (this.#accept(",") !== undefined) {
        if (close === "]" && this.#accept(close) !== undefined) return args;
        continue;
      }
      this.#expect(close);
      return args;
    }
  }

  #primary(negative: boolean, start?: number): Expr {
    const token = this.#take();
    const at = start ?? token.at;
    switch (token.kind) {
      case "int":
        return integer(at, "int", negative ? -BigInt(token.text) : BigInt(token.text));
      case "uint":
        return integer(at, "uint", BigInt(token.text.slice(0, -1)));
      case "double": {
        const value = Number(token.text);
        return { kind: "literal", at, type: "double", value: negative ? -value : value };
      }
      case "string":
      case "bytes":
        return { kind: "literal", at, type: token.kind, value: token.value ?? "" };
      case "ident":
        return this.#named(token, "");
      case "end":
        break;
      case "symbol":
        if (token.text === ".") return this.#named(this.#identifier(), ".");
        if (token.text === "(") {
          const inner = this.#expr();
          this.#expect(")");
          return inner;
        }
        if (token.text === "[") return { kind: "list", at, items: this.#args("]") };
        if (token.text === "{") return this.#map(token);
    }
    throw new CelSyntaxError(
      token.at,
      `Syntax error: mismatched input '${token.text}' expecting ${STARTS}`,
    );
  }

  #named(token: CelToken, prefix: string): Expr {
    const { at, text } = token;
    if (prefix === "") {
      if (text === "null") return { kind: "literal", at, type: "null", value: null };
      if (text === "true" || text === "false") {
        return { kind: "literal", at, type: "bool", value: text === "true" };
      }
      if (text === "in") {
        throw new CelSyntaxError(at, `Syntax error: mismatched input 'in' expecting ${STARTS}`);
      }
    }
    if (RESERVED.has(text)) throw new CelSyntaxError(at, `reserved identifier: ${text}`);
    const open = this.#accept("(");
    if (open === undefined) return { kind: "ident", at, name: prefix + text };
    const args = this.#args(")");
    const [argument] = args;
    if (text === "has" && args.length === 1 && argument !== undefined) {
      if (argument.kind === "select") return { ...argument, at: open.at, test: true };
      throw new CelSyntaxError(argument.at, "invalid argument to has() macro");
    }
    return { kind: "call", at: open.at, name: prefix + text, target: undefined, args };
  }

  #map(open: CelToken): Expr {
    const entries: { key: Expr; value: Expr }[] = [];
    for (;;) {
      if (this.#accept("}") !== undefined) break;
      const key = this.#expr();
      this.#expect(":");
      entries.push({ key, value: this.#expr() });
      if (this.#accept(",") !== undefined) continue;
      this.#expect("}");
      break;
    }
    return { kind: "map", at: open.at, entries };
  }
}

function call(at: number, name: string, args: readonly Expr[]): Expr {
  return { kind: "call", at, name, target: undefined, args };
}

function integer(at: number, type: "int" | "uint", value: bigint): Expr {
  const fits =
    type === "int" ? BigInt.asIntN(64, value) === value : BigInt.asUintN(64, value) === value;
  if (!fits) throw new CelSyntaxError(at, `invalid ${type} literal`);
  return { kind: "literal", at, type, value };
}
