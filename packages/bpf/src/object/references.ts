import type { Instruction } from "../asm/instruction.ts";
import { isCall, isLocalCall, isWide } from "../asm/predicates.ts";
import { CALL_SOURCE, WIDE_SOURCE } from "../asm/opcodes.ts";
import { SLOT_BYTES } from "../asm/slots.ts";
import { SECTION_INDEXES, type ElfRelocation, type ElfSymbol } from "../elf/types.ts";
import type { ObjectContext } from "./context.ts";
import { firstFrom } from "./first-from.ts";
import type { Code, CodeFunction } from "./read-code.ts";
import { isExtern, type Externs } from "./read-externs.ts";

/** What the references of instructions may lead to. */
export interface Targets {
  readonly code: Code;
  readonly externs: Externs;
  /** Map names by `section index:offset`. */
  readonly mapsByPlace: ReadonlyMap<string, string>;
  /** Name of the map that holds a data section's contents, by section index. */
  readonly dataMaps: ReadonlyMap<number, string>;
}

/** Where a reference stands, for those who have to complain. */
interface Site {
  readonly context: ObjectContext;
  readonly targets: Targets;
  readonly code: CodeFunction;
  readonly at: number;
  readonly instruction: Instruction;
}

/** R_BPF_64_64, R_BPF_64_ABS64, R_BPF_64_ABS32 and R_BPF_64_32: those that clang puts on instructions. */
const INSTRUCTION_RELOCATIONS: ReadonlySet<number> = new Set([1, 2, 3, 10]);

/** The instructions of a function, each with what it refers to, and with immediates that depend on nothing else. */
export function resolveFunction(
  context: ObjectContext,
  targets: Targets,
  code: CodeFunction,
): Instruction[] {
  const relocations = relocationsWithin(context.relocations.get(code.section.index) ?? [], code);
  let next = 0;
  return code.instructions.map((instruction, index) => {
    const at = code.offsets[index] ?? 0;
    const end = code.offsets[index + 1] ?? at;
    const site = { context, targets, code, at, instruction };
    let resolved: Instruction | undefined;
    for (; next < relocations.length; next += 1) {
      const relocation = relocations[next];
      if (relocation === undefined || relocation.offset - code.start >= end) break;
      resolved ??= relocate(site, instruction, relocation);
    }
    if (resolved !== undefined) return resolved;
    if (isLocalCall(instruction)) return resolveCall(site, instruction, instruction.imm);
    return instruction;
  });
}

/** The part of a sorted list that lies inside a function. */
function relocationsWithin(
  relocations: readonly ElfRelocation[],
  { start, end }: CodeFunction,
): readonly ElfRelocation[] {
  return relocations.slice(firstFrom(relocations, start), firstFrom(relocations, end));
}

function relocate(site: Site, instruction: Instruction, relocation: ElfRelocation): Instruction {
  const { context, targets } = site;
  const symbol = context.symbols[relocation.symbol];
  if (symbol === undefined) return instruction;
  if (
    !INSTRUCTION_RELOCATIONS.has(relocation.type) ||
    (!isWide(instruction) && !isCall(instruction))
  )
    return refuse(
      site,
      "object-relocation",
      `relocation type ${relocation.type} on opcode 0x${instruction.opcode.toString(16)} is none of BPF's`,
      "Relocations belong to 64-bit loads and to calls",
    );
  const addend = Number(relocation.addend);
  if (isExtern(symbol)) return relocateExtern(site, instruction, symbol);
  if (isCall(instruction)) return relocateCall(site, instruction, symbol, addend);
  const offset = symbol.value + instruction.imm + addend;
  if (context.roles[symbol.section] === "code") {
    const target = targets.code.at(symbol.section, offset);
    if (target === undefined)
      return refuse(
        site,
        "object-function-address",
        `no function starts at byte ${offset} of section "${context.elf.sections[symbol.section]?.name ?? ""}"`,
        "Take addresses of whole functions only",
      );
    const reference = { kind: "function", name: target.name } as const;
    return { ...instruction, src: WIDE_SOURCE.function, imm: 0, imm2: 0, reference };
  }
  const data = targets.dataMaps.get(symbol.section);
  if (data !== undefined) {
    const reference = { kind: "map-value", name: data, offset } as const;
    return { ...instruction, src: WIDE_SOURCE.map_value, imm: 0, imm2: 0, reference };
  }
  const map = targets.mapsByPlace.get(`${symbol.section}:${offset}`);
  if (map !== undefined) {
    const reference = { kind: "map", name: map } as const;
    return { ...instruction, src: WIDE_SOURCE.map_fd, imm: 0, imm2: 0, reference };
  }
  return refuse(site, "object-reference", ...describePlace(context, symbol, offset));
}

