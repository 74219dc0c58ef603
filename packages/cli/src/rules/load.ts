import { formatRuleDiagnostic, loadRules, remarksOf, type LoadResult } from "@ocelli/rules";

import { RefusedError } from "../exit.ts";
import { readRuleFiles } from "./rule-files.ts";

/** Loads the rules that files define together; refuses when one has an error, and says where. */
export async function loadRulesOf(paths: readonly string[]): Promise<LoadResult> {
  const result = loadRules(await readRuleFiles(paths), { sources: ["syscall", "k8s_audit"] });
  if (result.ok) return result;
  const errors = remarksOf(result).filter(({ severity }) => severity === "error");
  throw new RefusedError(`Cannot load the rules:\n${errors.map(formatRuleDiagnostic).join("\n")}`);
}
