import { nearHint } from "@ocelli/bpf";
import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Node, type Pair } from "yaml";

import {
  CONFIG_KEYS,
  makeConfig,
  type Config,
  type ConfigKey,
  type ConfigValue,
} from "./config.ts";

/** What is wrong at one place of a configuration. Line and column count from 1. */
export interface ConfigProblem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** A configuration, or everything that is wrong with it. */
export type ConfigResult =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

const MOST_BYTES = 1 << 20;

/** Reads a configuration in YAML. Unknown keys and wrong values are refused where they stand. Never throws. */
export function readConfig(text: string): ConfigResult {
  if (text.length > MOST_BYTES)
    return {
      ok: false,
      problems: [{ line: 1, column: 1, message: "Cannot read a configuration above 1 MiB" }],
    };
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const problems: ConfigProblem[] = [];
  const say = (offset: number, message: string): void => {
    const { line, col } = lines.linePos(offset);
    problems.push({ line: Math.max(1, line), column: Math.max(1, col), message });
  };
  for (const error of document.errors)
    say(
      error.pos[0],
      `Cannot read this as YAML: ${error.message.split("\n")[0]?.replace(/ at line.*$/, "")}`,
    );
  const values = new Map<string, ConfigValue>();
  const { contents } = document;
  if (problems.length === 0 && contents !== null && !isEmpty(contents)) {
    if (isMap(contents)) for (const pair of contents.items) readPair(pair, "", values, say);
    else
      say(
        contents.range?.[0] ?? 0,
        "Cannot read this as a configuration: it must be keys with values",
      );
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, config: makeConfig(values) };
}

function isEmpty(node: Node): boolean {
  return isScalar(node) && node.value === null;
}

type Say = (offset: number, message: string) => void;

function readPair(pair: Pair, above: string, values: Map<string, ConfigValue>, say: Say): void {
  const { key, value } = pair;
  const at = isNode(key) ? (key.range?.[0] ?? 0) : 0;
  const name = isScalar(key) ? String(key.value) : "?";
  const path = above === "" ? name : `${above}.${name}`;
  const known = CONFIG_KEYS.find((one) => one.path === path);
  if (known !== undefined) {
    readValue(known, isNode(value) ? value : undefined, at, values, say);
    return;
  }
  const children = CONFIG_KEYS.filter((one) => one.path.startsWith(`${path}.`));
  if (children.length === 0) {
    const siblings = new Set(
      CONFIG_KEYS.filter((one) => above === "" || one.path.startsWith(`${above}.`)).map(
        (one) => one.path.slice(above === "" ? 0 : above.length + 1).split(".")[0] ?? "",
      ),
    );
    say(at, `Unknown key "${path}"${nearHint(name, siblings)}`);
    return;
  }
  if (isMap(value)) for (const inner of value.items) readPair(inner, path, values, say);
  else if (isNode(value) && !isEmpty(value))
    say(value.range?.[0] ?? at, `Cannot use this as "${path}": it must be keys with values`);
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "range" in value;
}

function readValue(
  key: ConfigKey,
  node: Node | undefined,
  at: number,
  values: Map<string, ConfigValue>,
  say: Say,
): void {
  const offset = node?.range?.[0] ?? at;
  const value = node === undefined ? undefined : valueOf(key, node);
  if (value === undefined) {
    say(offset, `Cannot use this as "${key.path}": it must be ${TYPES[key.type]}`);
    return;
  }
  const wrong = key.check?.(value);
  if (wrong === undefined) values.set(key.path, value);
  else say(offset, `Cannot use ${JSON.stringify(value)} as "${key.path}": ${wrong}`);
}

const TYPES: Readonly<Record<ConfigKey["type"], string>> = {
  text: "a text",
  integer: "a whole number",
  boolean: "true or false",
  texts: "a list of texts",
};

function valueOf({ type }: ConfigKey, node: Node): ConfigValue | undefined {
  if (type === "texts") {
    if (!isSeq(node)) return undefined;
    const list = node.items.map((item) => (isScalar(item) ? item.value : undefined));
    return list.every((one) => typeof one === "string") ? list : undefined;
  }
  const value = isScalar(node) ? node.value : undefined;
  if (type === "text") return typeof value === "string" ? value : undefined;
  if (type === "boolean") return typeof value === "boolean" ? value : undefined;
  return typeof value === "number" && Number.isInteger(value) ? value : undefined;
}
