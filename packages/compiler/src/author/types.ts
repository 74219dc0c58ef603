// The types of scalars as a person writes them. The brand is optional ("flavoured"): literals and results of arithmetic flow
// in, but u32 → u8, number → bigint and one byte order → the other do not.
declare const flavour: unique symbol;

type Flavoured<Base, Name extends string> = Base & { readonly [flavour]?: Name };

/** Unsigned, 8 bits. */
export type u8 = Flavoured<number, "u8">;
/** Unsigned, 16 bits. */
export type u16 = Flavoured<number, "u16">;
/** Unsigned, 32 bits. */
export type u32 = Flavoured<number, "u32">;
/** Signed, 8 bits. */
export type i8 = Flavoured<number, "i8">;
/** Signed, 16 bits. */
export type i16 = Flavoured<number, "i16">;
/** Signed, 32 bits. */
export type i32 = Flavoured<number, "i32">;
/** Unsigned, 64 bits; a bigint, so that no digit is lost. */
export type u64 = Flavoured<bigint, "u64">;
/** Signed, 64 bits; a bigint. */
export type i64 = Flavoured<bigint, "i64">;
/** 16 bits in network byte order: no arithmetic and no comparison with numbers, only `ntohs()` and `===` among its like. */
export interface be16 {
  readonly [flavour]: "be16";
}
/** 32 bits in network byte order. */
export interface be32 {
  readonly [flavour]: "be32";
}
/** 64 bits in network byte order. */
export interface be64 {
  readonly [flavour]: "be64";
}
/** An address in the kernel that cannot be followed directly. */
export type Addr<T = unknown> = bigint & { readonly [flavour]: ["kernel", T] };
/** An address in user space: only `readUserStr()` and its like follow it. */
export type UserPtr<T> = bigint & { readonly [flavour]: ["user", T] };

/** A buffer of `L` bytes that holds a string which ends at its first NUL. */
export interface CharBuf<L extends number> {
  readonly [flavour]: "char";
  readonly length: L;
  readonly [index: number]: u8;
  /** Whether it holds exactly this string; in kernel programs a literal. */
  equals(text: string): boolean;
  /** Whether it begins with this string; in kernel programs a literal. */
  startsWith(text: string): boolean;
  toString(): string;
}

/** Anything that a scalar schema converts. */
export type AnyNumber = number | bigint | boolean;
