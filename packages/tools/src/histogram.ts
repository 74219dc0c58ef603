import type { Print } from "./tool.ts";

/** Prints the slots of a histogram over powers of two that counted anything, and those between them. */
export function printSlots(slots: readonly bigint[], unit: string, print: Print, label = ""): void {
  const first = slots.findIndex((count) => count > 0n);
  if (first < 0) return;
  const last = slots.findLastIndex((count) => count > 0n);
  const most = slots.reduce((a, b) => (a > b ? a : b), 1n);
  for (let slot = first; slot <= last; slot += 1) {
    const count = slots[slot];
    const from = slot === 0 ? 0 : 2 ** (slot - 1);
    const to = slot === 0 ? 0 : 2 ** slot - 1;
    const bar = "*".repeat(Number((count * 40n) / most));
    print({
      ...(label !== "" && { label }),
      [`${unit}_from`]: from,
      [`${unit}_to`]: to,
      count,
      bar,
    });
  }
}
