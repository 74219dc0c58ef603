import type { FilterNode, MacroNode } from "../filter/ast.ts";

/** A macro whose condition was read. */
export interface ReadMacro {
  readonly name: string;
  readonly index: number;
  condition: FilterNode;
}

/** Trees with more parts than this are refused: macros in macros grow without bound. */
export const MAX_NODES = 1_000_000;

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
    sizes: new Map(),
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
  readonly sizes: Map<FilterNode, number>;
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
  const condition = resolve(resolver, macro.condition);
  resolver.open.pop();
  if (sizeOf(condition, resolver.sizes) > MAX_NODES) {
    resolver.problem = {
      node,
      message: `Cannot put macro '${name}' in its place: the condition has more than ${MAX_NODES} parts`,
      hint: "Refer to fewer macros, or split the rule",
    };
  }
  resolver.done.set(name, condition);
  return condition;
}

/** How many parts a tree has when every shared part is counted where it stands. */
function sizeOf(node: FilterNode, sizes: Map<FilterNode, number>): number {
  const known = sizes.get(node);
  if (known !== undefined) return known;
  let size = 1;
  if (node.kind === "not") size += sizeOf(node.child, sizes);
  else if (node.kind === "and" || node.kind === "or")
    for (const child of node.children) size += sizeOf(child, sizes);
  sizes.set(node, size);
  return size;
}
