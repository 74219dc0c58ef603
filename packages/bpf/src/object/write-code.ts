import { encodeInstructions } from "../asm/encode.ts";
import type { Instruction, SourceLine } from "../asm/instruction.ts";
import { CALL_SOURCE, WIDE_SOURCE } from "../asm/opcodes.ts";
import { SLOT_BYTES, slotOffsets } from "../asm/slots.ts";
import type { CoreRelocation } from "../core/relocation.ts";
import { SYMBOL_BINDINGS, SYMBOL_TYPES } from "../elf/types.ts";
import { CODE, type Draft, type DraftRelocation } from "./draft.ts";
import type { FunctionSpec } from "./spec.ts";

/** R_BPF_64_64 patches a 64-bit load, R_BPF_64_32 a call. */
const LOAD_RELOCATION = 1;
const CALL_RELOCATION = 10;

/** What is known about the instructions, on its way to `.BTF.ext` and to relocations. */
export interface ExtDraft {
  readonly functions: Map<string, Map<number, number>>;
  readonly lines: Map<string, Map<number, SourceLine>>;
  readonly relocations: Map<string, Map<number, CoreRelocation>>;
  /** Loads of function addresses, whose final form waits for all functions to be placed. */
  readonly addresses: {
    readonly patch: DraftRelocation;
    readonly bytes: Uint8Array;
    /** In bytes, from the start of `bytes`. */
    readonly at: number;
  }[];
}

/** Writes one function into its section, with its symbol, its relocations and what `.BTF.ext` says about it. */
export function writeFunction(draft: Draft, ext: ExtDraft, code: FunctionSpec): void {
  const { name, linkage, instructions } = code;
  const section = draft.section(code.section, { flags: CODE, align: SLOT_BYTES });
  const encoded = encodeInstructions(
    instructions.map((instruction) => withoutNumbers(instruction)),
    { littleEndian: draft.littleEndian },
  );
  draft.sink.take(encoded.diagnostics);
  if (!encoded.ok) return;
  const start = draft.append(section, encoded.value, SLOT_BYTES);
  draft.symbol(`function:${name}`, {
    name,
    section: section.name,
    value: start,
    size: encoded.value.length,
    type: SYMBOL_TYPES.function,
    bind: bindingOf(linkage),
  });
  const slots = slotOffsets(instructions);
  instructions.forEach((instruction, index) => {
    const offset = start + (slots[index] ?? 0) * SLOT_BYTES;
    const { reference, source, relocation, functionTypeId } = instruction;
    if (functionTypeId !== undefined) put(ext.functions, section.name, offset, functionTypeId);
    if (source !== undefined) put(ext.lines, section.name, offset, source);
    if (relocation !== undefined) put(ext.relocations, section.name, offset, relocation);
    if (reference === undefined || reference.kind === "label") return;
    const isCall = instruction.imm2 === undefined;
    const type = isCall ? CALL_RELOCATION : LOAD_RELOCATION;
    const patch = { offset, symbol: symbolOf(reference), type };
    section.relocations.push(patch);
    if (!isCall && reference.kind === "function")
      ext.addresses.push({ patch, bytes: encoded.value, at: offset - start });
  });
}

/**
 * Points addresses of static functions at their section, with the function's offset as addend: libbpf knows a function by
 * a global symbol or by its section alone.
 */
export function placeAddresses(draft: Draft, { addresses }: ExtDraft): void {
  for (const { patch, bytes, at } of addresses) {
    const target = draft.findSymbol(patch.symbol);
    if (target?.section === undefined || target.bind !== SYMBOL_BINDINGS.local) continue;
    patch.symbol = draft.sectionSymbol(target.section);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    view.setInt32(at + 4, target.value, draft.littleEndian);
  }
}

function bindingOf(linkage: FunctionSpec["linkage"]): number {
  switch (linkage) {
    case "static":
      return SYMBOL_BINDINGS.local;
    case "weak":
      return SYMBOL_BINDINGS.weak;
    default:
      return SYMBOL_BINDINGS.global;
  }
}

function symbolOf(reference: Exclude<Instruction["reference"], undefined>): string {
  switch (reference.kind) {
    case "ksym":
    case "kfunc":
    case "kconfig":
      return `extern:${reference.name}`;
    case "map-value":
      return `value:${reference.name}`;
    default:
      return `${reference.kind}:${reference.name}`;
  }
}

/** The instruction as compilers leave it for the linker: what a relocation decides is zero, or the addend. */
function withoutNumbers(instruction: Instruction): Instruction {
  const { reference, ...rest } = instruction;
  switch (reference?.kind) {
    case undefined:
    case "label":
      return instruction;
    case "function":
      return rest.imm2 === undefined
        ? { ...rest, imm: -1 }
        : { ...rest, src: WIDE_SOURCE.constant, imm: 0, imm2: 0 };
    case "kfunc":
      return { ...rest, src: CALL_SOURCE.local, offset: 0, imm: -1 };
    case "map-value":
      return { ...rest, src: WIDE_SOURCE.constant, imm: reference.offset, imm2: 0 };
    default:
      return { ...rest, src: WIDE_SOURCE.constant, imm: 0, imm2: 0 };
  }
}

function put<T>(sections: Map<string, Map<number, T>>, name: string, at: number, value: T): void {
  const section = sections.get(name) ?? new Map<number, T>();
  section.set(at, value);
  sections.set(name, section);
}
