import { isEventName } from "@ocelli/event";

import type { CompareNode, FilterNode } from "../filter/ast.ts";

/**
 * The events that a condition can be true for: exactly those named, or with `complement` all but those. A rule that
 * says nothing about `evt.type` has no names and `complement`.
 */
export interface EventTypes {
  readonly names: ReadonlySet<string>;
  readonly complement: boolean;
}

/** Every event. */
export const ALL_EVENT_TYPES: EventTypes = { names: new Set(), complement: true };

/**
 * Finds the events that a condition with resolved macros can be true for. Only `=`, `==`, `!=`, `in` and `intersects` on
 * `evt.type` narrow them; everything else may hold for any event.
 */
export function eventTypesOf(node: FilterNode): EventTypes {
  return new EventTypeReader().read(node, false);
}

/** Remembers answers, as macros make trees share their parts. */
class EventTypeReader {
  readonly #plain = new Map<FilterNode, EventTypes>();
  readonly #denied = new Map<FilterNode, EventTypes>();

  read(node: FilterNode, denied: boolean): EventTypes {
    const known = denied ? this.#denied : this.#plain;
    let types = known.get(node);
    if (types === undefined) {
      types = this.#compute(node, denied);
      known.set(node, types);
    }
    return types;
  }

  #compute(node: FilterNode, denied: boolean): EventTypes {
    switch (node.kind) {
      case "and":
      case "or": {
        const parts = node.children.map((child) => this.read(child, denied));
        // Denied, "and" becomes "or" of what is denied.
        return parts.reduce((node.kind === "and") === denied ? unite : intersect);
      }
      case "not":
        return this.read(node.child, !denied);
      case "compare":
        return typesOfCheck(node, denied);
      case "exists":
      case "macro":
        return ALL_EVENT_TYPES;
    }
  }
}

function typesOfCheck(node: CompareNode, denied: boolean): EventTypes {
  const { left, operator, right } = node;
  if (left.kind !== "field" || left.name !== "evt.type") return ALL_EVENT_TYPES;
  if (!["=", "==", "!=", "in", "intersects"].includes(operator)) return ALL_EVENT_TYPES;
  const names =
    right.kind === "text"
      ? [right.value]
      : right.kind === "name"
        ? [right.name]
        : right.kind === "list"
          ? right.items.map(({ value }) => value)
          : [];
  if (names.length === 0 && right.kind !== "list") return ALL_EVENT_TYPES;
  return { names: new Set(names.filter(isEventName)), complement: (operator === "!=") !== denied };
}

function intersect(a: EventTypes, b: EventTypes): EventTypes {
  if (a.complement && b.complement)
    return { names: new Set([...a.names, ...b.names]), complement: true };
  if (a.complement) return intersect(b, a);
  const names = [...a.names].filter((name) => b.names.has(name) !== b.complement);
  return { names: new Set(names), complement: false };
}

function unite(a: EventTypes, b: EventTypes): EventTypes {
  return invert(intersect(invert(a), invert(b)));
}

function invert({ names, complement }: EventTypes): EventTypes {
  return { names, complement: !complement };
}
