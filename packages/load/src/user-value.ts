import type { be16, be32, be64, CharBuf } from "@ocelli/compiler";

/** What a value of a schema is on the user side: string buffers are strings; the rest keeps its type. */
export type UserValue<T> = T extends readonly (infer E)[]
  ? UserValue<E>[]
  : T extends CharBuf<number>
    ? string
    : T extends be16 | be32 | be64 | number | bigint | boolean
      ? T
      : T extends object
        ? { -readonly [K in keyof T]: UserValue<T[K]> }
        : T;
