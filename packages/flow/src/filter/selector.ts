// Kubernetes' label selectors over Cilium's labels: `app=web`, `k8s:tier in (a, b)`, `!reserved:host`, joined by commas.
import { quoteGo } from "../go/quote.ts";
import { checkLabelKey, checkLabelValue } from "./label-rules.ts";
import { labelHasKey, parseSelectorKey, type Label } from "./label.ts";
import { FilterError } from "./predicate.ts";
import { readSelectorTokens, type SelectorToken } from "./selector-lexer.ts";

type Operator = "exists" | "!" | "=" | "==" | "!=" | "in" | "notin" | ">" | "<";

interface Requirement {
  readonly key: Label;
  readonly operator: Operator;
  readonly values: readonly string[];
}

/** A test of an endpoint's labels. */
export type Selector = (labels: readonly Label[]) => boolean;

/** Compiles a selector. Throws FilterError with Kubernetes' text. */
export function compileSelector(text: string): Selector {
  const requirements = parse(readSelectorTokens(translateKeys(text)));
  return (labels) => requirements.every((requirement) => isMet(requirement, labels));
}

/** Keys get their source, `k8s:app` as `k8s.app` and a bare `app` as `any.app`: the grammar knows no colon. */
function translateKeys(text: string): string {
  let out = "";
  let at = 0;
  while (at < text.length) {
    while (at < text.length && /[\s!]/u.test(text.charAt(at))) out += text.charAt(at++);
    let key = "";
    while (at < text.length && !/[\s=!,]/u.test(text.charAt(at))) key += text.charAt(at++);
    out += key.includes(":") ? key.replace(":", ".") : `any.${key}`;
    let nesting = 0;
    while (at < text.length) {
      const character = text.charAt(at++);
      if (character === "(") nesting += 1;
      else if (character === ")") nesting -= 1;
      out += character;
      if (character === "," && nesting === 0) break;
    }
  }
  return out;
}

function isMet({ key, operator, values }: Requirement, labels: readonly Label[]): boolean {
  const label = labels.find((one) => labelHasKey(one, key));
  switch (operator) {
    case "exists":
      return label !== undefined;
    case "!":
      return label === undefined;
    case "=":
    case "==":
    case "in":
      return label !== undefined && values.includes(label.value);
    case "!=":
    case "notin":
      return label === undefined || !values.includes(label.value);
    case ">":
    case "<": {
      const [wanted = ""] = values;
      if (label === undefined || !/^[+-]?[0-9]{1,19}$/.test(label.value)) return false;
      const [left, right] = [BigInt(label.value), BigInt(wanted)];
      return operator === ">" ? left > right : left < right;
    }
  }
}

function parse(tokens: readonly SelectorToken[]): Requirement[] {
  const reader = new TokenReader(tokens);
  const requirements: Requirement[] = [];
  for (;;) {
    const first = reader.peek();
    if (first.kind === "end") return requirements;
    if (first.kind !== "name" && first.kind !== "!") {
      throw new FilterError(`found '${first.text}', expected: !, identifier, or 'end of string'`);
    }
    requirements.push(parseRequirement(reader));
    const next = reader.take();
    if (next.kind === "end") return requirements;
    if (next.kind !== ",") {
      throw new FilterError(`found '${next.text}', expected: ',' or 'end of string'`);
    }
    const following = reader.peek();
    if (following.kind !== "name" && following.kind !== "!") {
      throw new FilterError(`found '${following.text}', expected: identifier after ','`);
    }
  }
}

/** Hands out tokens; `in` and `notin` are names except where an operator stands. */
class TokenReader {
  readonly #tokens: readonly SelectorToken[];
  #at = 0;

  constructor(tokens: readonly SelectorToken[]) {
    this.#tokens = tokens;
  }

  peek(): SelectorToken {
    const token = this.#tokens[this.#at] ?? { kind: "end", text: "" };
    return token.kind === "in" || token.kind === "notin" ? { ...token, kind: "name" } : token;
  }

  take(): SelectorToken {
    const token = this.peek();
    this.#at += 1;
    return token;
  }

  takeOperator(): SelectorToken {
    const token = this.#tokens[this.#at] ?? { kind: "end", text: "" };
    this.#at += 1;
    return token;
  }
}

function refuse(problem: string): never {
  throw new FilterError(`unable to parse requirement: ${problem}`);
}

function parseRequirement(reader: TokenReader): Requirement {
  let token = reader.take();
  const absent = token.kind === "!";
  if (absent) token = reader.take();
  if (token.kind !== "name") refuse(`found '${token.text}', expected: identifier`);
  const name = token.text;
  const problem = checkLabelKey(name);
  if (problem !== undefined) refuse(problem);
  const key = parseSelectorKey(name);
  if (absent) return { key, operator: "!", values: [] };
  const after = reader.peek().kind;
  if (after === "end" || after === ",") return { key, operator: "exists", values: [] };
  const operator = parseOperator(reader.takeOperator());
  const values = operator === "in" || operator === "notin" ? parseSet(reader) : parseOne(reader);
  const problems = values.flatMap((value, index) => checkLabelValue(name, index, value) ?? []);
  if (operator === ">" || operator === "<") {
    for (const [index, value] of values.entries()) {
      if (/^[+-]?[0-9]{1,19}$/.test(value)) continue;
      const reason = "for 'Gt', 'Lt' operators, the value must be an integer";
      problems.unshift(`values[${index}]: Invalid value: ${quoteGo(value)}: ${reason}`);
    }
  }
  if (problems.length > 0) {
    refuse(problems.length === 1 ? problems.join("") : `[${problems.join(", ")}]`);
  }
  return { key, operator, values };
}

function parseOperator({ kind, text }: SelectorToken): Operator {
  switch (kind) {
    case "in":
    case "notin":
    case "=":
    case "==":
    case "!=":
    case ">":
    case "<":
      return kind;
    case "end":
    case "name":
    case "error":
    case ")":
    case ",":
    case "!":
    case "(":
      return refuse(`found '${text}', expected: in, notin, =, ==, !=, gt, lt`);
  }
}

function parseSet(reader: TokenReader): string[] {
  const open = reader.take();
  if (open.kind !== "(") refuse(`found '${open.text}' expected: '('`);
  const values = new Set<string>();
  const first = reader.peek();
  if (first.kind === ")") {
    reader.take();
    return [""];
  }
  if (first.kind !== "name" && first.kind !== ",") {
    refuse(`found '${first.text}', expected: ',', ')' or identifier`);
  }
  for (;;) {
    const token = reader.take();
    const next = reader.peek();
    if (token.kind === "name") {
      values.add(token.text);
      if (next.kind === ",") continue;
      if (next.kind !== ")") refuse(`found '${next.text}', expected: ',' or ')'`);
      break;
    }
    if (token.kind !== ",") refuse(`found '${token.text}', expected: ',', or identifier`);
    // A comma with nothing beside it stands for the empty value.
    if (values.size === 0) values.add("");
    if (next.kind === "," || next.kind === ")") values.add("");
    if (next.kind === ")") break;
  }
  reader.take();
  return [...values].toSorted();
}

function parseOne(reader: TokenReader): string[] {
  const next = reader.peek();
  if (next.kind === "end" || next.kind === ",") return [""];
  reader.take();
  if (next.kind !== "name") refuse(`found '${next.text}', expected: identifier`);
  return [next.text];
}
