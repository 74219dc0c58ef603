import { layOutStruct, layOutUnion, sizeOfLayout, type Bits, type Layout } from "./layout.ts";
import type {
  AnyNumber,
  be16 as Be16,
  be32 as Be32,
  be64 as Be64,
  CharBuf,
  i16 as I16,
  i32 as I32,
  i64 as I64,
  i8 as I8,
  u16 as U16,
  u32 as U32,
  u64 as U64,
  u8 as U8,
} from "./types.ts";

/** A type as a value: the compiler reads its layout, `tsc` its type, the user side decodes with it. */
export interface Schema<T> {
  /** Only for `tsc`; never there at run time. */
  readonly __t?: T;
  readonly layout: Layout;
  /** In bytes. */
  readonly size: number;
}

/** A scalar's schema is its conversion too: it wraps, in JavaScript as in the kernel. */
export type ScalarSchema<T> = Schema<T> & ((value: AnyNumber) => T);

/** The type that a schema stands for. */
export type Infer<S> = S extends Schema<infer T> ? T : never;

/** The type of a struct with these members. */
export type StructOf<F extends Readonly<Record<string, Schema<unknown>>>> = {
  -readonly [K in keyof F]: Infer<F[K]>;
};

function integer<T>(bits: Bits, signed: boolean): ScalarSchema<T> {
  const wrap = (value: bigint): bigint =>
    signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
  const convert = (value: AnyNumber): T => {
    const exact = wrap(BigInt(typeof value === "number" ? Math.trunc(value) : value));
    // The flavour exists only in types.
    return (bits === 64 ? exact : Number(exact)) as T;
  };
  return Object.assign(convert, { layout: { kind: "int", bits, signed } as const, size: bits / 8 });
}

function network<T>(bits: 16 | 32 | 64): Schema<T> {
  return { layout: { kind: "be", bits }, size: bits / 8 };
}

/** A value of the schema of this name. Unsigned, 8 bits. */
export type u8 = U8;
/** Unsigned, 8 bits. */
export const u8: ScalarSchema<U8> = integer(8, false);
/** A value of the schema of this name. Unsigned, 16 bits. */
export type u16 = U16;
/** Unsigned, 16 bits. */
export const u16: ScalarSchema<U16> = integer(16, false);
/** A value of the schema of this name. Unsigned, 32 bits. */
export type u32 = U32;
/** Unsigned, 32 bits. */
export const u32: ScalarSchema<U32> = integer(32, false);
/** A value of the schema of this name. Unsigned, 64 bits. */
export type u64 = U64;
/** Unsigned, 64 bits. */
export const u64: ScalarSchema<U64> = integer(64, false);
/** A value of the schema of this name. Signed, 8 bits. */
export type i8 = I8;
/** Signed, 8 bits. */
export const i8: ScalarSchema<I8> = integer(8, true);
/** A value of the schema of this name. Signed, 16 bits. */
export type i16 = I16;
/** Signed, 16 bits. */
export const i16: ScalarSchema<I16> = integer(16, true);
/** A value of the schema of this name. Signed, 32 bits. */
export type i32 = I32;
/** Signed, 32 bits. */
export const i32: ScalarSchema<I32> = integer(32, true);
/** A value of the schema of this name. Signed, 64 bits. */
export type i64 = I64;
/** Signed, 64 bits. */
export const i64: ScalarSchema<I64> = integer(64, true);
/** A value of the schema of this name. 16 bits in network byte order. */
export type be16 = Be16;
/** 16 bits in network byte order. */
export const be16: Schema<Be16> = network(16);
/** A value of the schema of this name. 32 bits in network byte order. */
export type be32 = Be32;
/** 32 bits in network byte order. */
export const be32: Schema<Be32> = network(32);
/** A value of the schema of this name. 64 bits in network byte order. */
export type be64 = Be64;
/** 64 bits in network byte order. */
export const be64: Schema<Be64> = network(64);

/** A string buffer of `length` bytes, the closing NUL included. */
export function char<L extends number>(length: L): Schema<CharBuf<L>> {
  if (!Number.isInteger(length) || length < 1)
    throw new RangeError(
      `Cannot make a string buffer as its length must be 1 or more: it is ${length}`,
    );
  return { layout: { kind: "char", length }, size: length };
}

/** `length` values in a row. */
export function array<T>(element: Schema<T>, length: number): Schema<T[]> {
  if (!Number.isInteger(length) || length < 1)
    throw new RangeError(`Cannot make an array as its length must be 1 or more: it is ${length}`);
  return {
    layout: { kind: "array", element: element.layout, length },
    size: element.size * length,
  };
}

/** A bit field of `width` bits in an unsigned integer; neighbours in a struct share the integer, lowest bits first. */
export function bits<T extends U8 | U16 | U32>(unit: Schema<T>, width: number): Schema<T> {
  const { layout } = unit;
  const whole = layout.kind === "int" && !layout.signed && layout.bits !== 64 ? layout.bits : 0;
  if (whole === 0 || !Number.isInteger(width) || width < 1 || width > whole)
    throw new RangeError(
      `Cannot make a bit field as its width must be 1 to ${whole} bits: it is ${width}`,
    );
  return { layout: { kind: "bits", unit: whole, width }, size: unit.size };
}

/** A struct, laid out as C lays out the same members in the same order. */
export function struct<F extends Readonly<Record<string, Schema<unknown>>>>(
  name: string,
  fields: F,
): Schema<StructOf<F>> {
  const members = Object.entries(fields).map(([key, { layout }]) => [key, layout] as const);
  const layout = layOutStruct(name, members);
  return { layout, size: sizeOfLayout(layout) };
}

/** A union: its members share their memory, as in C. */
export function union<F extends Readonly<Record<string, Schema<unknown>>>>(
  name: string,
  fields: F,
): Schema<StructOf<F>> {
  const members = Object.entries(fields).map(([key, { layout }]) => [key, layout] as const);
  const layout = layOutUnion(name, members);
  return { layout, size: sizeOfLayout(layout) };
}

/** An enum's schema has its values as members: `State.BUSY`. */
export type EnumSchema<V extends Readonly<Record<string, number>>> = Schema<V[keyof V]> & V;

/** Named values of an integer: the object file says their names, so that other tools print them. */
export function enumOf<const V extends Readonly<Record<string, number>>>(
  name: string,
  unit: Schema<U8> | Schema<U16> | Schema<U32> | Schema<I32>,
  values: V,
): EnumSchema<V> {
  const { layout, size } = unit;
  if (layout.kind !== "int")
    throw new RangeError("Cannot make an enum as its unit must be an integer of 32 bits at most");
  const schema = { layout: { ...layout, names: { name, values } }, size };
  // A member of that name would hide what makes it a schema.
  if ("layout" in values || "size" in values)
    throw new RangeError('Cannot make an enum with values named "layout" or "size"');
  return Object.assign(schema, values);
}
