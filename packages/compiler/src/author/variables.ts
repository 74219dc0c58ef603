import type { Schema } from "./schema.ts";
import type { Layout } from "./layout.ts";

/** A constant that is settable before loading and frozen afterwards, so that the verifier drops what it switches off. */
export interface Config<T> {
  readonly kind: "config";
  readonly layout: Layout;
  readonly value: T;
}

/** A variable that the program and the user side share. */
export interface Global<T> {
  readonly kind: "global";
  readonly layout: Layout;
  value: T;
}

/** Makes a constant in `.rodata`. */
export function config<T extends number | bigint>(schema: Schema<T>, initial: T): Config<T> {
  return { kind: "config", layout: schema.layout, value: initial };
}

/** Makes a variable in `.bss`, or in `.data` when it does not begin as zero. */
export function global<T extends number | bigint>(schema: Schema<T>, initial: T): Global<T> {
  return { kind: "global", layout: schema.layout, value: initial };
}
