import { successorsOf, type Block } from "./ir.ts";

/** The closest block that every way to a block goes through, for each block that the first one reaches. */
export type DominatorTree = ReadonlyMap<Block, Block>;

/** Builds the tree after Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm" (2001). */
export function buildDominators(entry: Block): DominatorTree {
  const order = reversePostOrder(entry);
  const numbers = new Map(order.map((block, index) => [block, index]));
  const closest = new Map<Block, Block>([[entry, entry]]);
  const meet = (first: Block, second: Block): Block => {
    let [a, b] = [first, second];
    while (a !== b) {
      while ((numbers.get(a) ?? 0) > (numbers.get(b) ?? 0)) a = closest.get(a) ?? entry;
      while ((numbers.get(b) ?? 0) > (numbers.get(a) ?? 0)) b = closest.get(b) ?? entry;
    }
    return a;
  };
  for (let changed = true; changed;) {
    changed = false;
    for (const block of order) {
      if (block === entry) continue;
      let best: Block | undefined;
      for (const one of block.predecessors)
        if (closest.has(one)) best = best === undefined ? one : meet(best, one);
      if (best === undefined || closest.get(block) === best) continue;
      closest.set(block, best);
      changed = true;
    }
  }
  return closest;
}

/** Whether every way to `block` goes through `other`. */
export function dominates(tree: DominatorTree, other: Block, block: Block): boolean {
  for (let at = block; ;) {
    if (at === other) return true;
    const next = tree.get(at);
    if (next === undefined || next === at) return false;
    at = next;
  }
}

/** The blocks that an entry reaches, each behind its predecessors but those of loops. */
export function reversePostOrder(entry: Block): readonly Block[] {
  const post: Block[] = [];
  const seen = new Set<Block>([entry]);
  const stack: { readonly block: Block; readonly next: Block[] }[] = [
    { block: entry, next: [...successorsOf(entry)] },
  ];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    // The last successor is visited first, so that in reverse the first follows its block.
    const next = top.next.pop();
    if (next === undefined) {
      post.push(top.block);
      stack.pop();
    } else if (!seen.has(next)) {
      seen.add(next);
      stack.push({ block: next, next: [...successorsOf(next)] });
    }
  }
  return post.toReversed();
}
