import type { FilterNode, MacroNode } from "../filter/ast.ts";

/** A macro whose condition was read. */
export interface ReadMacro {
  readonly name: string;
  readonly index: number;
  condition: FilterNode;
  /** Whether the condition has no macros left. */
  resolved: boolean;
}

/** Trees with more parts than this are refused: macros in macros grow without bound. */
export const MAX_NODES = 1_000_000;

/** Trees deeper than this are refused: macros in macros nest beyond what a condition may. */
export const MAX_TREE_DEPTH = 2000;

/** What keeps a macro from being put in its place. */
export interface MacroProblem {
  readonly node: MacroNode;
  readonly message: string;
  readonly hint: string;
}

/** A tree without macros, or what is wrong. */
export type Resolved =
  | { readonly ok: true; readonly condition: FilterNode }
  | { readonly ok: false; readonly problem: MacroProblem };

/**
 * Puts macros in their place, those defined before `visibility` only. Parts are shared, not copied; `used` gets the
 * names. `own` is the macro whose condition this is. A tree that would be larger than {@link MAX_NODES} when written out is refused.
 */
export function resolveMacros(
  condition: FilterNode,
  macros: ReadonlyMap<string, ReadMacro>,
  visibility: number,
  used: Set<string>,
  own?: string,
): Resolved {
  const resolver: Resolver = {
    macros,
    visibility,
    used,
    open: own === undefined ? [] : [own],
    done: new Map(),
  };
  const node = resolve(resolver, condition);
  if (resolver.problem !== undefined) return { ok: false, problem: resolver.problem };
  return { ok: true, condition: node };
}

interface Resolver {
  readonly macros: ReadonlyMap<string, ReadMacro>;
  readonly visibility: number;
  readonly used: Set<string>;
  readonly open: string[];
  readonly done: Map<string, FilterNode>;
  problem?: MacroProblem;
}

function resolve(resolver: Resolver, node: FilterNode): FilterNode {
  if (resolver.problem !== undefined) return node;
  switch (node.kind) {
    case "exists":
    case "compare":
      return node;
    case "not": {
      const child = resolve(resolver, node.child);
      return child === node.child ? node : { ...node, child };
    }
    case "and":
    case "or": {
      const children = node.children.map((child) => resolve(resolver, child));
      const same = children.every((child, index) => child === node.children[index]);
      return same ? node : { ...node, children };
    }
    case "macro":
      return resolveMacro(resolver, node);
  }
}

function resolveMacro(resolver: Resolver, node: MacroNode): FilterNode {
  const { name } = node;
  if (resolver.open.includes(name)) {
    resolver.problem = {
      node,
      message: `reference loop in macro '${name}'`,
      hint: `Break the loop: ${[...resolver.open, name].join(" → ")}`,
    };
    return node;
  }
  const macro = resolver.macros.get(name);
  if (macro === undefined || macro.index >= resolver.visibility) {
    const later = macro === undefined ? "" : " before it is used; it is defined later";
    resolver.problem = {
      node,
      message: `Undefined macro '${name}' used in filter.`,
      hint: `Define the macro "${name}"${later}. To compare, a field and an operator must stand here`,
    };
    return node;
  }
  resolver.used.add(name);
  const known = resolver.done.get(name);
  if (known !== undefined) return known;
  resolver.open.push(name);
  const condition = macro.resolved ? macro.condition : resolve(resolver, macro.condition);
  resolver.open.pop();
  const { parts, depth } = measure(condition);
  if (parts > MAX_NODES || depth > MAX_TREE_DEPTH) {
    const what =
      parts > MAX_NODES
        ? `has more than ${MAX_NODES} parts`
        : `nests deeper than ${MAX_TREE_DEPTH} levels`;
    resolver.problem = {
      node,
      message: `Cannot put macro '${name}' in its place: the condition ${what}`,
      hint: "Refer to fewer macros, or split the rule",
    };
  }
  resolver.done.set(name, condition);
  if (!NAMES.has(condition)) NAMES.set(condition, name);
  return condition;
}

// What stood in a condition before a macro was put in its place; of macros that are another macro the inner one.
const NAMES = new WeakMap<FilterNode, string>();

/** The name of the macro that a part of a resolved condition came from; undefined for parts that were written there. */
export function macroNameOf(node: FilterNode): string | undefined {
  return NAMES.get(node);
}

/** How large a tree is when every shared part is counted where it stands. */
interface TreeSize {
  readonly parts: number;
  readonly depth: number;
}

// Trees do not change, and macros share their parts: each is measured once.
const SIZES = new WeakMap<FilterNode, TreeSize>();

function measure(node: FilterNode): TreeSize {
  const known = SIZES.get(node);
  if (known !== undefined) return known;
  let parts = 1;
  let depth = 0;
  const children = node.kind === "not" ? [node.child] : "children" in node ? node.children : [];
  for (const child of children) {
    const size = measure(child);
    parts += size.parts;
    depth = Math.max(depth, size.depth);
  }
  const size = { parts, depth: depth + 1 };
  SIZES.set(node, size);
  return size;
}
