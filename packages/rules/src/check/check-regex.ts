import type { Finding } from "./finding.ts";
import type { ValueProblem } from "./check-value.ts";

/** What is wrong with the parentheses and brackets of a regular expression; undefined when nothing is. */
export function regexProblem(pattern: string): ValueProblem | undefined {
  const hint = "Write a POSIX regular expression; it is matched against the whole value";
  const parentheses = parenthesisProblem(pattern);
  return parentheses === undefined
    ? undefined
    : { message: `invalid regex pattern: ${parentheses}: ${pattern}`, hint };
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

function parenthesisProblem(pattern: string): string | undefined {
  let open = 0;
  let inClass = false;
  for (let index = 0; index < pattern.length; index++) {
    const character = pattern.charAt(index);
    if (character === "\\") index++;
    else if (inClass) inClass = character !== "]";
    else if (character === "[") {
      inClass = true;
      // A bracket that closes comes after the first character.
      if (pattern[index + 1] === "^") index++;
      if (pattern[index + 1] === "]") index++;
    } else if (character === "(") open++;
    else if (character === ")" && --open < 0) return "unexpected )";
  }
  if (inClass) return "missing ]";
  return open > 0 ? "missing )" : undefined;
}
