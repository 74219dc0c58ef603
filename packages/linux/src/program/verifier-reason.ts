import { CALL_RULES, STRUCTURE_RULES } from "./verifier-rules-program.ts";
import { INSTRUCTION_RULES, MEMORY_RULES, type VerifierRule } from "./verifier-rules.ts";

/** What a refusal means, in words. */
export interface VerifierReason {
  /** The kernel's own line. */
  readonly line: string;
  /** One plain sentence; the kernel's line again when it is not a known one. */
  readonly reason: string;
  /** What to do; empty for an unknown message. */
  readonly hint: string;
}

// What the verifier calls the things in registers, where a person says otherwise.
const WORDS: ReadonlyMap<string, string> = new Map([
  ["map_value", "map value"],
  ["map_ptr", "map"],
  ["ctx", "context"],
  ["pkt", "packet"],
  ["pkt_meta", "packet's metadata"],
  ["pkt_end", "packet's end"],
  ["fp", "stack"],
  ["inv", "number"],
  ["scalar", "number"],
  ["mem", "memory"],
  ["alloc_mem", "memory"],
  ["ringbuf_mem", "ring buffer record"],
]);

// Structure first: its messages are the most specific.
const RULES: readonly VerifierRule[] = [
  ...CALL_RULES,
  ...STRUCTURE_RULES,
  ...INSTRUCTION_RULES,
  ...MEMORY_RULES,
];

/**
 * Explains a refusal from the lines that the log ended with. The last line that is known wins, as the verifier ends
 * with its verdict; a line before it that says more about the same access (`invalid access to …`) is preferred.
 */
export function explainVerdict(verdict: readonly string[]): VerifierReason {
  const last = verdict.at(-1) ?? "";
  for (let i = verdict.length - 1; i >= 0; i -= 1) {
    const line = verdict[i] ?? "";
    const found = explainLine(line);
    if (found === undefined) continue;
    const before = verdict[i - 1] ?? "";
    const detailed = /^invalid access to |^Unreleased reference/.test(before)
      ? explainLine(before)
      : undefined;
    return { line, ...(detailed ?? found) };
  }
  return { line: last, reason: last, hint: "" };
}

function explainLine(line: string): { reason: string; hint: string } | undefined {
  for (const { pattern, reason, hint } of RULES) {
    const match = pattern.exec(line);
    if (match === null) continue;
    return {
      reason: reason.replaceAll(/\$(\d)/g, (_, group: string) => {
        const found = match[Number(group)] ?? "";
        return WORDS.get(found) ?? found;
      }),
      hint,
    };
  }
  return undefined;
}
