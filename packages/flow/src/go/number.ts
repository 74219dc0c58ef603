import type { Parsed } from "./address.ts";
import { quoteGo } from "./quote.ts";

/** Reads decimal digits up to `max` as Go's strconv.ParseUint does. The error is its text. */
export function parseUint(text: string, max: bigint): Parsed<bigint> {
  if (!/^[0-9]+$/.test(text)) return failure(text, "invalid syntax");
  const significant = text.replace(/^0+(?=.)/, "");
  // More digits than 2^64 has cannot be in range; this also bounds the work of BigInt().
  if (significant.length > 20) return failure(text, "value out of range");
  const value = BigInt(significant);
  if (value > max) return failure(text, "value out of range");
  return { ok: true, value };
}

function failure(text: string, reason: string): Parsed<never> {
  return { ok: false, error: `strconv.ParseUint: parsing ${quoteGo(text)}: ${reason}` };
}
