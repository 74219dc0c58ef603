import { errorAt, type Diagnostic } from "@ocelli/bpf";

import { operandsOf, successorsOf, type Block, type IrFunction, type Value } from "../ir/ir.ts";
import { MOVES_PACKET } from "../lower/helper-table.ts";

/**
 * Finds uses of pointers into a packet behind a helper that moves the packet: the verifier forgets those pointers (rows B8 and
 * B16 to B18 of the verifier matrix). `packet` are the offsets of its two ends in the context.
 */
export function findMovedPackets(
  program: IrFunction,
  packet: { readonly data: number; readonly end: number },
): readonly Diagnostic[] {
  const pointers = packetPointers(program, packet);
  const moves = program.blocks.some(({ instructions }) =>
    instructions.some((one) => one.op === "call" && MOVES_PACKET.has(one.helper)),
  );
  if (!moves || pointers.size === 0) return [];
  const found = new Map<number, Diagnostic>();
  const entering = new Map<Block, Set<Value>>(program.blocks.map((block) => [block, new Set()]));
  const work = [...program.blocks];
  for (let block = work.shift(); block !== undefined; block = work.shift()) {
    const gone = new Set(entering.get(block));
    walk(block, pointers, gone, found);
    for (const next of successorsOf(block)) {
      const known = entering.get(next);
      if (known === undefined) continue;
      const before = known.size;
      for (const one of gone) known.add(one);
      if (known.size > before && !work.includes(next)) work.push(next);
    }
  }
  return [...found.values()];
}

function walk(
  { instructions, end, span }: Block,
  pointers: ReadonlySet<Value>,
  gone: Set<Value>,
  found: Map<number, Diagnostic>,
): void {
  const use = (value: Value, at: { readonly offset: number; readonly length: number }): void => {
    if (!gone.has(value) || found.has(at.offset)) return;
    found.set(
      at.offset,
      errorAt(
        "moved-packet",
        at,
        "Cannot use what was read of the packet here: a call before may have moved the packet",
        "Open it again behind the call: ctx.packet()",
      ),
    );
  };
  for (const one of instructions) {
    if (one.op !== "phi") for (const operand of operandsOf(one)) use(operand, one.span);
    gone.delete(one.id);
    if (one.op === "call" && MOVES_PACKET.has(one.helper))
      for (const pointer of pointers) gone.add(pointer);
  }
  if (end?.kind === "branch") {
    const at = instructions.at(-1)?.span ?? span;
    use(end.left, at);
    use(end.right, at);
  }
}

/** The ends of the packet, and everything that is computed from its start. */
function packetPointers(
  program: IrFunction,
  { data, end }: { readonly data: number; readonly end: number },
): ReadonlySet<Value> {
  const found = new Set<Value>();
  for (let changed = true; changed;) {
    changed = false;
    for (const { instructions } of program.blocks) {
      for (const one of instructions) {
        if (found.has(one.id)) continue;
        const isEnd =
          one.op === "load" &&
          program.values.get(one.base)?.op === "context" &&
          (one.offset === data || one.offset === end);
        const isDerived =
          (one.op === "arithmetic" || one.op === "nonnull" || one.op === "phi") &&
          operandsOf(one).some((operand) => found.has(operand));
        if (!isEnd && !isDerived) continue;
        found.add(one.id);
        changed = true;
      }
    }
  }
  return found;
}
