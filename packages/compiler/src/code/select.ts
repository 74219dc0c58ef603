import type { AluOperation, Span } from "@ocelli/bpf";

import {
  operandsOf,
  type Arithmetic,
  type Comparison,
  type Block,
  type Instruction,
  type IrFunction,
  type Value,
} from "../ir/ir.ts";
import {
  readsOf,
  type Argument,
  type Base,
  type Lir,
  type LirBlock,
  type Source,
  type Step,
  type Virtual,
} from "./lir.ts";

const ALU: Readonly<Record<Arithmetic, AluOperation>> = {
  add: "add",
  sub: "sub",
  mul: "mul",
  div: "div",
  mod: "mod",
  and: "and",
  or: "or",
  xor: "xor",
  shl: "lsh",
  shr: "rsh",
  sar: "arsh",
};

const MIRRORED: Readonly<Record<string, Comparison>> = {
  "==": "==",
  "!=": "!=",
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
  "s<": "s>",
  "s<=": "s>=",
  "s>": "s<",
  "s>=": "s<=",
};
const INVERTED: Readonly<Record<string, Comparison>> = {
  "==": "!=",
  "!=": "==",
  "<": ">=",
  "<=": ">",
  ">": "<=",
  ">=": "<",
  "s<": "s>=",
  "s<=": "s>",
  "s>": "s<=",
  "s>=": "s<",
};

function fitsImmediate(value: bigint): boolean {
  return value >= -0x8000_0000n && value <= 0x7fff_ffffn;
}

/**
 * Chooses instructions. Constants, map descriptors and stack addresses are made where they are used, and never kept. Phis
 * become moves at the ends of the blocks before them.
 */
export function selectInstructions(program: IrFunction): Lir {
  return new Selector(program).run();
}

/** Results of calls that nobody reads stay in r0; after helpers that return nothing it cannot even be read. */
function dropUnusedResults(blocks: readonly LirBlock[]): void {
  const read = new Set(blocks.flatMap(({ steps }) => steps.flatMap((step) => readsOf(step))));
  for (const { steps } of blocks)
    steps.forEach((step, index) => {
      if (step.kind === "call" && step.to !== undefined && !read.has(step.to))
        steps[index] = { ...step, to: undefined };
    });
}

class Selector {
  readonly #program: IrFunction;
  readonly #blocks: LirBlock[] = [];
  readonly #numbers = new Map<Block, number>();
  readonly #registers = new Map<Value, Virtual>();
  #next = 0;
  #steps: Step[] = [];
  #span: Span = { offset: 0, length: 0 };

  constructor(program: IrFunction) {
    this.#program = program;
  }

  run(): Lir {
    const { blocks, slots } = this.#program;
    blocks.forEach((block, index) => this.#numbers.set(block, index));
    for (const block of blocks) {
      const made = { id: this.#number(block), steps: [], successors: [], depth: 0 };
      this.#blocks.push(made);
    }
    blocks.forEach((block, index) => this.#block(block, index));
    dropUnusedResults(this.#blocks);
    markLoops(this.#blocks);
    return { blocks: this.#blocks, registers: this.#next, slots };
  }

  #number(block: Block): number {
    return this.#numbers.get(block) ?? 0;
  }

  #fresh(): Virtual {
    return this.#next++;
  }

  #register(value: Value): Virtual {
    const known = this.#registers.get(value);
    if (known !== undefined) return known;
    const made = this.#fresh();
    this.#registers.set(value, made);
    return made;
  }

  #add(step: StepWithoutSpan): void {
    this.#steps.push({ ...step, span: this.#span });
  }

  /** A value in a register; those that stand nowhere are made here. */
  #use(value: Value): Virtual {
    const made = this.#program.values.get(value);
    switch (made?.op) {
      case "const": {
        const to = this.#fresh();
        this.#constant(to, made.value);
        return to;
      }
      case "slot": {
        const to = this.#fresh();
        this.#add({ kind: "slot", to, slot: made.slot });
        return to;
      }
      case "map": {
        const to = this.#fresh();
        this.#add({ kind: "map", to, name: made.name });
        return to;
      }
      default:
        return this.#register(value);
    }
  }

  #constant(to: Virtual, value: bigint): void {
    if (fitsImmediate(value)) this.#add({ kind: "move", to, from: { constant: Number(value) } });
    else this.#add({ kind: "constant", to, value });
  }

  #source(value: Value): Source {
    const made = this.#program.values.get(value);
    if (made?.op === "const" && fitsImmediate(made.value)) return { constant: Number(made.value) };
    return { register: this.#use(value) };
  }

  /** What 32 bits of a value look like as a signed immediate. */
  #source32(value: Value): Source {
    const made = this.#program.values.get(value);
    if (made?.op === "const") return { constant: Number(BigInt.asIntN(32, made.value)) };
    return { register: this.#use(value) };
  }

