import type { OcelliError } from "@ocelli/bpf";
import type { VerifierError } from "@ocelli/linux";

import { RefusedError, UsageError } from "../exit.ts";

/** Lines of the verifier's log that are shown with a refusal; the whole is in the error for programs. */
const LOG_LINES = 30;

// Types only: the libraries take longer to load than `--help` may take, and errors tell themselves apart.
function isOcelliError(error: Error): error is OcelliError {
  return "code" in error && typeof error.code === "string" && !("syscall" in error);
}

function isVerifierError(error: Error): error is VerifierError {
  return isOcelliError(error) && error.code === "rejected" && "log" in error;
}

/** What a person reads when a command fails: the message and its causes, never a stack for a known error. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof SuppressedError)
    return `${describeError(error.suppressed)}\nand while cleaning up: ${describeError(error.error)}`;
  if (isVerifierError(error)) return error.format({ tail: LOG_LINES });
  const known =
    error instanceof RefusedError || error instanceof UsageError || isOcelliError(error);
  const text = known ? error.message : (error.stack ?? error.message);
  if (error.cause === undefined) return text;
  return `${text}\n  because: ${describeError(error.cause).replaceAll("\n", "\n  ")}`;
}
