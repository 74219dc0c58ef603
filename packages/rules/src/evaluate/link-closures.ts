import type { RuleEvent } from "@ocelli/event";

import { countReferences, LAST_STAMP, type KindParts, type KindProgram } from "./kind-program.ts";
import type { PlanNode } from "./plan.ts";

type Predicate<E> = (event: E) => boolean;

/**
 * Makes the program of one kind of event out of closures. It needs no code generation, so it also runs where that is
 * forbidden (a page with a content security policy); bench `rules` compares both.
 */
export function linkClosures<E extends RuleEvent>(parts: KindParts<E>): KindProgram<E> {
  const { rules, checks, firstOnly } = parts;
  const counts = countReferences(rules);
  const clock = { stamp: 0 };
  const cells: { seen: number }[] = [];
  const done = new Map<PlanNode, Predicate<E>>();

  const link = (plan: PlanNode): Predicate<E> => {
    const known = done.get(plan);
    if (known !== undefined) return known;
    const bare = linkBare(plan);
    const predicate = (counts.get(plan) ?? 0) > 1 ? remember(bare) : bare;
    done.set(plan, predicate);
    return predicate;
  };

  const remember = (bare: Predicate<E>): Predicate<E> => {
    // The stamp of the event for which it held, or one more for which it did not.
    const cell = { seen: -1 };
    cells.push(cell);
    return (event) => {
      const { stamp } = clock;
      if (cell.seen === stamp) return true;
      if (cell.seen === stamp + 1) return false;
      const holds = bare(event);
      cell.seen = holds ? stamp : stamp + 1;
      return holds;
    };
  };

  const linkBare = (plan: PlanNode): Predicate<E> => {
    switch (plan.kind) {
      case "constant":
        return () => plan.value;
      case "check": {
        const check = checks.get(plan);
        return check === undefined ? () => false : check.test;
      }
      case "not": {
        const child = link(plan.child);
        return (event) => !child(event);
      }
      case "and": {
        const children = plan.children.map(link);
        return (event) => {
          for (const child of children) if (!child(event)) return false;
          return true;
        };
      }
      case "or": {
        const children = plan.children.map(link);
        return (event) => {
          for (const child of children) if (child(event)) return true;
          return false;
        };
      }
    }
  };

  const linked = rules.map(({ rule, plan }) => ({ rule, holds: link(plan) }));
  return (event, hits) => {
    clock.stamp += 2;
    if (clock.stamp >= LAST_STAMP) {
      clock.stamp = 2;
      for (const cell of cells) cell.seen = -1;
    }
    let count = 0;
    for (const { rule, holds } of linked) {
      if (!holds(event)) continue;
      hits[count++] = rule;
      if (firstOnly) break;
    }
    return count;
  };
}
