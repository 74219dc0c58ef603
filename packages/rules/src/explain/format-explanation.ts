import type { JsonValue } from "../output/format-value.ts";
import type { ExplainedPart } from "./explain-condition.ts";

/** How much is written. */
export interface ExplanationFormat {
  /** Writes also the parts that do not matter for the result. Default: false. */
  readonly everything?: boolean;
  /** Longer lines are cut. Default: 160 characters. */
  readonly width?: number;
}

/**
 * An explanation as lines: `+` before what held, `-` before what did not, indented by depth, macros by name, each check
 * with the values it looked at. Parts that do not matter are left out: what held in an "and" that failed, what failed in
 * an "or" that held.
 */
export function formatExplanation(
  part: ExplainedPart,
  { everything = false, width = 160 }: ExplanationFormat = {},
): string[] {
  const lines: string[] = [];
  const write = (one: ExplainedPart, depth: number): void => {
    const line = `${"  ".repeat(depth)}${one.held ? "+" : "-"} ${headOf(one)}`;
    lines.push(line.length > width ? `${line.slice(0, width - 1)}…` : line);
    for (const inner of one.parts) {
      const matters = one.kind === "not" || inner.held === one.held;
      if (everything || matters) write(inner, depth + 1);
    }
  };
  write(part, 0);
  return lines;
}

function headOf(part: ExplainedPart): string {
  const name = part.macro === undefined ? "" : `${part.macro}: `;
  if (part.kind !== "check") return `${name}${WORDS[part.kind]}`;
  const values = part.values.map(({ of, value }) => `${of} is ${valueText(value)}`).join(", ");
  return values === "" ? name + part.text : `${name}${part.text}  (${values})`;
}

const WORDS = { and: "all of", or: "any of", not: "not" } as const;

function valueText(value: JsonValue): string {
  if (value === null) return "missing";
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return `[${value.map(valueText).join(", ")}]`;
  return JSON.stringify(value);
}
