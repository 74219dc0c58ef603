/**
 * JSON of a value that may hold 64-bit integers: those that a double holds exactly are numbers, larger ones strings, so
 * that no reader loses a digit. Bytes become hexadecimal digits.
 */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) => {
    if (typeof one === "bigint") {
      const exact =
        one >= BigInt(Number.MIN_SAFE_INTEGER) && one <= BigInt(Number.MAX_SAFE_INTEGER);
      return exact ? Number(one) : String(one);
    }
    return one instanceof Uint8Array ? Buffer.from(one).toString("hex") : one;
  });
}
