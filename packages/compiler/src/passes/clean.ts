import { reversePostOrder } from "../ir/dominators.ts";
import { findRedundantPhis } from "./redundant-phis.ts";
import {
  isPure,
  mapOperands,
  operandsOf,
  successorsOf,
  type Block,
  type IrFunction,
  type Terminator,
  type Value,
} from "../ir/ir.ts";

/** Drops blocks that nothing reaches, phis that choose nothing and values that nobody reads; merges blocks that only follow. */
export function clean(program: IrFunction): void {
  dropUnreachable(program);
  simplifyPhis(program);
  dropDead(program);
  mergeBlocks(program);
  skipEmptyBlocks(program);
  mergeBlocks(program);
}

/** Leads the ways into a block that does nothing to where it goes on, where no phi tells them apart. */
function skipEmptyBlocks(program: IrFunction): void {
  for (const block of program.blocks) {
    const { end } = block;
    if (block === program.blocks[0] || block.instructions.length > 0 || end?.kind !== "jump")
      continue;
    const { target } = end;
    if (target === block || target.instructions[0]?.op === "phi") continue;
    target.predecessors = target.predecessors.filter((one) => one !== block);
    for (const predecessor of block.predecessors) {
      redirect(predecessor, block, target);
      if (!target.predecessors.includes(predecessor)) target.predecessors.push(predecessor);
    }
    block.predecessors = [];
    block.end = undefined;
  }
  program.blocks = program.blocks.filter((block, index) => index === 0 || block.end !== undefined);
}

function redirect(block: Block, from: Block, to: Block): void {
  const { end } = block;
  if (end?.kind === "jump" && end.target === from) block.end = { kind: "jump", target: to };
  if (end?.kind !== "branch") return;
  const taken = end.taken === from ? to : end.taken;
  const otherwise = end.otherwise === from ? to : end.otherwise;
  block.end = taken === otherwise ? { kind: "jump", target: to } : { ...end, taken, otherwise };
}

function dropUnreachable(program: IrFunction): void {
  const [entry] = program.blocks;
  if (entry === undefined) return;
  const order = reversePostOrder(entry);
  const reached = new Set(order);
  program.blocks = [...order];
  for (const block of program.blocks) {
    const kept = block.predecessors.map((one) => reached.has(one));
    if (kept.every(Boolean)) continue;
    for (const one of block.instructions) {
      if (one.op !== "phi") continue;
      const inputs = one.inputs.filter((_, index) => kept[index]);
      one.inputs.splice(0, one.inputs.length, ...inputs);
    }
    block.predecessors = block.predecessors.filter((_, index) => kept[index]);
  }
}

function simplifyPhis(program: IrFunction): void {
  const forward = new Map<Value, Value>();
  const follow = (value: Value): Value => {
    let at = value;
    for (let next = forward.get(at); next !== undefined; next = forward.get(at)) at = next;
    return at;
  };
  // A checked pointer and the pointer itself are the same address.
  const strip = (value: Value): Value => {
    let at = follow(value);
    for (let one = program.values.get(at); one?.op === "nonnull"; one = program.values.get(at))
      at = follow(one.value);
    return at;
  };
  for (let changed = true; changed;) {
    changed = false;
    for (const [value, only] of findRedundantPhis(program, follow)) {
      forward.set(value, only);
      changed = true;
    }
    for (const block of program.blocks) {
      for (const one of block.instructions) {
        if (one.op !== "phi" || forward.has(one.id)) continue;
        const exact = new Set(one.inputs.map(follow).filter((input) => input !== one.id));
        const inputs =
          exact.size === 1
            ? exact
            : new Set(one.inputs.map(strip).filter((input) => input !== one.id));
        const [only] = inputs;
        if (inputs.size !== 1 || only === undefined) continue;
        forward.set(one.id, only);
        changed = true;
      }
    }
  }
  if (forward.size === 0) return;
  for (const block of program.blocks) {
    block.instructions = block.instructions
      .filter(({ id }) => !forward.has(id))
      .map((one) => {
        const mapped = mapOperands(one, follow);
        program.values.set(mapped.id, mapped);
        return mapped;
      });
    block.end = mapEnd(block.end, follow);
  }
}

function mapEnd(end: Terminator | undefined, map: (value: Value) => Value): Terminator | undefined {
  switch (end?.kind) {
    case "branch":
      return { ...end, left: map(end.left), right: map(end.right) };
    case "return":
      return { ...end, value: map(end.value) };
    default:
      return end;
  }
}

function dropDead(program: IrFunction): void {
  const live = new Set<Value>();
  const work: Value[] = [];
  const need = (value: Value): void => {
    if (live.has(value)) return;
    live.add(value);
    work.push(value);
  };
  for (const { instructions, end } of program.blocks) {
    for (const one of instructions) if (!isPure(one)) need(one.id);
    if (end?.kind === "branch") [end.left, end.right].forEach(need);
    if (end?.kind === "return") need(end.value);
  }
  for (let value = work.pop(); value !== undefined; value = work.pop()) {
    const one = program.values.get(value);
    if (one !== undefined) operandsOf(one).forEach(need);
  }
  for (const block of program.blocks)
    block.instructions = block.instructions.filter(({ id }) => live.has(id));
}

function mergeBlocks(program: IrFunction): void {
  for (const block of program.blocks) {
    for (;;) {
      const { end } = block;
      if (end?.kind !== "jump") break;
      const { target } = end;
      if (target === block || target.predecessors.length !== 1 || target === program.blocks[0])
        break;
      block.instructions.push(...target.instructions);
      block.end = target.end;
      for (const next of successorsOf(target))
        next.predecessors = next.predecessors.map((one) => (one === target ? block : one));
      target.instructions = [];
      target.predecessors = [];
      target.end = undefined;
    }
  }
  program.blocks = program.blocks.filter((block, index) => index === 0 || block.end !== undefined);
}
