import {
  WIDE_SOURCE,
  type CoreKind,
  alu32,
  alu64,
  atomic,
  byteOrder,
  call,
  callFunction,
  exit,
  jump,
  jumpIf,
  load,
  loadConstant,
  loadMap,
  loadMapValue,
  mov64,
  OPCODE,
  R0,
  R1,
  R10,
  R2,
  R3,
  R4,
  R5,
  R6,
  R7,
  R8,
  R9,
  store,
  type AccessWidth,
  type Instruction,
  type Register,
  type Span,
} from "@ocelli/bpf";

import type { KernelField, Width } from "../ir/ir.ts";
import type { Allocation } from "./allocate.ts";
import { layOutStack } from "./stack.ts";
import type { Argument, Base, Lir, Source, Step, Virtual } from "./lir.ts";

/** An instruction of the machine with where it comes from. */
export interface Emitted {
  readonly instruction: Instruction;
  readonly span: Span;
  /** A fact about a kernel type that the instruction holds. */
  readonly core: CoreFact | undefined;
}

/** Which fact about which kernel type. */
export interface CoreFact {
  readonly relocation: CoreKind;
  readonly field: KernelField;
}

/** A program's code. */
export interface Code {
  readonly instructions: readonly Emitted[];
  /** Bytes of stack. */
  readonly stackBytes: number;
}

const REGISTERS: readonly Register[] = [R0, R1, R2, R3, R4, R5, R6, R7, R8, R9];
const PARAMETERS: readonly Register[] = [R1, R2, R3, R4, R5];
const FIRST_SCRATCH = R0;
const SECOND_SCRATCH = R5;

function widthName(width: Width): AccessWidth {
  return width === 1 ? "u8" : width === 2 ? "u16" : width === 4 ? "u32" : "u64";
}

/** Writes the steps as instructions, with the registers and slots that they were given. */
export function emitCode(lir: Lir, allocation: Allocation): Code {
  return new Emitter(lir, allocation).run();
}

