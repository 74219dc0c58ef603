import type { Instruction } from "./instruction.ts";
import { WIDE_SOURCE } from "./opcodes.ts";
import { signed } from "./notation.ts";
import { isLocalCall } from "./predicates.ts";
import { quoteName } from "./quoted-name.ts";

/** Names that stand in a listing in the place of numbers; `undefined` leaves the number. */
export interface PrintNames {
  /** What is called: the text after `call `. */
  readonly call?: (instruction: Instruction) => string | undefined;
  /** What a 64-bit load loads: the text after `r1 = `. */
  readonly wide?: (instruction: Instruction) => string | undefined;
  /** Where a jump goes: the text after `goto `. */
  readonly target?: (instruction: Instruction) => string | undefined;
}

function namesOfReferences(write: (name: string) => string): PrintNames {
  return {
    call({ reference }) {
      if (reference?.kind === "function") return write(reference.name);
      return reference?.kind === "kfunc"
        ? `${write(reference.name)}#${reference.typeId}`
        : undefined;
    },
    wide({ reference }) {
      switch (reference?.kind) {
        case "map":
          return `map[${write(reference.name)}]`;
        case "map-value":
          return `map[${write(reference.name)}][0]+${reference.offset}`;
        case "function":
          return `subprog[${write(reference.name)}]`;
        case "kconfig":
          return `kconfig[${write(reference.name)}]`;
        case "ksym":
          return `ksym[${write(reference.name)}]`;
        case "kfunc":
        case "label":
        case undefined:
          return undefined;
        default:
          return reference satisfies never;
      }
    },
    target({ reference }) {
      return reference?.kind === "label" ? write(reference.name) : undefined;
    },
  };
}

/** The names that instructions carry as references, as a person reads them. */
export const referenceNames: PrintNames = namesOfReferences((name) => name);

/** The same in quotes, which `parseAssembly()` reads back whatever they are. */
export const quotedNames: PrintNames = namesOfReferences(quoteName);

/**
 * What `bpftool prog dump xlated` writes for 64-bit loads of maps and functions, `map[id:5]` where `imm` is 5, and for
 * local calls of a loaded program: the kernel dumps their distance as offset, and the function's number as immediate.
 */
export const bpftoolNames: PrintNames = {
  call(instruction) {
    const isDumped = isLocalCall(instruction) && instruction.offset !== 0;
    return isDumped ? `pc${signed(instruction.offset)}` : undefined;
  },
  wide({ src, imm, imm2 = 0 }) {
    switch (src) {
      case WIDE_SOURCE.map_fd:
        return `map[id:${imm}]`;
      case WIDE_SOURCE.map_value:
        return `map[id:${imm}][0]+${imm2}`;
      case WIDE_SOURCE.map_index_value:
        return `map[idx:${imm}]+${imm2}`;
      case WIDE_SOURCE.function:
        return `subprog[${signed(imm)}]`;
      default:
        return undefined;
    }
  },
};
