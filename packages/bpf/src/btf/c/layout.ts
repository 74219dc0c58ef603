import { resolveType, sizeOf } from "../resolve.ts";
import type { Btf, BtfMember, BtfTypeOf } from "../types.ts";

/** A member as C lays it out. Sizes and alignments in bytes, offsets and widths in bits. */
export interface CField {
  readonly name: string;
  readonly typeId: number;
  readonly offsetBits: number;
  /** 0 when it is no bit field. */
  readonly widthBits: number;
  readonly size: number;
  readonly align: number;
}

/** How a struct or union has to be written so that a compiler lays it out as BTF says. */
export interface CRecord {
  readonly fields: readonly CField[];
  /** Alignment of what is written, which may be less than that of the source. */
  readonly align: number;
  readonly packed: boolean;
}

/** Lays out records for C. */
export interface CLayout {
  record(id: number, type: BtfTypeOf<"struct" | "union">): CRecord;
}

const EMPTY: CRecord = { fields: [], align: 1, packed: false };
const MOST_DEPTH = 500;

/** Layouts of the records of `btf`, each computed once. */
export function createCLayout(btf: Btf): CLayout {
  const known = new Map<number, CRecord>();
  let depth = 0;

  function record(id: number, type: BtfTypeOf<"struct" | "union">): CRecord {
    const done = known.get(id);
    if (done !== undefined) return done;
    // Stands in while a damaged record contains itself.
    known.set(id, EMPTY);
    if (depth > MOST_DEPTH) return EMPTY;
    depth += 1;
    const fields = type.members.map((member) => field(member));
    depth -= 1;
    const widest = fields.reduce((most, { align }) => Math.max(most, align), 1);
    const packed =
      type.size % widest !== 0 ||
      fields.some(({ offsetBits, widthBits, size, align }) =>
        widthBits === 0
          ? offsetBits % (align * 8) !== 0
          : (offsetBits % (size * 8)) + widthBits > size * 8,
      );
    const made = { fields, align: packed ? 1 : widest, packed };
    known.set(id, made);
    return made;
  }

  function field(member: BtfMember): CField {
    const { name, typeId } = member;
    const size = sizeOf(btf, typeId) ?? 0;
    const align = alignOf(typeId);
    const resolved = resolveType(btf, typeId)?.type;
    // Before Linux 4.20, a bit field was a member of an INT with fewer bits than its size.
    const narrow =
      member.bitfieldBits === 0 && resolved?.kind === "int" && resolved.bits < resolved.size * 8;
    if (!narrow) {
      return {
        name,
        typeId,
        offsetBits: member.offsetBits,
        widthBits: member.bitfieldBits,
        size,
        align,
      };
    }
    const offsetBits = member.offsetBits + resolved.offsetBits;
    return { name, typeId, offsetBits, widthBits: resolved.bits, size, align };
  }

  function alignOf(start: number): number {
    let id = start;
    for (let step = 0; step < MOST_DEPTH; step += 1) {
      const resolved = resolveType(btf, id);
      switch (resolved?.type.kind) {
        case "array":
          id = resolved.type.typeId;
          break;
        case "struct":
        case "union":
          return record(resolved.id, resolved.type).align;
        case "int":
        case "enum":
        case "enum64":
        case "float":
          return Math.max(1, Math.min(resolved.type.size, 16));
        case "ptr":
          return 8;
        default:
          return 1;
      }
    }
    return 1;
  }

  return { record };
}

/** Where the next field would come to lie without padding, in bits, when the ones before it end at `end`. */
export function naturalOffset(end: number, field: CField, packed: boolean): number {
  if (field.widthBits === 0) return roundUp(end, packed ? 8 : field.align * 8);
  const unit = Math.max(1, field.size) * 8;
  const straddles = (end % unit) + field.widthBits > unit;
  return straddles && !packed ? roundUp(end, unit) : end;
}

/** The next multiple of `step`. */
export function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}

/** Gaps wider than this are filled with an array, which needs a name, instead of one line for every eight bytes. */
const MOST_UNNAMED = 64 * 64;

/** The lines that fill a record from one bit to another: bit fields without a name, which change no alignment. */
export function padding(from: number, to: number): string[] {
  const lines: string[] = [];
  let at = from;
  while (at < to) {
    const left = to - at;
    if (at % 8 === 0 && left > MOST_UNNAMED) {
      const bytes = Math.floor(left / 8);
      lines.push(`char __pad_${at / 8}[${bytes}]`);
      at += bytes * 8;
      continue;
    }
    const unit = UNITS.find(([, bits]) => at % bits === 0 && left >= bits);
    const [type, bits] = unit ?? ["char", Math.min(left, 8 - (at % 8))];
    lines.push(`${type}: ${bits}`);
    at += bits;
  }
  return lines;
}

const UNITS: readonly (readonly [string, number])[] = [
  ["long", 64],
  ["int", 32],
  ["short", 16],
  ["char", 8],
];
