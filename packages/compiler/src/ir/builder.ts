import type { CoreKind, Helper, Span } from "@ocelli/bpf";

import { foldArithmetic } from "./fold.ts";
import type {
  Arithmetic,
  Block,
  Comparison,
  Instruction,
  IrFunction,
  KernelField,
  Operation,
  Value,
  Width,
} from "./ir.ts";

/** A variable of the source, before SSA gives each of its values a name. */
export type Variable = number;

/**
 * Builds a program in SSA form while its source is walked, after Braun et al., "Simple and Efficient Construction of Static
 * Single Assignment Form" (CC 2013): a block is sealed once all its predecessors are known, and phis appear where reading a
 * variable needs them.
 */
export class IrBuilder {
  readonly program: IrFunction;
  /** Where new instructions go. */
  current: Block;
  /** The source of what is being built. */
  span: Span = { offset: 0, length: 0 };
  #nextValue = 1;
  #context: Value | undefined;
  #nextVariable = 1;
  readonly #constants = new Map<string, Value>();
  readonly #definitions = new Map<Block, Map<Variable, Value>>();
  readonly #sealed = new Set<Block>();
  readonly #fixed = new Set<Variable>();
  readonly #incomplete = new Map<Block, Map<Variable, Instruction & { readonly op: "phi" }>>();

  constructor(name: string) {
    this.program = { name, blocks: [], slots: [], values: new Map() };
    this.current = this.block();
    this.seal(this.current);
  }

  /** Makes an empty block, whose predecessors are still to come. */
  block(): Block {
    const { blocks } = this.program;
    const made: Block = {
      id: blocks.length,
      instructions: [],
      predecessors: [],
      end: undefined,
      span: this.span,
    };
    blocks.push(made);
    return made;
  }

