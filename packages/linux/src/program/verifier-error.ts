import { LinuxError } from "../error.ts";
import { errnoName } from "../port/errno.ts";

// The totals that end every log, and what level 4 puts before them.
const STATISTICS =
  /^(processed \d+ insns|verification time|stack depth|insns processed|subprog \d+ )/;

/** The verifier refused a program. `log` is everything that it said. */
export class VerifierError extends LinuxError {
  readonly log: readonly string[];
  /** The kernel's own line that says why. */
  readonly summary: string;

  constructor(name: string, errno: number, log: readonly string[]) {
    const summary = log.findLast((line) => line !== "" && !STATISTICS.test(line)) ?? "";
    super("rejected", `Cannot load program "${name}": ${summary} (${errnoName(errno)})`, errno);
    this.log = log;
    this.summary = summary;
  }
}
