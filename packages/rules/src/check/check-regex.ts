import { compileRegex } from "../regex/compile-regex.ts";
import type { Finding } from "./finding.ts";
import type { ValueProblem } from "./check-value.ts";

/** What is wrong with a regular expression; undefined when nothing is. */
export function regexProblem(pattern: string): ValueProblem | undefined {
  const compiled = compileRegex(pattern);
  if (typeof compiled === "function") return undefined;
  return {
    message: `invalid regex pattern: ${compiled.message}`,
    hint: "Write an extended POSIX regular expression; it is matched against the whole value",
  };
}

/** A warning when `=`, `contains`, `startswith` or `endswith` could do what a pattern does. */
export function simplerThanRegex(pattern: string): Omit<Finding, "span"> | undefined {
  const inner = pattern
    .replace(/^\^/, "")
    .replace(/\$$/, "")
    .replace(/^\.\*/, "")
    .replace(/\.\*$/, "");
  if (/[\\^$.|?*+()[\]{}]/.test(inner)) return undefined;
  return {
    severity: "warning",
    kind: "regex",
    message: `regex check with '${pattern}' may be optimized with simpler operators such as '=', 'contains', 'startswith', 'endswith'`,
    hint: "The simpler operators are faster and say the same",
  };
}
