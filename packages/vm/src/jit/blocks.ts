import { isBranch } from "../program/normalize.ts";
import { OPERATION, WORDS } from "../program/operation.ts";

/** Instructions that run one after the other: words `first` to `last` of a prepared program, both included. */
export interface Block {
  readonly first: number;
  readonly last: number;
  /**
   * Indexes of the blocks that may follow: none after an exit or a trap; one after a jump or where the next block
   * begins; after a condition two, the one that is taken when it holds first.
   */
  readonly successors: readonly number[];
}

/** The basic blocks that `entry` reaches, itself the first. What it calls belongs to other functions. */
export function findBlocks(code: Int32Array, entry: number): Block[] {
  const leaders = new Set([entry]);
  const seen = new Set<number>();
  const open = [entry];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (;;) {
      if (seen.has(at)) break;
      seen.add(at);
      const following = findFollowers(code, at);
      const [only] = following;
      if (isBranch(code[at] ?? 0)) {
        for (const target of following) {
          leaders.add(target);
          open.push(target);
        }
        break;
      }
      if (only === undefined) break;
      at = only;
    }
  }
  const indexes = new Map([...leaders].map((leader, index) => [leader, index]));
  return [...leaders].map((first) => {
    let last = first;
    for (;;) {
      const following = findFollowers(code, last);
      const [next] = following;
      if (following.length !== 1 || isBranch(code[last] ?? 0) || next === undefined)
        return { first, last, successors: following.map((target) => indexes.get(target) ?? 0) };
      const index = indexes.get(next);
      if (index !== undefined) return { first, last, successors: [index] };
      last = next;
    }
  });
}

/** Where control may go from an instruction, a taken branch first. */
export function findFollowers(code: Int32Array, at: number): number[] {
  const operation = code[at] ?? 0;
  const target = code[at + 3] ?? 0;
  const next = at + (operation === 0x18 ? 2 * WORDS : WORDS);
  if (operation === 0x95 || operation === OPERATION.trap) return [];
  if (operation === 0x05) return [target];
  return isBranch(operation) ? [target, next] : [next];
}
