import type { Block } from "./blocks.ts";

/** What is known about the graph of a function's blocks; everything is by index of the block. */
export interface Flow {
  /** Position in reverse postorder; the entry has 0. */
  readonly order: Int32Array;
  /** Blocks in reverse postorder. */
  readonly sequence: readonly number[];
  /** Blocks that a block dominates at once, in reverse postorder. */
  readonly children: readonly (readonly number[])[];
  /** Whether a later block comes back to it. */
  readonly isLoop: readonly boolean[];
  /** Whether two or more edges come from earlier blocks. */
  readonly isMerge: readonly boolean[];
  /** Whether every loop is entered at its head only: then structured code exists. */
  readonly isReducible: boolean;
}

/** Orders the blocks and finds dominators and loops. Nothing here recurs: programs have thousands of blocks. */
export function analyzeFlow(blocks: readonly Block[]): Flow {
  const count = blocks.length;
  const sequence = reversePostorder(blocks);
  const order = new Int32Array(count);
  sequence.forEach((block, position) => {
    order[block] = position;
  });
  const orderOf = (block: number): number => order[block] ?? 0;
  const predecessors = blocks.map((): number[] => []);
  for (const block of sequence)
    for (const next of blocks[block]?.successors ?? []) predecessors[next]?.push(block);

  const dominators = findDominators(sequence, predecessors, orderOf);
  const dominates = (upper: number, lower: number): boolean => {
    let block = lower;
    while (orderOf(block) > orderOf(upper)) block = dominators[block] ?? 0;
    return block === upper;
  };
  const children = blocks.map((): number[] => []);
  const isLoop = blocks.map(() => false);
  const isMerge = blocks.map(() => false);
  let isReducible = true;
  for (const block of sequence) {
    if (block !== 0) children[dominators[block] ?? 0]?.push(block);
    let forward = 0;
    for (const from of predecessors[block] ?? []) {
      if (orderOf(from) < orderOf(block)) forward += 1;
      else {
        isLoop[block] = true;
        isReducible &&= dominates(block, from);
      }
    }
    isMerge[block] = forward > 1;
  }
  return { order, sequence, children, isLoop, isMerge, isReducible };
}

function reversePostorder(blocks: readonly Block[]): number[] {
  const postorder: number[] = [];
  const seen = new Uint8Array(blocks.length);
  const stack = [{ block: 0, next: 0 }];
  seen[0] = 1;
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const successor = blocks[top.block]?.successors[top.next];
    top.next += 1;
    if (successor === undefined) {
      postorder.push(top.block);
      stack.pop();
    } else if (seen[successor] === 0) {
      seen[successor] = 1;
      stack.push({ block: successor, next: 0 });
    }
  }
  return postorder.reverse();
}

// Cooper, Harvey, Kennedy: "A Simple, Fast Dominance Algorithm" (2001).
function findDominators(
  sequence: readonly number[],
  predecessors: readonly (readonly number[])[],
  orderOf: (block: number) => number,
): Int32Array {
  const dominators = new Int32Array(predecessors.length).fill(-1);
  dominators[0] = 0;
  const common = (left: number, right: number): number => {
    let a = left;
    let b = right;
    while (a !== b) {
      if (orderOf(a) > orderOf(b)) a = dominators[a] ?? 0;
      else b = dominators[b] ?? 0;
    }
    return a;
  };
  for (let changed = true; changed;) {
    changed = false;
    for (const block of sequence) {
      if (block === 0) continue;
      let dominator = -1;
      for (const from of predecessors[block] ?? []) {
        if (dominators[from] === -1) continue;
        dominator = dominator === -1 ? from : common(from, dominator);
      }
      if (dominators[block] === dominator) continue;
      dominators[block] = dominator;
      changed = true;
    }
  }
  return dominators;
}
