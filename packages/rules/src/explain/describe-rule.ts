import type { FilterNode } from "../filter/ast.ts";
import { describeFilter } from "../filter/print-filter.ts";
import type { CompiledRule } from "../load/compile-rules.ts";
import { macroNameOf } from "../load/resolve-macros.ts";

/** A rule spelled out. */
export interface RuleDescription {
  readonly rule: string;
  /** The events that it is about. */
  readonly events: "all" | readonly string[];
  /** Its condition in one line, macros resolved and lists replaced. */
  readonly condition: string;
  /** The same as lines, one for each part, indented by depth, with the names of macros. */
  readonly parts: readonly string[];
}

/** Spells out what a rule looks at. */
export function describeRule({ definition, condition, eventTypes }: CompiledRule): RuleDescription {
  const parts: string[] = [];
  writeParts(condition, 0, parts);
  const { complement, names } = eventTypes;
  const sorted = [...names].sort();
  return {
    rule: definition.name,
    events: !complement ? sorted : names.size === 0 ? "all" : ["all but", ...sorted],
    condition: describeFilter(condition),
    parts,
  };
}

function writeParts(node: FilterNode, depth: number, into: string[]): void {
  const macro = macroNameOf(node);
  const head = `${"  ".repeat(depth)}${macro === undefined ? "" : `${macro}: `}`;
  switch (node.kind) {
    case "and":
    case "or":
      into.push(`${head}${node.kind === "and" ? "all of" : "any of"}`);
      for (const child of node.children) writeParts(child, depth + 1, into);
      return;
    case "not":
      into.push(`${head}not`);
      writeParts(node.child, depth + 1, into);
      return;
    case "exists":
    case "compare":
    case "macro":
      into.push(head + describeFilter(node));
  }
}