  /** Says that a block has all its predecessors. */
  seal(block: Block): void {
    if (this.#sealed.has(block)) return;
    this.#sealed.add(block);
    for (const [variable, phi] of this.#incomplete.get(block) ?? [])
      this.#fill(phi, block, variable);
    this.#incomplete.delete(block);
  }

  /** Continues in a sealed block. */
  enter(block: Block): void {
    this.seal(block);
    this.current = block;
  }

  /** `fixed`: it is written once, before any loop that reads it, which then needs no phi and keeps what was proved of it. */
  variable(fixed = false): Variable {
    if (fixed) this.#fixed.add(this.#nextVariable);
    return this.#nextVariable++;
  }

  write(variable: Variable, value: Value, block: Block = this.current): void {
    const known = this.#definitions.get(block) ?? new Map<Variable, Value>();
    known.set(variable, value);
    this.#definitions.set(block, known);
  }

  read(variable: Variable, block: Block = this.current): Value {
    const known = this.#definitions.get(block)?.get(variable);
    if (known !== undefined) return known;
    let value: Value;
    const [only] = block.predecessors;
    if (!this.#sealed.has(block) && only !== undefined && this.#fixed.has(variable))
      value = this.read(variable, only);
    else if (!this.#sealed.has(block)) {
      const phi = this.#phi(block);
      const waiting = this.#incomplete.get(block) ?? new Map<Variable, typeof phi>();
      waiting.set(variable, phi);
      this.#incomplete.set(block, waiting);
      value = phi.id;
    } else if (only === undefined) value = this.constant(0n);
    else if (block.predecessors.length === 1) {
      // A circle of blocks that nothing leads into, such as a loop behind a return, holds no value at all.
      this.write(variable, this.constant(0n), block);
      value = this.read(variable, only);
    } else {
      const phi = this.#phi(block);
      this.write(variable, phi.id, block);
      this.#fill(phi, block, variable);
      value = phi.id;
      // Where every way brings the same value there is nothing to choose.
      const [first] = phi.inputs;
      if (first !== undefined && phi.inputs.every((input) => input === first)) {
        block.instructions = block.instructions.filter((one) => one !== phi);
        value = first;
      }
    }
    this.write(variable, value, block);
    return value;
  }

  #phi(block: Block): Instruction & { readonly op: "phi" } {
    const phi = { op: "phi" as const, inputs: [], id: this.#nextValue++, span: block.span };
    this.program.values.set(phi.id, phi);
    block.instructions.unshift(phi);
    return phi;
  }

  #fill(phi: { readonly inputs: Value[] }, block: Block, variable: Variable): void {
    for (const predecessor of block.predecessors) phi.inputs.push(this.read(variable, predecessor));
  }

  emit(operation: Operation): Value {
    const made: Instruction = { ...operation, id: this.#nextValue++, span: this.span };
    this.program.values.set(made.id, made);
    this.current.instructions.push(made);
    return made.id;
  }

  /** A value that every use makes anew, and that stands in no block. */
  #everywhere(key: string, operation: Operation): Value {
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const id = this.#nextValue++;
    this.program.values.set(id, { ...operation, id, span: this.span });
    this.#constants.set(key, id);
    return id;
  }

  constant(value: bigint): Value {
    const exact = BigInt.asIntN(64, value);
    return this.#everywhere(`const ${exact}`, { op: "const", value: exact });
  }

  map(name: string): Value {
    return this.#everywhere(`map ${name}`, { op: "map", name });
  }

  /** What the program, or the function, was given first: the hook's context. */
  context(): Value {
    return this.#context ?? this.#everywhere("context", { op: "context" });
  }

  /** Says that the context is not what came first, but this. */
  setContext(value: Value): void {
    this.#context = value;
  }

  /** What the function was called with, by its number. */
  parameter(index: number): Value {
    return this.#everywhere(`parameter ${index}`, { op: "parameter", index });
  }

  /** A fact about a kernel type; every use makes it anew, which keeps its relocation. */
  core(relocation: CoreKind, field: KernelField, value: bigint): Value {
    return this.emit({ op: "core", relocation, field, value });
  }

  /** Makes room on the stack and gives its address. */
  slot(size: number): Value {
    const slot = this.program.slots.push({ size }) - 1;
    return this.#everywhere(`slot ${slot}`, { op: "slot", slot });
  }

  constantOf(value: Value): bigint | undefined {
    const made = this.program.values.get(value);
    return made?.op === "const" ? made.value : undefined;
  }

  arithmetic(operator: Arithmetic, bits: 32 | 64, left: Value, right: Value): Value {
    const a = this.constantOf(left);
    const b = this.constantOf(right);
    if (a !== undefined && b !== undefined)
      return this.constant(foldArithmetic(operator, bits, a, b));
    const commutes = operator !== "sub" && operator !== "div" && operator !== "mod";
    const shifts = operator === "shl" || operator === "shr" || operator === "sar";
    if (a !== undefined && commutes && !shifts) return this.arithmetic(operator, bits, right, left);
    if (b === 0n && bits === 64 && (operator === "add" || operator === "sub" || shifts))
      return left;
    if (b === 1n && bits === 64 && (operator === "mul" || operator === "div")) return left;
    if (b === 0n && (operator === "mul" || operator === "and")) return this.constant(0n);
    // The machine divides by a register that holds 0, but refuses a constant 0.
    if (b === 0n && operator === "div") return this.constant(0n);
    if (b === 0n && operator === "mod") return left;
    if (operator === "mul" && b !== undefined && b > 0n && (b & (b - 1n)) === 0n)
      return this.arithmetic("shl", bits, left, this.constant(log2(b)));
    if (operator === "div" && b !== undefined && b > 0n && (b & (b - 1n)) === 0n)
      return this.arithmetic("shr", bits, left, this.constant(log2(b)));
    if (operator === "mod" && b !== undefined && b > 0n && (b & (b - 1n)) === 0n)
      return this.arithmetic("and", bits, left, this.constant(b - 1n));
    if (operator === "add" && bits === 64 && b !== undefined) {
      // One addition for a chain of constants, so that the packet pointer that is checked is the one that is used.
      const inner = this.program.values.get(left);
      if (inner?.op === "arithmetic" && inner.operator === "add" && inner.bits === 64) {
        const more = this.constantOf(inner.right);
        if (more !== undefined)
          return this.arithmetic("add", 64, inner.left, this.constant(more + b));
      }
    }
    return this.emit({ op: "arithmetic", operator, bits, left, right });
  }

  extend(signed: boolean, bits: 8 | 16 | 32, value: Value): Value {
    const known = this.constantOf(value);
    if (known !== undefined)
      return this.constant(signed ? BigInt.asIntN(bits, known) : BigInt.asUintN(bits, known));
    return this.emit({ op: "extend", signed, bits, value });
  }

  /** Reads memory; a constant that was added to the address becomes part of the offset. */
  load(width: Width, base: Value, offset: number, field?: KernelField): Value {
    const place = field === undefined ? this.#place(base, offset) : { base, offset };
    return this.emit({ op: "load", width, ...place, ...(field === undefined ? {} : { field }) });
  }

  store(width: Width, base: Value, offset: number, value: Value): void {
    this.emit({ op: "store", width, ...this.#place(base, offset), value });
  }

  atomicAdd(width: 4 | 8, base: Value, offset: number, value: Value): void {
    this.emit({ op: "atomic-add", width, ...this.#place(base, offset), value });
  }

  #place(base: Value, offset: number): { readonly base: Value; readonly offset: number } {
    const made = this.program.values.get(base);
    if (made?.op === "arithmetic" && made.operator === "add" && made.bits === 64) {
      const more = this.constantOf(made.right);
      const sum = more === undefined ? undefined : Number(more) + offset;
      if (sum !== undefined && sum >= -0x8000 && sum < 0x8000)
        return { base: made.left, offset: sum };
    }
    return { base, offset };
  }

  call(helper: Helper, ...args: readonly Value[]): Value {
    return this.emit({ op: "call", helper, args });
  }

  jump(target: Block): void {
    if (this.current.end !== undefined) return;
    this.current.end = { kind: "jump", target };
    if (!this.#isUnreachable()) target.predecessors.push(this.current);
  }

  /** Ends the block; what follows it is unreachable until another is entered. */
  leave(value: Value): void {
    if (this.current.end === undefined) this.current.end = { kind: "return", value };
  }

  branch(comparison: Comparison, left: Value, right: Value, taken: Block, otherwise: Block): void {
    if (this.current.end !== undefined) return;
    const { span } = this;
    this.current.end = { kind: "branch", comparison, left, right, taken, otherwise, span };
    if (this.#isUnreachable()) return;
    taken.predecessors.push(this.current);
    if (otherwise !== taken) otherwise.predecessors.push(this.current);
  }

  /** Nothing leads here: what is lowered here says nothing about where it would go on. */
  #isUnreachable(): boolean {
    const { current } = this;
    const isEntry = current === this.program.blocks[0];
    return !isEntry && this.#sealed.has(current) && current.predecessors.length === 0;
  }

  /** Starts a block that nothing leads to, for the source behind a jump. */
  enterUnreachable(): void {
    this.enter(this.block());
  }

  /**
   * Branches on whether a value is zero. When the block only joins values to be tested, each way into it is led on to where
   * its own value says, so that a checked pointer stays the one that was checked.
   */
  branchOnZero(value: Value, zero: Block, other: Block, isPointer: boolean): void {
    const { current } = this;
    const known = this.constantOf(value);
    if (known !== undefined) {
      this.jump(known === 0n ? zero : other);
      return;
    }
    if (isPointer && this.isNonNull(value)) {
      this.jump(other);
      return;
    }
    const phi = current.instructions.find(({ id }) => id === value);
    const joinsOnly =
      phi?.op === "phi" &&
      this.#sealed.has(current) &&
      current.instructions.every(({ op }) => op === "phi") &&
      current.predecessors.every(({ end, id }) => end?.kind === "jump" && id !== current.id);
    if (!joinsOnly) {
      this.#test(value, zero, other, isPointer);
      return;
    }
    const definitions = [...(this.#definitions.get(current) ?? [])];
    const phis = new Map(
      current.instructions.flatMap((one) => (one.op === "phi" ? [[one.id, one] as const] : [])),
    );
    current.predecessors.forEach((predecessor, index) => {
      const translate = (one: Value): Value => phis.get(one)?.inputs[index] ?? one;
      for (const [variable, one] of definitions) this.write(variable, translate(one), predecessor);
      predecessor.end = undefined;
      this.current = predecessor;
      this.branchOnZero(translate(value), zero, other, isPointer);
    });
    current.predecessors = [];
    current.instructions = [];
  }

  /** Tests for real; on the way where a pointer is not null every variable that holds it takes the checked one. */
  #test(value: Value, zero: Block, other: Block, isPointer: boolean): void {
    if (!isPointer) {
      this.branch("!=", value, this.constant(0n), other, zero);
      return;
    }
    const { current } = this;
    const checked = this.block();
    this.branch("!=", value, this.constant(0n), checked, zero);
    this.enter(checked);
    const certain = this.emit({ op: "nonnull", value });
    for (const [variable, one] of this.#definitions.get(current) ?? [])
      if (one === value) this.write(variable, certain);
    this.jump(other);
  }

  /** The one value that phis can only choose, or else the value itself. */
  resolve(value: Value): Value {
    const leaves = new Set<Value>();
    const seen = new Set<Value>([value]);
    const work = [value];
    for (let at = work.pop(); at !== undefined; at = work.pop()) {
      const made = this.program.values.get(at);
      if (made?.op !== "phi") leaves.add(at);
      else
        for (const input of made.inputs) {
          if (seen.has(input)) continue;
          seen.add(input);
          work.push(input);
        }
    }
    const [only] = leaves;
    return leaves.size === 1 && only !== undefined ? only : value;
  }

  /** Whether a pointer was checked, on every way that it came. */
  isNonNull(value: Value, seen: ReadonlySet<Value> = new Set()): boolean {
    const made = this.program.values.get(value);
    switch (made?.op) {
      case "nonnull":
      case "slot":
      case "data":
      case "context":
        return true;
      case "phi": {
        // A loop brings its own value round again: what came in decides.
        if (seen.has(value)) return true;
        if (made.inputs.length === 0) return false;
        const now = new Set([...seen, value]);
        return made.inputs.every((input) => this.isNonNull(input, now));
      }
      default:
        return false;
    }
  }
}

function log2(power: bigint): bigint {
  return BigInt(power.toString(2).length - 1);
}
