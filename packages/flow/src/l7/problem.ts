/** What was read, or why the bytes are not of that protocol. Offsets count from the first byte given. */
export type L7Read<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly offset: number; readonly reason: "truncated" | "malformed" };

/** A failed read. */
export function failed(offset: number, reason: "truncated" | "malformed"): L7Read<never> {
  return { ok: false, offset, reason };
}
