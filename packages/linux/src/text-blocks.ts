import { closeSync, openSync, readSync } from "node:fs";

const BLOCK_BYTES = 256 << 10;

/**
 * A text of ASCII or Latin-1 in blocks of whole lines, each at most 256 KiB unless one line is longer: for the kernel's
 * long lists, which it makes up anew for each reader. Throws what opening and reading a file throw.
 */
export function* textBlocks(
  path: string,
  blockBytes: number = BLOCK_BYTES,
): Generator<string, void> {
  const buffer = Buffer.allocUnsafe(blockBytes);
  const fd = openSync(path, "r");
  try {
    let filled = 0;
    for (;;) {
      // The kernel gives about a page at a time.
      const count = readSync(fd, buffer, filled, buffer.length - filled, null);
      filled += count;
      if (count > 0 && filled < buffer.length) continue;
      if (filled > 0) {
        const newline = count === 0 ? -1 : buffer.lastIndexOf(10, filled - 1);
        const end = newline < 0 ? filled : newline + 1;
        yield buffer.toString("latin1", 0, end);
        buffer.copyWithin(0, end, filled);
        filled -= end;
      }
      if (count === 0) return;
    }
  } finally {
    closeSync(fd);
  }
}
