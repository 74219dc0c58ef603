/** Exit codes of every command. */
export const EXIT = {
  /** Done. */
  done: 0,
  /** The kernel refused, or the data is wrong. */
  refused: 1,
  /** The command was called in a way that it does not know. */
  usage: 2,
} as const;

/** The caller's mistake: exits with 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The kernel or the data said no: exits with 1. The message is everything that the person needs to read. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
}
