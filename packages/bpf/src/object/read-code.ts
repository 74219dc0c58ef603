import { decodeInstructions } from "../asm/decode.ts";
import type { Instruction } from "../asm/instruction.ts";
import { SLOT_BYTES, slotOffsets } from "../asm/slots.ts";
import { SYMBOL_BINDINGS, SYMBOL_TYPES, type ElfSection, type ElfSymbol } from "../elf/types.ts";
import { sectionsOf, type ObjectContext } from "./context.ts";

/** A function as it lies in its section. */
export interface CodeFunction {
  /** Unique in the object. */
  readonly name: string;
  readonly section: ElfSection;
  /** In bytes, from the start of the section. */
  readonly start: number;
  readonly end: number;
  readonly linkage: "static" | "global" | "weak";
  /** As decoded, without references. */
  readonly instructions: readonly Instruction[];
  /** Bytes from the function's start to each instruction; one element more than there are instructions. */
  readonly offsets: Uint32Array;
}

/** All functions of the object, found by section and offset. */
export interface Code {
  readonly functions: readonly CodeFunction[];
  /** The function that starts at a byte of a section. */
  at(section: number, offset: number): CodeFunction | undefined;
}

/** Reads the functions of all sections with code. Bytes that no symbol covers are left out: linking leaves dead ones. */
export function readCode(context: ObjectContext): Code {
  const bySection = new Map<number, ElfSymbol[]>();
  for (const symbol of context.symbols) {
    if (context.roles[symbol.section] !== "code" || !isFunction(symbol)) continue;
    const list = bySection.get(symbol.section);
    if (list === undefined) bySection.set(symbol.section, [symbol]);
    else list.push(symbol);
  }
  const functions: CodeFunction[] = [];
  const names = new Map<string, number>();
  for (const section of sectionsOf(context, "code")) {
    const symbols = (bySection.get(section.index) ?? []).toSorted(
      // Of two names for one function, the one that others can see is its name.
      (a, b) => a.value - b.value || b.bind - a.bind || a.index - b.index,
    );
    readSection(context, section, symbols, names, functions);
  }
  const starts = new Map(functions.map((code) => [`${code.section.index}:${code.start}`, code]));
  return { functions, at: (section, offset) => starts.get(`${section}:${offset}`) };
}

function isFunction({ type, bind, name }: ElfSymbol): boolean {
  if (type === SYMBOL_TYPES.function) return true;
  // Assemblers leave the type of a global label open.
  return type === SYMBOL_TYPES.none && bind !== SYMBOL_BINDINGS.local && name !== "";
}

function readSection(
  context: ObjectContext,
  section: ElfSection,
  symbols: readonly ElfSymbol[],
  names: Map<string, number>,
  functions: CodeFunction[],
): void {
  const { sink, elf } = context;
  const distinct = symbols.filter(({ value }, index) => value !== symbols[index - 1]?.value);
  let previousEnd = 0;
  distinct.forEach((symbol, index) => {
    if (sink.full) return;
    const start = symbol.value;
    const limit = distinct[index + 1]?.value ?? section.size;
    const end = symbol.size === 0 ? limit : start + symbol.size;
    const span = { offset: section.offset + start, length: end - start, section: section.name };
    const refuse = (reason: string): void =>
      sink.error(
        "object-function-range",
        { ...span, offset: section.offset, length: section.size },
        `Cannot read function "${symbol.name}": ${reason}`,
        "Build or copy the file again: it is damaged",
      );
    if (end > section.data.length) {
      return refuse(`it ends at byte ${end} of ${section.data.length}`);
    }
    if (start < previousEnd) return refuse("it overlaps the function before it");
    if (start % SLOT_BYTES !== 0 || start === end) {
      return refuse(`it starts at byte ${start} and has ${end - start} bytes`);
    }
    previousEnd = end;
    const decoded = decodeInstructions(section.data.subarray(start, end), {
      littleEndian: elf.littleEndian,
    });
    sink.take(
      decoded.diagnostics.map((diagnostic) => ({
        ...diagnostic,
        span: { ...diagnostic.span, section: section.name },
      })),
      section.offset + start,
    );
    if (!decoded.ok) return undefined;
    functions.push({
      name: uniqueName(symbol.name || `${section.name}@${start}`, names),
      section,
      start,
      end,
      linkage: linkageOf(symbol),
      instructions: decoded.value,
      offsets: slotOffsets(decoded.value).map((slot) => slot * SLOT_BYTES),
    });
    return undefined;
  });
}

/** Linked objects may hold several static functions of one name; the later ones get a number. */
function uniqueName(name: string, taken: Map<string, number>): string {
  let count = taken.get(name);
  if (count === undefined) {
    taken.set(name, 0);
    return name;
  }
  let unique = "";
  do {
    count += 1;
    unique = `${name}.${count}`;
  } while (taken.has(unique));
  taken.set(name, count).set(unique, 0);
  return unique;
}

function linkageOf({ bind, visibility }: ElfSymbol): CodeFunction["linkage"] {
  // A hidden function is verified in the context of its callers, as a static one is.
  const hidden = visibility === 1 || visibility === 2;
  if (bind === SYMBOL_BINDINGS.local || hidden) return "static";
  return bind === SYMBOL_BINDINGS.weak ? "weak" : "global";
}
