import type { CoreKind, Helper, Span } from "@ocelli/bpf";

/** A value: the id of the instruction that makes it. */
export type Value = number;

/** Arithmetic on 64 bits, or on 32 with a zero-extended result. */
export type Arithmetic =
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "mod"
  | "and"
  | "or"
  | "xor"
  | "shl"
  | "shr"
  | "sar";

/** Comparisons of 64 bits; `s` for signed. */
export type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=" | "s<" | "s<=" | "s>" | "s>=";

/** Width of a memory access in bytes. */
export type Width = 1 | 2 | 4 | 8;

/**
 * A member of a kernel struct, by names and indexes of arrays: loading finds it in the running kernel's own types. An empty path
 * is the type itself; that of an enum names an enumerator.
 */
export interface KernelField {
  readonly struct: string;
  readonly path: readonly (string | number)[];
}

/**
 * What an instruction does. Every value fills a 64-bit register: unsigned ones of less than 64 bits are zero-extended, signed
 * ones sign-extended.
 */
export type Operation =
  | { readonly op: "const"; readonly value: bigint }
  | { readonly op: "context" }
  | {
      readonly op: "arithmetic";
      readonly operator: Arithmetic;
      readonly bits: 32 | 64;
      readonly left: Value;
      readonly right: Value;
    }
  | {
      readonly op: "extend";
      readonly signed: boolean;
      readonly bits: 8 | 16 | 32;
      readonly value: Value;
    }
  /** To or from network byte order. */
  | { readonly op: "swap"; readonly bits: 16 | 32 | 64; readonly value: Value }
  | {
      readonly op: "load";
      readonly width: Width;
      readonly base: Value;
      readonly offset: number;
      readonly field?: KernelField;
    }
  | {
      readonly op: "store";
      readonly width: Width;
      readonly base: Value;
      readonly offset: number;
      readonly value: Value;
    }
  | {
      readonly op: "atomic-add";
      readonly width: 4 | 8;
      readonly base: Value;
      readonly offset: number;
      readonly value: Value;
    }
  | { readonly op: "call"; readonly helper: Helper; readonly args: readonly Value[] }
  /** A map's descriptor. */
  | { readonly op: "map"; readonly name: string }
  /** An address in a data section. */
  | { readonly op: "data"; readonly map: string; readonly offset: number }
  /** The address of a place on the stack. */
  | { readonly op: "slot"; readonly slot: number }
  /** The same pointer, known not to be null: uses after the check take this one. */
  | { readonly op: "nonnull"; readonly value: Value }
  /** A fact about a kernel type, as a number that loading corrects. */
  | {
      readonly op: "core";
      readonly relocation: CoreKind;
      readonly field: KernelField;
      readonly value: bigint;
    }
  /** What a function was called with, by its number. */
  | { readonly op: "parameter"; readonly index: number }
  /** Calls another function of the module. */
  | { readonly op: "call-function"; readonly name: string; readonly args: readonly Value[] }
  /** The address of a function of the module, for helpers that call it back. */
  | { readonly op: "function"; readonly name: string }
  /** One value per predecessor, in their order. */
  | { readonly op: "phi"; readonly inputs: Value[] };

/** An instruction: an operation, its id and where it comes from. */
export type Instruction = Operation & { readonly id: Value; readonly span: Span };

/** How a block ends. */
export type Terminator =
  | { readonly kind: "jump"; readonly target: Block }
  | {
      readonly kind: "branch";
      readonly comparison: Comparison;
      readonly left: Value;
      readonly right: Value;
      readonly taken: Block;
      readonly otherwise: Block;
      readonly span: Span;
    }
  | { readonly kind: "return"; readonly value: Value };

/** Instructions that run one after the other. */
export interface Block {
  readonly id: number;
  instructions: Instruction[];
  predecessors: Block[];
  end: Terminator | undefined;
  span: Span;
}

/** A place on the stack. Bytes; its address is a multiple of 8. */
export interface StackSlot {
  readonly size: number;
}

/** One program. */
export interface IrFunction {
  readonly name: string;
  /** The first is the entry. */
  blocks: Block[];
  readonly slots: StackSlot[];
  /** By id. */
  readonly values: Map<Value, Instruction>;
}

/** The values that an instruction reads. */
export function operandsOf(instruction: Operation): readonly Value[] {
  switch (instruction.op) {
    case "arithmetic":
      return [instruction.left, instruction.right];
    case "extend":
    case "swap":
    case "nonnull":
      return [instruction.value];
    case "load":
      return [instruction.base];
    case "store":
    case "atomic-add":
      return [instruction.base, instruction.value];
    case "call":
    case "call-function":
      return instruction.args;
    case "phi":
      return instruction.inputs;
    default:
      return [];
  }
}

/** The same operation on other values. */
export function mapOperands<T extends Operation>(instruction: T, map: (value: Value) => Value): T {
  const one: Operation = instruction;
  switch (one.op) {
    case "arithmetic":
      return { ...instruction, left: map(one.left), right: map(one.right) };
    case "extend":
    case "swap":
    case "nonnull":
      return { ...instruction, value: map(one.value) };
    case "load":
      return { ...instruction, base: map(one.base) };
    case "store":
    case "atomic-add":
      return { ...instruction, base: map(one.base), value: map(one.value) };
    case "call":
    case "call-function":
      return { ...instruction, args: one.args.map((value) => map(value)) };
    case "phi":
      return { ...instruction, inputs: one.inputs.map((value) => map(value)) };
    default:
      return instruction;
  }
}

/** Blocks that a block may continue in. */
export function successorsOf({ end }: Block): readonly Block[] {
  switch (end?.kind) {
    case "jump":
      return [end.target];
    case "branch":
      return end.taken === end.otherwise ? [end.taken] : [end.taken, end.otherwise];
    default:
      return [];
  }
}

/** Whether an instruction may be left out when nobody reads its value. */
export function isPure({ op }: Operation): boolean {
  return op !== "store" && op !== "atomic-add" && op !== "call" && op !== "call-function";
}
