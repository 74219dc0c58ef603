import type { Notation } from "./assembly.ts";
import type { CoreRelocation } from "../core/relocation.ts";
import { encodeInstructions } from "./encode.ts";
import type { Instruction, SourceLine } from "./instruction.ts";
import { bpftoolNames, referenceNames, type PrintNames } from "./names.ts";
import { signed } from "./notation.ts";
import { isCall, isLocalCall, isWide, jumpDistance } from "./predicates.ts";
import { printKernel } from "./print-kernel.ts";
import { printLlvm } from "./print-llvm.ts";
import { resolveReferences } from "./resolve.ts";
import { SLOT_BYTES, slotCount, slotOffsets } from "./slots.ts";

/** What a listing shows. */
export interface ListingOptions {
  /** `kernel` looks like `bpftool prog dump xlated`, `llvm` like `llvm-objdump -d`. Default: kernel. */
  readonly notation?: Notation;
  /** Print the bytes of each instruction. Default: off. */
  readonly bytes?: boolean;
  /** Byte order of the bytes. Default: true. */
  readonly littleEndian?: boolean;
  /** Print `; source` where the source line changes. Default: on. */
  readonly source?: boolean;
  /** Print what an instruction refers to and the CO-RE relocation that patches it. Default: on. */
  readonly relocations?: boolean;
  /** Words for a CO-RE relocation, where the caller has the types; default: kind, type id and access path. */
  readonly describeRelocation?: (relocation: CoreRelocation) => string;
}

/**
 * A program as people know it from bpftool or llvm-objdump: one line per instruction with its slot, symbols and source lines
 * between them. Ends with a newline. Names that cannot be resolved stay names.
 */
export function formatListing(
  instructions: readonly Instruction[],
  options: ListingOptions = {},
): string {
  const { notation = "kernel", source = true, relocations = true } = options;
  const resolved = resolveReferences(instructions, { keepForeignFunctions: true });
  const program = resolved.ok ? resolved.value : instructions;
  const slots = slotOffsets(program);
  const format = notation === "kernel" ? kernelListing : llvmListing;
  const symbolAt = lastSymbols(program);
  const context: Listing = { program, slots, symbolAt, options, isResolved: resolved.ok };
  const lines: string[] = [];
  let shown: SourceLine | undefined;
  program.forEach((instruction, index) => {
    const slot = slots[index] ?? 0;
    if (instruction.symbol !== undefined) lines.push(format.symbol(instruction.symbol, slot));
    const line = instruction.source;
    if (source && line !== undefined && !isSameLine(line, shown))
      lines.push(`; ${line.text.trim()}`);
    shown = line ?? shown;
    lines.push(...format.instruction(instruction, slot, context));
    if (relocations) lines.push(...format.relocations(instruction, slot, context));
  });
  return lines.map((line) => `${line}\n`).join("");
}

interface Listing {
  readonly program: readonly Instruction[];
  readonly slots: Uint32Array;
  /** Per instruction, the index of the last one at or before it that has a symbol; -1 without. */
  readonly symbolAt: Int32Array;
  readonly options: ListingOptions;
  readonly isResolved: boolean;
}

interface ListingFormat {
  readonly symbol: (name: string, slot: number) => string;
  readonly instruction: (instruction: Instruction, slot: number, listing: Listing) => string[];
  readonly relocations: (instruction: Instruction, slot: number, listing: Listing) => string[];
}

const kernelListing: ListingFormat = {
  symbol: (name) => `${name}:`,
  instruction(instruction, slot, { options, isResolved }) {
    const names: PrintNames = {
      wide: (one) => referenceNames.wide?.(one) ?? bpftoolNames.wide?.(one),
      call: (one) => kernelCall(one, isResolved) ?? bpftoolNames.call?.(one),
      target: (one) => (isResolved ? undefined : referenceNames.target?.(one)),
    };
    const line = `${String(slot).padStart(4)}: ${printKernel(instruction, names)}`;
    return options.bytes === true ? [line, `       ${hexBytes(instruction, options)}`] : [line];
  },
  relocations({ relocation }, _slot, { options }) {
    return relocation === undefined ? [] : [`      ; ${describe(relocation, options)}`];
  },
};

