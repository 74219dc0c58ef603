import { WORDS } from "../program/operation.ts";
import type { Block } from "./blocks.ts";
import { emitBlock, emitCondition } from "./emit-block.ts";
import { burnFuel, local, type Emitter } from "./emitter.ts";
import type { Flow } from "./flow.ts";
import { OP, TYPE } from "./wasm.ts";

/**
 * Emits a reducible function as nested blocks and loops, after Ramsey, "Beyond Relooper" (ICFP 2022): a block's code is
 * followed by that of the blocks it dominates. A block that several earlier ones go to is placed behind the `end` of a
 * wasm block, so that `br` reaches it; a loop's head begins a wasm loop; everything else stands where its only
 * predecessor goes to it.
 *
 * Works from a list of what is still to be done in place of recursion, as dominator trees get thousands of levels deep.
 */
export function emitStructured(emitter: Emitter, blocks: readonly Block[], flow: Flow): void {
  const { out } = emitter;
  const { order, children, isLoop, isMerge } = flow;
  const orderOf = (block: number): number => order[block] ?? 0;
  /** What is to be done, the next one last. */
  const work: (() => void)[] = [];
  // How many wasm blocks are open, and how many were when a label was opened, itself counted.
  let depth = 0;
  const loopDepth = new Int32Array(blocks.length);
  const mergeDepth = new Int32Array(blocks.length);

  const open = (opcode: number): void => {
    out.byte(opcode);
    out.byte(TYPE.void);
    depth += 1;
  };
  const close = (): void => {
    out.byte(OP.end);
    depth -= 1;
  };
  /** The label of a target that is reached by `br`; `undefined` when its code stands in place. */
  const labelOf = (from: number, to: number): number | undefined => {
    if (orderOf(to) <= orderOf(from)) return depth - (loopDepth[to] ?? 0);
    return isMerge[to] === true ? depth - (mergeDepth[to] ?? 0) : undefined;
  };
  const burnsFuel = (from: number, to: number): boolean => goesBack(blocks, from, to);

  const tree = (index: number): void => {
    if (isLoop[index] === true) {
      open(OP.loop);
      loopDepth[index] = depth;
      work.push(close);
    }
    const merges = (children[index] ?? []).filter((child) => isMerge[child] === true);
    // The earliest merge is closed first, so it is the innermost.
    for (const merge of merges.toReversed()) {
      open(OP.block);
      mergeDepth[merge] = depth;
      work.push(() => {
        close();
        tree(merge);
      });
    }
    work.push(() => {
      body(index);
    });
  };

  const body = (index: number): void => {
    const block = blocks[index];
    if (block === undefined) return;
    emitBlock(emitter, block);
    const [first, second] = block.successors;
    if (first === undefined) return;
    if (second === undefined) {
      go(index, first);
      return;
    }
    emitCondition(emitter, block);
    // A branch forwards to a label needs no block of its own.
    const label = burnsFuel(index, first) ? undefined : labelOf(index, first);
    if (label !== undefined) {
      local(out, OP.br_if, label);
      go(index, second);
      return;
    }
    open(OP.if);
    // What is inside never runs through to its end, so that no `else` is needed.
    work.push(() => {
      close();
      go(index, second);
    });
    go(index, first);
  };

  const go = (from: number, to: number): void => {
    const slot = (blocks[from]?.last ?? 0) / WORDS;
    if (burnsFuel(from, to)) burnFuel(emitter, slot);
    const label = labelOf(from, to);
    if (label === undefined) tree(to);
    else local(out, OP.br, label);
  };

  tree(0);
  for (let next = work.pop(); next !== undefined; next = work.pop()) next();
  out.byte(OP.unreachable);
}

/** Whether an edge costs fuel: one that goes back to its own block's last instruction or before it, by a jump. */
export function goesBack(blocks: readonly Block[], from: number, to: number): boolean {
  return (blocks[to]?.first ?? 0) <= (blocks[from]?.last ?? 0);
}