function describePlace(
  context: ObjectContext,
  symbol: ElfSymbol,
  offset: number,
): [reason: string, hint: string] {
  const section = context.elf.sections[symbol.section];
  if (symbol.section === SECTION_INDEXES.common || section === undefined) {
    return [
      `"${symbol.name}" lies in no section`,
      "Initialise the variable, so that it gets a place in a section",
    ];
  }
  const role = context.roles[section.index];
  if (role === "btf-maps" || role === "legacy-maps")
    return [
      `no map starts at byte ${offset} of section "${section.name}"`,
      "Refer to maps by their own symbols",
    ];
  return [
    `section "${section.name}" holds neither maps nor variables`,
    "Variables belong to .data, .bss and .rodata, or to sections whose names begin so",
  ];
}

function relocateCall(
  site: Site,
  instruction: Instruction,
  symbol: ElfSymbol,
  addend: number,
): Instruction {
  const { context, targets } = site;
  const offset = symbol.value + addend + (instruction.imm + 1) * SLOT_BYTES;
  const target = targets.code.at(symbol.section, offset);
  if (instruction.src !== CALL_SOURCE.local || target === undefined) {
    const section = context.elf.sections[symbol.section]?.name ?? "";
    return refuse(
      site,
      "object-call",
      `no function starts at byte ${offset} of section "${section}"`,
      "Build the object again",
    );
  }
  return { ...instruction, imm: -1, reference: { kind: "function", name: target.name } };
}

/** A call without a relocation, of a function in the same section. */
function resolveCall(site: Site, instruction: Instruction, distance: number): Instruction {
  const { code, at, targets } = site;
  const offset = code.start + at + (distance + 1) * SLOT_BYTES;
  const target = targets.code.at(code.section.index, offset);
  if (target === undefined)
    return refuse(
      site,
      "object-call",
      `no function starts at byte ${offset} of section "${code.section.name}"`,
      "Build the object again",
    );
  return { ...instruction, imm: -1, reference: { kind: "function", name: target.name } };
}

function relocateExtern(site: Site, instruction: Instruction, symbol: ElfSymbol): Instruction {
  const { context, targets } = site;
  const found = targets.externs.bySymbol.get(symbol.index);
  if (found === undefined) {
    // An error about its type was given where the externs are read.
    if (context.types?.externs.get(symbol.name)?.section === ".kconfig") return instruction;
    const what = isCall(instruction) ? "function" : "variable";
    return refuse(
      site,
      `object-undefined-${what}`,
      `${what} "${symbol.name}" is declared and not defined`,
      what === "function"
        ? "Define it, link the object that does, or declare it with __ksym if it is a kernel function"
        : "Define it, or declare it with __ksym or __kconfig if the kernel provides it",
    );
  }
  if (isCall(instruction)) {
    if (found.kind === "kconfig")
      return refuse(
        site,
        "object-reference",
        `"${symbol.name}" is a configuration value`,
        "Call functions only",
      );
    const { name, typeId, weak } = found;
    const reference = { kind: "kfunc", name, typeId, weak } as const;
    return { ...instruction, src: CALL_SOURCE.kfunc, offset: 0, imm: 0, reference };
  }
  if (found.kind === "kconfig")
    return { ...instruction, src: WIDE_SOURCE.map_value, imm: 0, imm2: 0, reference: found };
  return { ...instruction, src: WIDE_SOURCE.constant, imm: 0, imm2: 0, reference: found };
}

function refuse(site: Site, code: string, reason: string, hint: string): Instruction {
  const { context, at, instruction, code: place } = site;
  const { section, start, name } = place;
  context.sink.error(
    code,
    { offset: section.offset + start + at, length: SLOT_BYTES, section: section.name },
    `Cannot relocate slot ${at / SLOT_BYTES} of function "${name}": ${reason}`,
    hint,
  );
  return instruction;
}
