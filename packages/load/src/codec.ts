import type { Layout } from "@ocelli/compiler";
import {
  array,
  bool,
  char,
  i16,
  i32,
  i64,
  i8,
  record,
  u16,
  u32,
  u64,
  u8,
  type Codec,
} from "@ocelli/linux";

const UNITS = { 8: u8, 16: u16, 32: u32 } as const;
const UNSIGNED = { 8: anyCodec(u8), 16: anyCodec(u16), 32: anyCodec(u32), 64: anyCodec(u64) };
const SIGNED = { 8: anyCodec(i8), 16: anyCodec(i16), 32: anyCodec(i32), 64: anyCodec(i64) };

/**
 * Reads and writes values of a layout, as the user side has them: integers up to 32 bits as numbers, wider ones as bigints,
 * string buffers as strings, arrays as arrays, structs as objects. Network byte order stays as it lies in memory: `ntohs()` and
 * `ntohl()` turn it.
 */
export function codecOf(layout: Layout): Codec<unknown> {
  switch (layout.kind) {
    case "int":
      return (layout.signed ? SIGNED : UNSIGNED)[layout.bits];
    case "be":
      return UNSIGNED[layout.bits];
    case "char":
      return anyCodec(char(layout.length));
    case "array":
      return anyCodec(array(codecOf(layout.element), layout.length));
    case "bits":
      return bitsCodec(UNITS[layout.unit], 0, layout.width);
    case "struct":
      return anyCodec(
        record(
          layout.size,
          layout.align,
          layout.fields.map(({ name, offset, shift, layout: own }) =>
            own.kind === "bits"
              ? { name, offset, codec: bitsCodec(UNITS[own.unit], shift, own.width), partial: true }
              : { name, offset, codec: codecOf(own) },
          ),
        ),
      );
    default:
      return anyCodec(bool);
  }
}

/** A codec whose values are only known at run time: a schema's type says elsewhere what they are. */
function anyCodec<T>(codec: Codec<T>): Codec<unknown> {
  const { size, alignment } = codec;
  return {
    size,
    alignment,
    read: (view, offset) => codec.read(view, offset),
    write: (view, offset, value) => {
      codec.write(view, offset, value as T);
    },
  };
}

function bitsCodec(unit: Codec<number>, shift: number, width: number): Codec<unknown> {
  const { size, alignment } = unit;
  const factor = 2 ** shift;
  const limit = 2 ** width;
  const read: Codec<number>["read"] = (view, offset) =>
    Math.floor(unit.read(view, offset) / factor) % limit;
  return {
    size,
    alignment,
    read,
    write: (view, offset, value) => {
      if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value >= limit)
        throw new RangeError(
          `Cannot write ${String(value)} as a bit field: a whole number from 0 to ${limit - 1} fits`,
        );
      const others = unit.read(view, offset) - read(view, offset) * factor;
      unit.write(view, offset, others + value * factor);
    },
  };
}