  #base(value: Value): Base {
    const made = this.#program.values.get(value);
    return made?.op === "slot"
      ? { kind: "slot", slot: made.slot }
      : { kind: "register", register: this.#use(value) };
  }

  #argument(value: Value): Argument {
    const made = this.#program.values.get(value);
    switch (made?.op) {
      case "const":
        return { kind: "constant", value: made.value };
      case "map":
        return { kind: "map", name: made.name };
      case "slot":
        return { kind: "slot", slot: made.slot, offset: 0 };
      default:
        return { kind: "register", register: this.#register(value) };
    }
  }

  #block(block: Block, index: number): void {
    const made = this.#blocks[index];
    if (made === undefined) return;
    this.#steps = made.steps;
    if (index === 0) {
      this.#span = block.instructions[0]?.span ?? block.span;
      this.#parameters();
    }
    for (const one of block.instructions) {
      this.#span = one.span;
      this.#instruction(one);
    }
    this.#end(block, made, index);
  }

  /** What the function was called with is taken out of r1 to r5 at once. */
  #parameters(): void {
    const found: { readonly index: number; readonly to: Virtual }[] = [];
    const used = usedValues(this.#program);
    for (const one of this.#program.values.values()) {
      if ((one.op !== "context" && one.op !== "parameter") || !used.has(one.id)) continue;
      const index = one.op === "context" ? 0 : one.index;
      found.push({ index, to: this.#register(one.id) });
    }
    for (const { index, to } of found.toSorted((a, b) => a.index - b.index))
      this.#add({ kind: "parameter", index, to });
  }

  #instruction(one: Instruction): void {
    switch (one.op) {
      case "arithmetic":
        this.#arithmetic(one);
        return;
      case "extend":
        this.#extend(one);
        return;
      case "swap": {
        const to = this.#register(one.id);
        this.#add({ kind: "move", to, from: { register: this.#use(one.value) } });
        this.#add({ kind: "swap", to, bits: one.bits });
        return;
      }
      case "nonnull": {
        // The same register, unless the pointer is a phi, whose register takes other values later.
        const isPhi = this.#program.values.get(one.value)?.op === "phi";
        const from = this.#use(one.value);
        if (!isPhi && !this.#isMadeAtUse(one.value)) this.#registers.set(one.id, from);
        else this.#add({ kind: "move", to: this.#register(one.id), from: { register: from } });
        return;
      }
      case "load":
        this.#add({
          kind: "load",
          to: this.#register(one.id),
          width: one.width,
          base: this.#base(one.base),
          offset: one.offset,
          field: one.field,
        });
        return;
      case "store": {
        // Contexts are written from registers only, up to Linux 6.1.
        const isContext = this.#program.values.get(one.base)?.op === "context";
        const from = isContext
          ? { register: this.#use(one.value) }
          : one.width === 8
            ? this.#source(one.value)
            : this.#source32(one.value);
        this.#add({
          kind: "store",
          width: one.width,
          base: this.#base(one.base),
          offset: one.offset,
          from,
        });
        return;
      }
      case "atomic-add":
        this.#add({
          kind: "atomic-add",
          width: one.width,
          base: this.#base(one.base),
          offset: one.offset,
          from: this.#use(one.value),
        });
        return;
      case "call":
        this.#add({
          kind: "call",
          helper: one.helper,
          args: one.args.map((value) => this.#argument(value)),
          to: this.#register(one.id),
        });
        return;
      case "data":
        this.#add({ kind: "data", to: this.#register(one.id), map: one.map, offset: one.offset });
        return;
      case "core":
        this.#add({
          kind: "core",
          to: this.#register(one.id),
          value: one.value,
          relocation: one.relocation,
          field: one.field,
        });
        return;
      case "call-function":
        this.#add({
          kind: "call",
          helper: undefined,
          function: one.name,
          args: one.args.map((value) => this.#argument(value)),
          to: this.#register(one.id),
        });
        return;
      case "function":
        this.#add({ kind: "function", to: this.#register(one.id), name: one.name });
        return;
      default:
    }
  }

  #arithmetic(one: Instruction & { readonly op: "arithmetic" }): void {
    const to = this.#register(one.id);
    const { bits, operator } = one;
    const from = bits === 32 ? this.#source32(one.right) : this.#source(one.right);
    this.#add({ kind: "move", to, from: this.#source(one.left) });
    // A shift by a constant on 32 bits is the same number of places on both forms.
    this.#add({ kind: "alu", bits, operation: ALU[operator], to, from });
  }

  #extend(one: Instruction & { readonly op: "extend" }): void {
    const to = this.#register(one.id);
    const from: Source = { register: this.#use(one.value) };
    if (!one.signed && one.bits !== 32) {
      this.#add({ kind: "move", to, from });
      this.#add({
        kind: "alu",
        bits: 64,
        operation: "and",
        to,
        from: { constant: one.bits === 8 ? 0xff : 0xffff },
      });
      return;
    }
    if (!one.signed) {
      // w = w clears the upper half.
      this.#add({ kind: "alu", bits: 32, operation: "mov", to, from });
      return;
    }
    const constant = 64 - one.bits;
    this.#add({ kind: "move", to, from });
    this.#add({ kind: "alu", bits: 64, operation: "lsh", to, from: { constant } });
    this.#add({ kind: "alu", bits: 64, operation: "arsh", to, from: { constant } });
  }

  #end(block: Block, made: LirBlock, index: number): void {
    const { end } = block;
    this.#span = block.instructions.at(-1)?.span ?? block.span;
    switch (end?.kind) {
      case "jump":
        this.#moves(block, end.target);
        made.successors.push(this.#number(end.target));
        if (this.#number(end.target) !== index + 1)
          this.#add({ kind: "jump", target: this.#number(end.target) });
        return;
      case "branch":
        this.#branch(block, made, index);
        return;
      default:
        this.#add({
          kind: "exit",
          from: end?.kind === "return" ? this.#source(end.value) : { constant: 0 },
        });
    }
  }

  #branch(block: Block, made: LirBlock, index: number): void {
    const { end } = block;
    if (end?.kind !== "branch") return;
    const { taken: target, otherwise } = end;
    let { comparison, left, right } = end;
    const constant = (value: Value): boolean => this.#program.values.get(value)?.op === "const";
    if (constant(left) && !constant(right)) {
      [left, right] = [right, left];
      comparison = MIRRORED[comparison] ?? "==";
    }
    const a = this.#use(left);
    const b = this.#source(right);
    let taken = this.#edge(block, target);
    let next = this.#edge(block, otherwise);
    // Fall through to what follows.
    if (taken === index + 1) {
      [taken, next] = [next, taken];
      comparison = INVERTED[comparison] ?? "==";
    }
    made.successors.push(taken, next);
    this.#add({ kind: "branch", comparison, left: a, right: b, target: taken });
    if (next !== index + 1) this.#add({ kind: "jump", target: next });
  }

  /** Where an edge leads: to its target, or to a block of its own that makes the moves of the target's phis. */
  #edge(from: Block, to: Block): number {
    if (to.instructions[0]?.op !== "phi") return this.#number(to);
    const made: LirBlock = {
      id: this.#blocks.length,
      steps: [],
      successors: [this.#number(to)],
      depth: 0,
    };
    this.#blocks.push(made);
    const steps = this.#steps;
    this.#steps = made.steps;
    this.#moves(from, to);
    this.#add({ kind: "jump", target: this.#number(to) });
    this.#steps = steps;
    return made.id;
  }

  /** The moves of all phis of a block, as if they happened at once. */
  #moves(from: Block, to: Block): void {
    const at = to.predecessors.indexOf(from);
    const pending = to.instructions.flatMap((one) => {
      const value = one.op === "phi" ? one.inputs[at] : undefined;
      return value === undefined || value === one.id ? [] : [{ to: this.#register(one.id), value }];
    });
    const registers = pending.map(({ value }) =>
      this.#isMadeAtUse(value) ? undefined : this.#register(value),
    );
    const overlaps = pending.some(({ to: target }, index) =>
      registers.some((source, other) => other > index && source === target),
    );
    if (!overlaps) {
      for (const { to: target, value } of pending) this.#moveTo(target, value);
      return;
    }
    const held = pending.map(({ value }) => {
      const copy = this.#fresh();
      this.#moveTo(copy, value);
      return copy;
    });
    pending.forEach(({ to: target }, index) => {
      const register = held[index];
      if (register !== undefined) this.#add({ kind: "move", to: target, from: { register } });
    });
  }

  #isMadeAtUse(value: Value): boolean {
    const op = this.#program.values.get(value)?.op;
    return op === "const" || op === "slot" || op === "map";
  }

  #moveTo(to: Virtual, value: Value): void {
    const made = this.#program.values.get(value);
    if (made?.op === "const") this.#constant(to, made.value);
    else if (made?.op === "slot") this.#add({ kind: "slot", to, slot: made.slot });
    else this.#add({ kind: "move", to, from: { register: this.#use(value) } });
  }
}

type StepWithoutSpan = Step extends infer S ? (S extends Step ? Omit<S, "span"> : never) : never;

function usedValues({ blocks }: IrFunction): ReadonlySet<Value> {
  const used = new Set<Value>();
  for (const { instructions, end } of blocks) {
    for (const one of instructions) for (const operand of operandsOf(one)) used.add(operand);
    if (end?.kind === "branch") used.add(end.left).add(end.right);
    if (end?.kind === "return") used.add(end.value);
  }
  return used;
}

/** Counts for each block the loops that are around it, by edges that lead back. */
function markLoops(blocks: readonly LirBlock[]): void {
  for (const block of blocks) {
    for (const target of block.successors) {
      if (target > block.id || block.successors.length === 0) continue;
      for (const inside of blocks)
        if (inside.id >= target && inside.id <= block.id) inside.depth += 1;
    }
  }
}