class Emitter {
  readonly #lir: Lir;
  readonly #allocation: Allocation;
  readonly #slots: readonly number[];
  readonly #spillBase: number;
  readonly #out: {
    instruction: Instruction;
    readonly span: Span;
    readonly core: CoreFact | undefined;
  }[] = [];
  #span: Span = { offset: 0, length: 0 };

  constructor(lir: Lir, allocation: Allocation) {
    this.#lir = lir;
    this.#allocation = allocation;
    const { offsets, size } = layOutStack(lir);
    this.#slots = offsets;
    this.#spillBase = size;
  }

  run(): Code {
    const starts = new Map<number, number>();
    const forwards = this.#forwards();
    let fallsInto = true;
    for (const block of this.#lir.blocks) {
      starts.set(block.id, this.#out.length);
      // Nothing may be left that no way leads to: the verifier refuses it.
      if (forwards.has(block.id) && !fallsInto) continue;
      const last = block.steps.at(-1)?.kind;
      fallsInto = last !== "jump" && last !== "exit";
      if (block.id === 0) this.#parameters(block.steps);
      for (const step of block.steps) {
        this.#span = step.span;
        if (step.kind !== "parameter") this.#step(step);
      }
    }
    const targetOf = (name: string): number => {
      let target = Number(name);
      for (let next = forwards.get(target); next !== undefined; next = forwards.get(target))
        target = next;
      return starts.get(target) ?? 0;
    };
    // A jump to what follows anyway is left out; the places behind it move up.
    const moved: number[] = [];
    const kept = this.#out.slice(0, 0);
    this.#out.forEach((one, index) => {
      moved.push(kept.length);
      const { reference, opcode } = one.instruction;
      const follows = reference?.kind === "label" && targetOf(reference.name) === index + 1;
      if (opcode !== OPCODE.ja || !follows) kept.push(one);
    });
    const labelAt = new Map<number, string>();
    for (const one of kept) {
      const { reference } = one.instruction;
      if (reference?.kind !== "label") continue;
      const at = moved[targetOf(reference.name)] ?? 0;
      const name = labelAt.get(at) ?? `l${labelAt.size}`;
      labelAt.set(at, name);
      one.instruction = { ...one.instruction, reference: { kind: "label", name } };
    }
    for (const [at, name] of labelAt) {
      const one = kept[at];
      if (one !== undefined) one.instruction = { ...one.instruction, symbol: name };
    }
    const stackBytes = this.#spillBase + this.#allocation.spills * 8;
    return { instructions: kept, stackBytes };
  }

  /** Blocks that only jump on, now that moves between equal homes are gone, with where they lead. */
  #forwards(): ReadonlyMap<number, number> {
    const found = new Map<number, number>();
    for (const { id, steps } of this.#lir.blocks) {
      const end = steps.at(-1);
      if (id === 0 || end?.kind !== "jump" || end.target === id || found.get(end.target) === id)
        continue;
      if (steps.slice(0, -1).every((step) => this.#isNothing(step))) found.set(id, end.target);
    }
    for (const id of found.keys()) {
      // A circle of empty blocks would lead nowhere.
      const seen = new Set([id]);
      let at = found.get(id);
      while (at !== undefined && !seen.has(at)) {
        seen.add(at);
        at = found.get(at);
      }
      if (at !== undefined) found.delete(id);
    }
    return found;
  }

  #isNothing(step: Step): boolean {
    if (step.kind !== "move" || !("register" in step.from)) return false;
    const home = this.#home(step.to);
    return home !== undefined && home === this.#home(step.from.register);
  }

  #add(instruction: Instruction, core?: CoreFact): void {
    this.#out.push({ instruction, span: this.#span, core });
  }

  #spill(one: Virtual): number | undefined {
    const home = this.#allocation.homes[one];
    return home?.kind === "spill" ? -this.#spillBase - (home.index + 1) * 8 : undefined;
  }

  #home(one: Virtual): Register | undefined {
    const home = this.#allocation.homes[one];
    return home?.kind === "register" ? REGISTERS[home.number] : undefined;
  }

  /** The register that holds a value, loaded from its spill slot if need be. */
  #read(one: Virtual, scratch: Register): Register {
    const home = this.#home(one);
    if (home !== undefined) return home;
    this.#add(load("u64", scratch, R10, this.#spill(one) ?? 0));
    return scratch;
  }

  #readSource(source: Source, scratch: Register): Register | number {
    return "register" in source ? this.#read(source.register, scratch) : source.constant;
  }

  /** Makes a value in its register, or in a scratch register that is stored afterwards. */
  #write(to: Virtual, make: (register: Register) => void): void {
    const spill = this.#spill(to);
    const register = this.#home(to) ?? FIRST_SCRATCH;
    make(register);
    if (spill !== undefined) this.#add(store("u64", R10, spill, register));
  }

  #move(to: Register, from: Register | number): void {
    if (to !== from) this.#add(mov64(to, from));
  }

  #base(base: Base, scratch: Register): { readonly register: Register; readonly extra: number } {
    if (base.kind === "slot") return { register: R10, extra: this.#slots[base.slot] ?? 0 };
    return { register: this.#read(base.register, scratch), extra: 0 };
  }

  #step(step: Step): void {
    switch (step.kind) {
      case "move":
        this.#write(step.to, (register) => {
          if (this.#spill(step.to) === undefined && "register" in step.from)
            this.#move(register, this.#read(step.from.register, register));
          else this.#move(register, this.#readSource(step.from, register));
        });
        return;
      case "constant":
        this.#write(step.to, (register) => this.#add(loadConstant(register, step.value)));
        return;
      case "slot":
        this.#write(step.to, (register) => this.#slotAddress(register, step.slot, 0));
        return;
      case "map":
        this.#write(step.to, (register) => this.#add(loadMap(register, step.name)));
        return;
      case "data":
        this.#write(step.to, (register) =>
          this.#add(loadMapValue(register, step.map, step.offset)),
        );
        return;
      case "parameter":
        return;
      case "function":
        this.#write(step.to, (register) =>
          this.#add({
            ...loadConstant(register, 0n),
            src: WIDE_SOURCE.function,
            reference: { kind: "function", name: step.name },
          }),
        );
        return;
      case "alu":
        this.#alu(step);
        return;
      case "swap":
        this.#write(step.to, (register) => {
          if (this.#spill(step.to) !== undefined) this.#read(step.to, register);
          this.#add(byteOrder("big", register, step.bits));
        });
        return;
      case "core": {
        const { relocation, field, value } = step;
        // An enumerator may have any value, everything else fits an immediate.
        const wide = relocation === "enumval_value";
        this.#write(step.to, (register) =>
          this.#add(wide ? loadConstant(register, value) : mov64(register, Number(value)), {
            relocation,
            field,
          }),
        );
        return;
      }
      case "load": {
        const { register: base, extra } = this.#base(step.base, FIRST_SCRATCH);
        this.#write(step.to, (register) =>
          this.#add(
            load(widthName(step.width), register, base, step.offset + extra),
            step.field === undefined
              ? undefined
              : { relocation: "field_byte_offset", field: step.field },
          ),
        );
        return;
      }
      case "store": {
        const { register: base, extra } = this.#base(step.base, FIRST_SCRATCH);
        this.#add(
          store(
            widthName(step.width),
            base,
            step.offset + extra,
            this.#readSource(step.from, SECOND_SCRATCH),
          ),
        );
        return;
      }
      case "atomic-add": {
        const { register: base, extra } = this.#base(step.base, FIRST_SCRATCH);
        const value = this.#read(step.from, SECOND_SCRATCH);
        this.#add(
          atomic("add", step.width === 4 ? "u32" : "u64", base, step.offset + extra, value),
        );
        return;
      }
      case "call":
        this.#call(step);
        return;
      case "jump":
        this.#add(jump(String(step.target)));
        return;
      case "branch": {
        const left = this.#read(step.left, FIRST_SCRATCH);
        this.#add(
          jumpIf(
            left,
            step.comparison,
            this.#readSource(step.right, SECOND_SCRATCH),
            String(step.target),
          ),
        );
        return;
      }
      default:
        this.#move(R0, this.#readSource(step.from, R0));
        this.#add(exit());
    }
  }

  #alu(step: Step & { readonly kind: "alu" }): void {
    const build = step.bits === 64 ? alu64 : alu32;
    const operand = this.#readSource(step.from, SECOND_SCRATCH);
    this.#write(step.to, (register) => {
      if (this.#spill(step.to) !== undefined && step.operation !== "mov")
        this.#read(step.to, register);
      this.#add(build(step.operation, register, operand));
    });
  }

  #slotAddress(register: Register, slot: number, offset: number): void {
    this.#add(mov64(register, R10));
    this.#add(alu64("add", register, (this.#slots[slot] ?? 0) + offset));
  }

  #call(step: Step & { readonly kind: "call" }): void {
    this.#placeArguments(step.args);
    this.#add(step.helper === undefined ? callFunction(step.function ?? "") : call(step.helper));
    const { to } = step;
    if (to === undefined) return;
    const spill = this.#spill(to);
    if (spill !== undefined) this.#add(store("u64", R10, spill, R0));
    else this.#move(this.#home(to) ?? R0, R0);
  }

  /** Takes r1 to r5 to where they are kept: spilled ones first, then all others as if they moved at once. */
  #parameters(steps: readonly Step[]): void {
    const moves: { readonly to: Register; readonly from: Register }[] = [];
    for (const step of steps) {
      if (step.kind !== "parameter") continue;
      this.#span = step.span;
      const from = PARAMETERS[step.index] ?? R1;
      const spill = this.#spill(step.to);
      const to = this.#home(step.to);
      if (spill !== undefined) this.#add(store("u64", R10, spill, from));
      else if (to !== undefined && to !== from) moves.push({ to, from });
    }
    this.#moveAll(moves);
  }

  /** Moves as if all happened at once; r0 is free for circles. */
  #moveAll(wanted: readonly { readonly to: Register; readonly from: Register }[]): void {
    let moves = wanted;
    while (moves.length > 0) {
      const free = moves.find(({ to }) => !moves.some(({ from }) => from === to));
      if (free !== undefined) {
        this.#move(free.to, free.from);
        moves = moves.filter((one) => one !== free);
        continue;
      }
      // A circle: one value waits in r0, which the call overwrites anyway.
      const [first] = moves;
      if (first === undefined) return;
      this.#move(R0, first.from);
      moves = moves.map(({ to, from }) => ({ to, from: from === first.from ? R0 : from }));
    }
  }

  /** Registers first, as if all moved at once, then what is made on the spot. */
  #placeArguments(args: readonly Argument[]): void {
    this.#moveAll(
      args.flatMap((argument, index) => {
        const to = PARAMETERS[index];
        const from = argument.kind === "register" ? this.#home(argument.register) : undefined;
        return to === undefined || from === undefined || from === to ? [] : [{ to, from }];
      }),
    );
    args.forEach((argument, index) => {
      const to = PARAMETERS[index];
      if (to === undefined) return;
      switch (argument.kind) {
        case "constant":
          if (argument.value >= -0x8000_0000n && argument.value <= 0x7fff_ffffn)
            this.#add(mov64(to, Number(argument.value)));
          else this.#add(loadConstant(to, argument.value));
          return;
        case "map":
          this.#add(loadMap(to, argument.name));
          return;
        case "slot":
          this.#slotAddress(to, argument.slot, argument.offset);
          return;
        default: {
          const spill = this.#spill(argument.register);
          if (spill !== undefined) this.#add(load("u64", to, R10, spill));
        }
      }
    });
  }
}
