import { createHash } from "node:crypto";

/** What tells whether a compiled object still belongs to its source. */
export function sourceDigest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
