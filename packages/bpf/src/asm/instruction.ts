import type { CoreRelocation } from "../core/relocation.ts";

/** A line of the program's source, as `.BTF.ext` records it. Lines and columns count from 1; column 0 is unknown. */
export interface SourceLine {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly text: string;
}

/**
 * What an instruction points at by name, until linking and loading put a number in its place.
 *
 * - `label`: a jump inside the same function
 * - `function`: a call of another function of the object (`call`, source 1), or its address (`lddw`, source 4)
 * - `map`: a map's descriptor (`lddw`, source 1)
 * - `map-value`: an address `offset` bytes into the only value of a data-section map (`lddw`, source 2)
 * - `kconfig`: the same, by the name of a `.kconfig` extern
 * - `ksym`: a kernel symbol's address; `typeId` is the extern's VAR type in the object's BTF
 * - `kfunc`: a call of a kernel function (`call`, source 2); `typeId` is the extern's FUNC type in the object's BTF
 */
export type Reference =
  | { readonly kind: "label"; readonly name: string }
  | { readonly kind: "function"; readonly name: string }
  | { readonly kind: "map"; readonly name: string }
  | { readonly kind: "map-value"; readonly name: string; readonly offset: number }
  | { readonly kind: "kconfig"; readonly name: string }
  | {
      readonly kind: "ksym";
      readonly name: string;
      readonly typeId: number;
      readonly weak: boolean;
    }
  | {
      readonly kind: "kfunc";
      readonly name: string;
      readonly typeId: number;
      readonly weak: boolean;
    };

/**
 * One BPF instruction (RFC 9669), with what is known about it beyond its bits. Immutable: change one by spreading it
 * into another.
 *
 * ```
 *  0        8    12   16        32                64
 *  | opcode | dst | src | offset  | imm             |      and for lddw (opcode 0x18) eight bytes more:
 *  | 0                            | imm2            |
 * ```
 *
 * A 64-bit immediate load is *one* instruction here and fills two slots of the program. Jump distances and call
 * distances count slots, as in the kernel.
 */
export interface Instruction {
  /** 0–255. */
  readonly opcode: number;
  /** Destination register, 0–15 (the verifier takes 0–10). */
  readonly dst: number;
  /** Source register, 0–15, or the pseudo source of `lddw` and `call`. */
  readonly src: number;
  /** Signed, 16 bits. */
  readonly offset: number;
  /** Signed, 32 bits; the low half for `lddw`. */
  readonly imm: number;
  /** Signed, 32 bits; the upper half of `lddw`. Present exactly when the opcode is 0x18. */
  readonly imm2?: number;
  /** A label or function name that this instruction carries. */
  readonly symbol?: string;
  readonly reference?: Reference;
  readonly source?: SourceLine;
  /** The CO-RE relocation that patches this instruction at load. */
  readonly relocation?: CoreRelocation;
  /** Type id of the FUNC in the object's BTF, on the first instruction of a function. */
  readonly functionTypeId?: number;
}