/** `pc+5#name` as bpftool has it; a call that is not linked yet by its name alone. */
function kernelCall(instruction: Instruction, isResolved: boolean): string | undefined {
  const name = referenceNames.call?.(instruction);
  const isPlaced = isLocalCall(instruction) && isResolved && instruction.imm !== -1;
  return name === undefined || !isPlaced ? name : `pc${signed(instruction.imm)}#${name}`;
}

const llvmListing: ListingFormat = {
  symbol: (name, slot) => `${hex16(slot * SLOT_BYTES)} <${name}>:`,
  instruction(instruction, slot, listing) {
    const names: PrintNames = {
      target: (one) => (listing.isResolved ? undefined : referenceNames.target?.(one)),
    };
    const bytes =
      listing.options.bytes === true ? `${hexBytes(instruction, listing.options)}\t` : "";
    // In an object file the relocation alone says what a wide load loads, and the source is 0.
    const isNamed = instruction.reference !== undefined && isWide(instruction);
    const text = printLlvm(isNamed ? { ...instruction, src: 0 } : instruction, names);
    return [
      `${String(slot).padStart(8)}:\t${bytes}${text}${jumpSymbol(instruction, slot, listing)}`,
    ];
  },
  relocations(instruction, slot, { options }) {
    const { reference, relocation } = instruction;
    const at = `\t\t${hex16(slot * SLOT_BYTES)}:  `;
    const lines: string[] = [];
    if (reference !== undefined && isWide(instruction))
      lines.push(`${at}R_BPF_64_64\t${reference.name}`);
    if (reference !== undefined && isCall(instruction))
      lines.push(`${at}R_BPF_64_32\t${reference.name}`);
    if (relocation !== undefined) lines.push(`${at}${describe(relocation, options)}`);
    return lines;
  },
};

/** ` <symbol+0x10>`: where a jump goes, by the last symbol at or before its target. */
function jumpSymbol(instruction: Instruction, slot: number, listing: Listing): string {
  const distance = jumpDistance(instruction);
  if (distance === undefined || !listing.isResolved) return "";
  const target = slot + 1 + distance;
  const total = listing.slots[listing.program.length] ?? 0;
  if (target < 0 || target > total) return "";
  // Binary search: the last instruction that begins at or before the target.
  let low = 0;
  let high = listing.program.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((listing.slots[middle] ?? 0) <= target) low = middle;
    else high = middle - 1;
  }
  // The end of the program belongs to its last symbol.
  const carrier = listing.symbolAt[Math.min(low, listing.program.length - 1)] ?? -1;
  const symbol = listing.program[carrier]?.symbol;
  if (symbol === undefined) return "";
  const beyond = (target - (listing.slots[carrier] ?? 0)) * SLOT_BYTES;
  return beyond === 0 ? ` <${symbol}>` : ` <${symbol}+0x${beyond.toString(16)}>`;
}

function lastSymbols(program: readonly Instruction[]): Int32Array {
  let last = -1;
  return Int32Array.from(program, ({ symbol }, index) => {
    if (symbol !== undefined) last = index;
    return last;
  });
}

function describe(relocation: CoreRelocation, options: ListingOptions): string {
  const { kind, typeId, accessor } = relocation;
  return options.describeRelocation?.(relocation) ?? `CO-RE <${kind}> [${typeId}] (${accessor})`;
}

function hexBytes(instruction: Instruction, { littleEndian = true }: ListingOptions): string {
  const { reference: _, ...bits } = instruction;
  const encoded = encodeInstructions([bits], { littleEndian });
  if (!encoded.ok) return "?? ".repeat(slotCount(instruction) * SLOT_BYTES).trimEnd();
  return Array.from(encoded.value, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

function hex16(value: number): string {
  return value.toString(16).padStart(16, "0");
}

function isSameLine(left: SourceLine, right: SourceLine | undefined): boolean {
  return left.file === right?.file && left.line === right.line;
}
