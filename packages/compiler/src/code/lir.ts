import type { AluOperation, Comparison, CoreKind, Helper, Span } from "@ocelli/bpf";

import type { KernelField, Width } from "../ir/ir.ts";

/** A register that allocation gives a number. */
export type Virtual = number;

/** A register, or a number of 32 bits. */
export type Source = { readonly register: Virtual } | { readonly constant: number };

/** What an argument register is set to in front of a call. */
export type Argument =
  | { readonly kind: "register"; readonly register: Virtual }
  | { readonly kind: "constant"; readonly value: bigint }
  | { readonly kind: "map"; readonly name: string }
  | { readonly kind: "slot"; readonly slot: number; readonly offset: number };

/** An address: a register, or the frame pointer with a slot that gets its place later. */
export type Base =
  | { readonly kind: "register"; readonly register: Virtual }
  | { readonly kind: "slot"; readonly slot: number };

/** An instruction before registers are given: two-address, as the machine's own are. */
export type Step = { readonly span: Span } & (
  | { readonly kind: "move"; readonly to: Virtual; readonly from: Source }
  | { readonly kind: "constant"; readonly to: Virtual; readonly value: bigint }
  | { readonly kind: "slot"; readonly to: Virtual; readonly slot: number }
  | { readonly kind: "map"; readonly to: Virtual; readonly name: string }
  | { readonly kind: "data"; readonly to: Virtual; readonly map: string; readonly offset: number }
  /** r1 to r5 at the entry. */
  | { readonly kind: "parameter"; readonly index: number; readonly to: Virtual }
  | { readonly kind: "function"; readonly to: Virtual; readonly name: string }
  | {
      readonly kind: "alu";
      readonly bits: 32 | 64;
      readonly operation: AluOperation;
      readonly to: Virtual;
      readonly from: Source;
    }
  | { readonly kind: "swap"; readonly to: Virtual; readonly bits: 16 | 32 | 64 }
  | {
      readonly kind: "core";
      readonly to: Virtual;
      readonly value: bigint;
      readonly relocation: CoreKind;
      readonly field: KernelField;
    }
  | {
      readonly kind: "load";
      readonly to: Virtual;
      readonly width: Width;
      readonly base: Base;
      readonly offset: number;
      readonly field?: KernelField | undefined;
    }
  | {
      readonly kind: "store";
      readonly width: Width;
      readonly base: Base;
      readonly offset: number;
      readonly from: Source;
    }
  | {
      readonly kind: "atomic-add";
      readonly width: 4 | 8;
      readonly base: Base;
      readonly offset: number;
      readonly from: Virtual;
    }
  | {
      readonly kind: "call";
      /** Absent for a call of `function`. */
      readonly helper: Helper | undefined;
      readonly function?: string;
      readonly args: readonly Argument[];
      readonly to: Virtual | undefined;
    }
  | { readonly kind: "jump"; readonly target: number }
  | {
      readonly kind: "branch";
      readonly comparison: Comparison;
      readonly left: Virtual;
      readonly right: Source;
      readonly target: number;
    }
  | { readonly kind: "exit"; readonly from: Source }
);

/** Steps that run one after the other; jumps name blocks by number. */
export interface LirBlock {
  readonly id: number;
  readonly steps: Step[];
  readonly successors: number[];
  /** How many loops are around it, roughly: what is used there is worth a register. */
  depth: number;
}

/** A program before registers are given. */
export interface Lir {
  readonly blocks: LirBlock[];
  readonly registers: number;
  readonly slots: readonly { readonly size: number }[];
}

/** The registers that a step reads. */
export function readsOf(step: Step): Virtual[] {
  const of = (source: Source): Virtual[] => ("register" in source ? [source.register] : []);
  const base = (one: Base): Virtual[] => (one.kind === "register" ? [one.register] : []);
  switch (step.kind) {
    case "move":
      return of(step.from);
    case "alu":
      return step.operation === "mov" ? of(step.from) : [step.to, ...of(step.from)];
    case "swap":
      return [step.to];
    case "load":
      return base(step.base);
    case "store":
      return [...base(step.base), ...of(step.from)];
    case "atomic-add":
      return [...base(step.base), step.from];
    case "call":
      return step.args.flatMap((one) => (one.kind === "register" ? [one.register] : []));
    case "branch":
      return [step.left, ...of(step.right)];
    case "exit":
      return of(step.from);
    default:
      return [];
  }
}

/** The register that a step writes. */
export function writeOf(step: Step): Virtual | undefined {
  return "to" in step ? step.to : undefined;
}
