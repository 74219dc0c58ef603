import { alignOf, resolveType, type Btf, type BtfMember, type BtfTypeOf } from "@ocelli/bpf";

import { LinuxError } from "../error.ts";
import { bitfield } from "./bitfield.ts";
import type { Codec } from "./codec.ts";
import * as schema from "./schema.ts";
import { record, type FieldCodec } from "./struct.ts";

/** How values of BTF types appear. */
export interface BtfCodecOptions {
  /** Whole numbers of 8 bytes: exact, or as numbers that are exact below 2^53. Pointers are always bigint. Default: bigint. */
  readonly wide?: "bigint" | "number";
  /** Enums: the number, or the enumerator's name where it has one (both can be written). Default: number. */
  readonly enums?: "number" | "name";
}

// Nested deeper than the kernel allows means a circle.
const MOST_LEVELS = 32;

interface Maker {
  readonly btf: Btf;
  readonly options: BtfCodecOptions;
  readonly known: Map<number, Codec<unknown>>;
}

/**
 * The codec of a BTF type. Structs and unions are objects by field name, nameless ones inside count as part of them;
 * `char` arrays are strings; `bool` is boolean; pointers are bigint; `__be16` and `__be32` are read in network order.
 * Throws `invalid` for a type without values: void, functions, forward declarations, unknown ids.
 */
export function codecFromBtf(
  btf: Btf,
  typeId: number,
  options: BtfCodecOptions = {},
): Codec<unknown> {
  return codecOf({ btf, options, known: new Map() }, typeId, 0);
}

function codecOf(maker: Maker, id: number, level: number): Codec<unknown> {
  const known = maker.known.get(id);
  if (known !== undefined) return known;
  const codec = makeCodec(maker, id, level);
  maker.known.set(id, codec);
  return codec;
}

function refuse(id: number, reason: string): LinuxError {
  return new LinuxError("invalid", `Cannot make a codec for type ${id}: ${reason}`);
}

function makeCodec(maker: Maker, id: number, level: number): Codec<unknown> {
  const { btf, options } = maker;
  if (level > MOST_LEVELS) throw refuse(id, `it is nested deeper than ${MOST_LEVELS} levels`);
  const network = networkOrder(btf, id);
  if (network !== undefined) return network;
  const type = resolveType(btf, id)?.type;
  if (type === undefined) throw refuse(id, "there is no such type");
  switch (type.kind) {
    case "int":
      return integer(id, type.size, type.encoding, options);
    case "ptr":
      return schema.u64;
    case "float":
      if (type.size === 4) return schema.f32;
      if (type.size === 8) return schema.f64;
      return schema.bytes(type.size);
    case "enum":
    case "enum64":
      return enumeration(id, type, options);
    case "array":
      if (isChar(btf, type.typeId)) return schema.char(type.length);
      return schema.array(codecOf(maker, type.typeId, level + 1), type.length);
    case "struct":
    case "union":
      return record(type.size, alignOf(btf, id) ?? 1, fieldsOf(maker, type.members, 0, level));
    case "var":
      return codecOf(maker, type.typeId, level + 1);
    case "datasec": {
      const fields = type.variables.map((variable): FieldCodec => ({
        name: btf.nameOf(variable.typeId),
        offset: variable.offset,
        codec: codecOf(maker, variable.typeId, level + 1),
      }));
      return record(type.size, 8, fields);
    }
    default:
      throw refuse(id, `a ${type.kind} has no values`);
  }
}

function networkOrder(btf: Btf, start: number): Codec<unknown> | undefined {
  let type = btf.type(start);
  for (let step = 0; step < MOST_LEVELS; step += 1) {
    if (type?.kind === "typedef") {
      if (type.name === "__be16") return schema.be16;
      if (type.name === "__be32") return schema.be32;
    } else if (type?.kind !== "const" && type?.kind !== "volatile" && type?.kind !== "restrict") {
      return undefined;
    }
    type = btf.type(type.typeId);
  }
  return undefined;
}

// Compilers mark `char` as any signed integer, so its name has to tell.
function isChar(btf: Btf, id: number): boolean {
  const type = resolveType(btf, id)?.type;
  return type?.kind === "int" && type.size === 1 && type.name === "char";
}

function integer(
  id: number,
  size: number,
  encoding: BtfTypeOf<"int">["encoding"],
  options: BtfCodecOptions,
): Codec<unknown> {
  if (encoding === "bool" && size === 1) return schema.bool;
  const signed = encoding === "signed";
  switch (size) {
    case 1:
      return signed ? schema.i8 : schema.u8;
    case 2:
      return signed ? schema.i16 : schema.u16;
    case 4:
      return signed ? schema.i32 : schema.u32;
    case 8:
      if (options.wide === "number") return signed ? schema.i53 : schema.u53;
      return signed ? schema.i64 : schema.u64;
    case 16:
      return bitfield(0, 128, signed).codec;
    default:
      throw refuse(id, `an integer of ${size} bytes is not known`);
  }
}

function enumeration(
  id: number,
  type: BtfTypeOf<"enum" | "enum64">,
  options: BtfCodecOptions,
): Codec<unknown> {
  const plain = integer(id, type.size, type.signed ? "signed" : "unsigned", options);
  if (options.enums !== "name") return plain;
  const names = new Map<unknown, string>();
  const values = new Map<unknown, unknown>();
  for (const { name, value } of type.values) {
    const wide = type.size === 8 && options.wide !== "number";
    const number = wide ? BigInt(value) : Number(value);
    // Of two names for one number the first is read; both can be written.
    if (!names.has(number)) names.set(number, name);
    values.set(name, number);
  }
  return {
    size: plain.size,
    alignment: plain.alignment,
    read: (view, offset) => {
      const value = plain.read(view, offset);
      return names.get(value) ?? value;
    },
    write: (view, offset, value) => {
      const number = values.get(value) ?? value;
      if (typeof number === "string")
        throw new RangeError(
          `Cannot write "${number}" as enum "${type.name}": its names are ${[...values.keys()].join(", ")}`,
        );
      plain.write(view, offset, number);
    },
  };
}

function fieldsOf(
  maker: Maker,
  members: readonly BtfMember[],
  base: number,
  level: number,
): FieldCodec[] {
  const { btf } = maker;
  return members.flatMap((member): FieldCodec[] => {
    const offset = base + Math.floor(member.offsetBits / 8);
    if (member.bitfieldBits !== 0) {
      if (member.name === "") return [];
      const type = resolveType(btf, member.typeId)?.type;
      const signed =
        type?.kind === "int"
          ? type.encoding === "signed"
          : (type?.kind === "enum" || type?.kind === "enum64") && type.signed;
      const field = bitfield(base * 8 + member.offsetBits, member.bitfieldBits, signed);
      // Its neighbours share the bytes, so it cannot answer for all their bits.
      return [{ name: member.name, offset: field.offset, codec: field.codec, partial: true }];
    }
    if (member.name !== "") {
      return [{ name: member.name, offset, codec: codecOf(maker, member.typeId, level + 1) }];
    }
    const inner = resolveType(btf, member.typeId)?.type;
    if (inner?.kind !== "struct" && inner?.kind !== "union") return [];
    if (level > MOST_LEVELS)
      throw refuse(member.typeId, `it is nested deeper than ${MOST_LEVELS} levels`);
    return fieldsOf(maker, inner.members, offset, level + 1);
  });
}
