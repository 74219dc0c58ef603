// Most 64-bit values are small: descriptors, sizes, process ids, inodes. They stay plain numbers as long as a number
// holds them exactly, and become bigint above.

const EXACT = 0x20_0000; // 2^53 / 2^32

/** An unsigned 64-bit value: a number up to 2^53, a bigint above. */
export function readUnsigned(view: DataView, offset: number): number | bigint {
  const high = view.getUint32(offset + 4, true);
  return high < EXACT
    ? high * 0x1_0000_0000 + view.getUint32(offset, true)
    : view.getBigUint64(offset, true);
}

/** A signed 64-bit value: a number between -2^53 and 2^53, a bigint beyond. */
export function readSigned(view: DataView, offset: number): number | bigint {
  const high = view.getInt32(offset + 4, true);
  return high < EXACT && high >= -EXACT
    ? high * 0x1_0000_0000 + view.getUint32(offset, true)
    : view.getBigInt64(offset, true);
}

/** A signed 64-bit value as a number, rounded when it is beyond 2^53: for descriptors, ids and results. */
export function readSignedNumber(view: DataView, offset: number): number {
  return view.getInt32(offset + 4, true) * 0x1_0000_0000 + view.getUint32(offset, true);
}

/** A bigint as a number when that is exact. */
export function shrink(value: bigint): number | bigint {
  return value <= 9007199254740991n && value >= -9007199254740991n ? Number(value) : value;
}
