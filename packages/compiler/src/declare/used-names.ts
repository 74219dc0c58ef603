import type { Module } from "../parse/ast.ts";

/** A hook that a module names: `tracepoint("sched/sched_switch", …)`. */
export interface NamedHook {
  /** The function that makes the program. */
  readonly maker: string;
  readonly name: string;
}

/** What a module says about the kernel by name. */
export interface UsedNames {
  readonly hooks: readonly NamedHook[];
  /** Every name behind a dot, in a destructuring or in quotes: kernel members are among them. */
  readonly members: ReadonlySet<string>;
}

const DEPTH = 512;

/** Collects the hooks and the members that a module names. */
export function usedNames(module: Module): UsedNames {
  const hooks: NamedHook[] = [];
  const members = new Set<string>();
  const visit = (node: unknown, depth: number): void => {
    if (typeof node !== "object" || node === null || depth > DEPTH) return;
    if (Array.isArray(node)) {
      for (const one of node) visit(one, depth + 1);
      return;
    }
    const { kind, name, field, value, callee, args } = node as Readonly<Record<string, unknown>>;
    if (kind === "member" && typeof name === "string") members.add(name);
    if (kind === undefined && typeof field === "string") members.add(field);
    if (kind === "string" && typeof value === "string") members.add(value);
    if (kind === "call") addHook(hooks, callee, args);
    for (const one of Object.values(node)) visit(one, depth + 1);
  };
  visit(module.declarations, 0);
  return { hooks, members };
}

function addHook(hooks: NamedHook[], callee: unknown, args: unknown): void {
  const [first] = Array.isArray(args) ? (args as readonly unknown[]) : [];
  if (!isNode(callee, "name") || !isNode(first, "string")) return;
  const { name } = callee;
  const { value } = first;
  if (typeof name === "string" && typeof value === "string")
    hooks.push({ maker: name, name: value });
}

function isNode(node: unknown, kind: string): node is Readonly<Record<string, unknown>> {
  return typeof node === "object" && node !== null && "kind" in node && node.kind === kind;
}
