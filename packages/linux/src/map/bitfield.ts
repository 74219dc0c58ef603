import type { Codec } from "./codec.ts";

/** A run of bits inside bytes that other fields share: writing keeps their bits. */
export interface Bitfield {
  /** First byte that it touches, from the start of the struct. */
  readonly offset: number;
  readonly codec: Codec<number> | Codec<bigint>;
}

/**
 * The codec of a bit field. `offsetBits` counts from the start of the struct, lowest bit first, as on every
 * little-endian machine. Up to 32 bits are read as a number, more as a bigint. Throws RangeError for a value that does
 * not fit.
 */
export function bitfield(offsetBits: number, bits: number, signed: boolean): Bitfield {
  const offset = Math.floor(offsetBits / 8);
  const shift = offsetBits % 8;
  const size = Math.ceil((shift + bits) / 8);
  const codec = bits <= 32 ? narrow(shift, bits, size, signed) : wide(shift, bits, size, signed);
  return { offset, codec };
}

function outOfRange(value: number | bigint, bits: number): RangeError {
  return new RangeError(`Cannot write ${value} as a bit field of ${bits} bits`);
}

// 32 bits and a shift of 7 lie in 5 bytes, well within the 53 bits of a number, so plain arithmetic serves.
function narrow(shift: number, bits: number, size: number, signed: boolean): Codec<number> {
  const range = 2 ** bits;
  const below = 2 ** shift;
  const highest = signed ? range / 2 - 1 : range - 1;
  const load = (view: DataView, at: number): number => {
    let all = 0;
    for (let i = size - 1; i >= 0; i -= 1) all = all * 256 + view.getUint8(at + i);
    return all;
  };
  return {
    size,
    alignment: 1,
    read: (view, at) => {
      const value = Math.floor(load(view, at) / below) % range;
      return signed && value > highest ? value - range : value;
    },
    write: (view, at, value) => {
      const lowest = signed ? -range / 2 : 0;
      if (!Number.isInteger(value) || value < lowest || value > highest)
        throw outOfRange(value, bits);
      const all = load(view, at);
      const before = Math.floor(all / below) % range;
      let next = all + ((value < 0 ? value + range : value) - before) * below;
      for (let i = 0; i < size; i += 1) {
        view.setUint8(at + i, next % 256);
        next = Math.floor(next / 256);
      }
    },
  };
}

function wide(shift: number, bits: number, size: number, signed: boolean): Codec<bigint> {
  const load = (view: DataView, at: number): bigint => {
    let all = 0n;
    for (let i = size - 1; i >= 0; i -= 1) all = (all << 8n) | BigInt(view.getUint8(at + i));
    return all;
  };
  const from = BigInt(shift);
  const mask = ((1n << BigInt(bits)) - 1n) << from;
  return {
    size,
    alignment: 1,
    read: (view, at) => {
      const value = load(view, at) >> from;
      return signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
    },
    write: (view, at, value) => {
      const fits = signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
      if (fits !== value) throw outOfRange(value, bits);
      let next = (load(view, at) & ~mask) | ((value << from) & mask);
      for (let i = 0; i < size; i += 1) {
        view.setUint8(at + i, Number(next & 0xffn));
        next >>= 8n;
      }
    },
  };
}
