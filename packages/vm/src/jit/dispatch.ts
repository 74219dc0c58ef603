import { WORDS } from "../program/operation.ts";
import type { Block } from "./blocks.ts";
import { emitBlock, emitCondition } from "./emit-block.ts";
import { burnFuel, constant32, local, LOCAL, type Emitter } from "./emitter.ts";
import { goesBack } from "./structure.ts";
import { OP, TYPE } from "./wasm.ts";

/**
 * Emits a function whose loops have several entries: one loop around a `br_table` that jumps to the block whose index
 * is in the local `label`. Correct for every graph, and up to twice as slow as structured code.
 */
export function emitDispatch(emitter: Emitter, blocks: readonly Block[]): void {
  const { out } = emitter;
  const count = blocks.length;
  out.byte(OP.loop);
  out.byte(TYPE.void);
  for (let index = 0; index < count; index++) {
    out.byte(OP.block);
    out.byte(TYPE.void);
  }
  local(out, OP.local_get, LOCAL.label);
  local(out, OP.br_table, count - 1);
  for (let index = 0; index < count; index++) out.u32(index);
  blocks.forEach((block, index) => {
    out.byte(OP.end);
    // Open are the blocks of the code that follows, and the loop outside them.
    const loop = count - 1 - index;
    const go = (to: number, inside: number): void => {
      if (goesBack(blocks, index, to)) burnFuel(emitter, block.last / WORDS);
      constant32(out, to);
      local(out, OP.local_set, LOCAL.label);
      local(out, OP.br, loop + inside);
    };
    emitBlock(emitter, block);
    const [first, second] = block.successors;
    if (first === undefined) return;
    if (second === undefined) {
      go(first, 0);
      return;
    }
    emitCondition(emitter, block);
    out.byte(OP.if);
    out.byte(TYPE.void);
    go(first, 1);
    out.byte(OP.end);
    go(second, 0);
  });
  out.byte(OP.end);
  out.byte(OP.unreachable);
}
