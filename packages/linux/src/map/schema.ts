import { possibleCpus } from "../cpu.ts";
import type { Codec } from "./codec.ts";
import { perCpuStride } from "./layout.ts";

function fitting(value: number, low: number, high: number, type: string): number {
  if (Number.isInteger(value) && value >= low && value <= high) return value;
  throw new RangeError(
    `Cannot write ${value} as ${type}: a whole number from ${low} to ${high} fits`,
  );
}

function fittingBig(value: bigint, low: bigint, high: bigint, type: string): bigint {
  if (value >= low && value <= high) return value;
  throw new RangeError(
    `Cannot write ${value} as ${type}: a whole number from ${low} to ${high} fits`,
  );
}

/** Unsigned, 1 byte. */
export const u8: Codec<number> = {
  size: 1,
  alignment: 1,
  read: (view, offset) => view.getUint8(offset),
  write: (view, offset, value) => {
    view.setUint8(offset, fitting(value, 0, 0xff, "u8"));
  },
};

/** Signed, 1 byte. */
export const i8: Codec<number> = {
  size: 1,
  alignment: 1,
  read: (view, offset) => view.getInt8(offset),
  write: (view, offset, value) => {
    view.setInt8(offset, fitting(value, -0x80, 0x7f, "i8"));
  },
};

/** Unsigned, 2 bytes. */
export const u16: Codec<number> = {
  size: 2,
  alignment: 2,
  read: (view, offset) => view.getUint16(offset, true),
  write: (view, offset, value) => {
    view.setUint16(offset, fitting(value, 0, 0xffff, "u16"), true);
  },
};

/** Signed, 2 bytes. */
export const i16: Codec<number> = {
  size: 2,
  alignment: 2,
  read: (view, offset) => view.getInt16(offset, true),
  write: (view, offset, value) => {
    view.setInt16(offset, fitting(value, -0x8000, 0x7fff, "i16"), true);
  },
};

/** Unsigned, 4 bytes. */
export const u32: Codec<number> = {
  size: 4,
  alignment: 4,
  read: (view, offset) => view.getUint32(offset, true),
  write: (view, offset, value) => {
    view.setUint32(offset, fitting(value, 0, 0xffff_ffff, "u32"), true);
  },
};

/** Signed, 4 bytes. */
export const i32: Codec<number> = {
  size: 4,
  alignment: 4,
  read: (view, offset) => view.getInt32(offset, true),
  write: (view, offset, value) => {
    view.setInt32(offset, fitting(value, -0x8000_0000, 0x7fff_ffff, "i32"), true);
  },
};

/** Unsigned, 8 bytes, exact. */
export const u64: Codec<bigint> = {
  size: 8,
  alignment: 8,
  read: (view, offset) => view.getBigUint64(offset, true),
  write: (view, offset, value) => {
    view.setBigUint64(offset, fittingBig(value, 0n, 0xffff_ffff_ffff_ffffn, "u64"), true);
  },
};

/** Signed, 8 bytes, exact. */
export const i64: Codec<bigint> = {
  size: 8,
  alignment: 8,
  read: (view, offset) => view.getBigInt64(offset, true),
  write: (view, offset, value) => {
    const fit = fittingBig(value, -0x8000_0000_0000_0000n, 0x7fff_ffff_ffff_ffffn, "i64");
    view.setBigInt64(offset, fit, true);
  },
};

/** Unsigned, 8 bytes, as a number: exact below 2^53, nearest above. For counters, where a bigint would only cost. */
export const u53: Codec<number> = {
  size: 8,
  alignment: 8,
  read: (view, offset) =>
    view.getUint32(offset, true) + view.getUint32(offset + 4, true) * 0x1_0000_0000,
  write: (view, offset, value) => {
    fitting(value, 0, Number.MAX_SAFE_INTEGER, "u53");
    view.setUint32(offset, value >>> 0, true);
    view.setUint32(offset + 4, Math.floor(value / 0x1_0000_0000), true);
  },
};

/** Signed, 8 bytes, as a number: exact between -2^53 and 2^53, nearest beyond. */
export const i53: Codec<number> = {
  size: 8,
  alignment: 8,
  read: (view, offset) =>
    view.getUint32(offset, true) + view.getInt32(offset + 4, true) * 0x1_0000_0000,
  write: (view, offset, value) => {
    fitting(value, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, "i53");
    view.setUint32(offset, value >>> 0, true);
    view.setInt32(offset + 4, Math.floor(value / 0x1_0000_0000), true);
  },
};

