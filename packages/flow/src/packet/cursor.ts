/** Reads big-endian numbers of packet bytes. Callers check the bounds first. */
export function u16(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);
}

/** Three bytes. */
export function u24(bytes: Uint8Array, offset: number): number {
  return (u16(bytes, offset) << 8) | (bytes[offset + 2] ?? 0);
}

/** Four bytes, never negative. */
export function u32(bytes: Uint8Array, offset: number): number {
  return u16(bytes, offset) * 0x1_0000 + u16(bytes, offset + 2);
}
