import type { Codec } from "./codec.ts";

/** A field of a record, at its place. Offsets in bytes. */
export interface FieldCodec {
  readonly name: string;
  readonly offset: number;
  readonly codec: Codec<unknown>;
  /** It shares its bytes with others: a bit field. */
  readonly partial?: boolean;
}

/**
 * A record with fields at given places, as an object with one property per field. Fields may overlap (unions): all are
 * read; on writing, fields that the object lacks are left out. Bytes that no field covers are written as zero.
 *
 * The reader is generated source, so that every object has one shape and no loop runs per record: 104 M records of six
 * fields per second, against 15 M with a loop and 109 M by hand (bench/codec.bench.ts). Where generated code is
 * forbidden (--disallow-code-generation-from-strings) the loop serves.
 */
export function record(
  size: number,
  alignment: number,
  fields: readonly FieldCodec[],
): Codec<Record<string, unknown>> {
  const clear = !coversAll(size, fields);
  return {
    size,
    alignment,
    read: generateReader(fields) ?? loopReader(fields),
    write: (view, offset, value) => {
      if (clear) new Uint8Array(view.buffer, view.byteOffset + offset, size).fill(0);
      for (const field of fields) {
        const part = value[field.name];
        if (part !== undefined) field.codec.write(view, offset + field.offset, part);
      }
    },
  };
}

function coversAll(size: number, fields: readonly FieldCodec[]): boolean {
  const covered = new Uint8Array(size);
  for (const { offset, codec, partial } of fields)
    if (partial !== true) covered.fill(1, offset, offset + codec.size);
  return !covered.includes(0);
}

type Reader = Codec<Record<string, unknown>>["read"];

function loopReader(fields: readonly FieldCodec[]): Reader {
  return (view, offset) =>
    Object.fromEntries(
      fields.map(({ name, offset: at, codec }) => [name, codec.read(view, offset + at)]),
    );
}

/** Makes `return { "a": c0.read(view, offset + 0), … }`. Names are JSON strings in brackets: no name can become code. */
function generateReader(fields: readonly FieldCodec[]): Reader | undefined {
  const parts = fields.map(
    ({ name, offset }, i) => `[${JSON.stringify(name)}]: c${i}(view, offset + ${offset})`,
  );
  const source = `return (view, offset) => ({ ${parts.join(", ")} });`;
  try {
    // Each argument is one field's own reader, so that the engine may inline it.
    // oxlint-disable-next-line typescript/no-implied-eval -- made of numbers and JSON strings alone
    const make = new Function(...fields.map((_, i) => `c${i}`), source) as (
      ...readers: unknown[]
    ) => Reader;
    return make(...fields.map(({ codec }) => codec.read.bind(codec)));
  } catch (error) {
    if (error instanceof EvalError) return undefined;
    throw error;
  }
}

/** The object that a struct of these fields stands for. */
export type StructValue<F> = { -readonly [N in keyof F]: F[N] extends Codec<infer T> ? T : never };

/**
 * A struct laid out as C does: each field at the next multiple of its alignment, the whole rounded up to the largest.
 * `struct({ pid: u32, comm: char(16), bytes: u64 })`.
 */
export function struct<F extends Readonly<Record<string, Codec<unknown>>>>(
  fields: F,
): Codec<StructValue<F>>;
export function struct(fields: Readonly<Record<string, Codec<unknown>>>): Codec<unknown> {
  let end = 0;
  let alignment = 1;
  const places = Object.entries(fields).map(([name, codec]): FieldCodec => {
    const offset = Math.ceil(end / codec.alignment) * codec.alignment;
    end = offset + codec.size;
    alignment = Math.max(alignment, codec.alignment);
    return { name, offset, codec };
  });
  return record(Math.ceil(end / alignment) * alignment, alignment, places);
}