/** Floating point, 4 bytes. */
export const f32: Codec<number> = {
  size: 4,
  alignment: 4,
  read: (view, offset) => view.getFloat32(offset, true),
  write: (view, offset, value) => {
    view.setFloat32(offset, value, true);
  },
};

/** Floating point, 8 bytes. */
export const f64: Codec<number> = {
  size: 8,
  alignment: 8,
  read: (view, offset) => view.getFloat64(offset, true),
  write: (view, offset, value) => {
    view.setFloat64(offset, value, true);
  },
};

/** Network byte order, unsigned, 2 bytes: ports. */
export const be16: Codec<number> = {
  size: 2,
  alignment: 2,
  read: (view, offset) => view.getUint16(offset),
  write: (view, offset, value) => {
    view.setUint16(offset, fitting(value, 0, 0xffff, "be16"));
  },
};

/** Network byte order, unsigned, 4 bytes: IPv4 addresses. */
export const be32: Codec<number> = {
  size: 4,
  alignment: 4,
  read: (view, offset) => view.getUint32(offset),
  write: (view, offset, value) => {
    view.setUint32(offset, fitting(value, 0, 0xffff_ffff, "be32"));
  },
};

/** One byte, zero or not. */
export const bool: Codec<boolean> = {
  size: 1,
  alignment: 1,
  read: (view, offset) => view.getUint8(offset) !== 0,
  write: (view, offset, value) => {
    view.setUint8(offset, value ? 1 : 0);
  },
};

const decoder = new TextDecoder();
const encoder = new TextEncoder();

function bytesAt(view: DataView, offset: number, length: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + offset, length);
}

/** Text in UTF-8 in `length` bytes, ending at the first zero byte if there is one; the rest is zero. */
export function char(length: number): Codec<string> {
  return {
    size: length,
    alignment: 1,
    read: (view, offset) => {
      const bytes = bytesAt(view, offset, length);
      const end = bytes.indexOf(0);
      return decoder.decode(end < 0 ? bytes : bytes.subarray(0, end));
    },
    write: (view, offset, value) => {
      const text = encoder.encode(value);
      if (text.length > length)
        throw new RangeError(
          `Cannot write ${JSON.stringify(value)} as char(${length}): it has ${text.length} bytes`,
        );
      const bytes = bytesAt(view, offset, length);
      bytes.set(text);
      bytes.fill(0, text.length);
    },
  };
}

/** Plain bytes, copied. */
export function bytes(length: number): Codec<Uint8Array> {
  return {
    size: length,
    alignment: 1,
    read: (view, offset) => bytesAt(view, offset, length).slice(),
    write: (view, offset, value) => {
      if (value.length !== length)
        throw new RangeError(`Cannot write ${value.length} bytes as bytes(${length})`);
      bytesAt(view, offset, length).set(value);
    },
  };
}

/** The same type `length` times, one right after the other. */
export function array<T>(element: Codec<T>, length: number): Codec<T[]> {
  const { size } = element;
  return {
    size: size * length,
    alignment: element.alignment,
    read: (view, offset) => {
      const values: T[] = [];
      for (let i = 0; i < length; i += 1) values.push(element.read(view, offset + i * size));
      return values;
    },
    write: (view, offset, values) => {
      if (values.length !== length)
        throw new RangeError(`Cannot write ${values.length} elements as an array of ${length}`);
      let at = offset;
      for (const value of values) {
        element.write(view, at, value);
        at += size;
      }
    },
  };
}

/**
 * A value of a per-CPU map: one for each possible CPU, in the order of `possibleCpus()`. Each is padded to a multiple
 * of 8 bytes.
 */
export function perCpu<T>(value: Codec<T>): Codec<T[]> {
  const stride = perCpuStride(value.size);
  if (stride === value.size) return array(value, possibleCpus().length);
  const padded: Codec<T> = {
    size: stride,
    alignment: 8,
    read: (view, offset) => value.read(view, offset),
    write: (view, offset, item) => {
      bytesAt(view, offset + value.size, stride - value.size).fill(0);
      value.write(view, offset, item);
    },
  };
  return array(padded, possibleCpus().length);
}
