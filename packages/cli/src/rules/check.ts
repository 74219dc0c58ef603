import { formatRuleDiagnostic, loadRules, remarksOf } from "@ocelli/rules";

import type { CliContext } from "../context.ts";
import { EXIT } from "../exit.ts";
import { readRuleFiles } from "./rule-files.ts";

/** Flags of `ocelli rules check`. */
export interface CheckFlags {
  readonly json: boolean;
}

/** `ocelli rules check`: exits with 1 when a file has an error. */
export async function check(
  context: CliContext,
  flags: CheckFlags,
  ...paths: readonly string[]
): Promise<void> {
  const result = loadRules(await readRuleFiles(paths), {
    sources: ["syscall", "k8s_audit"],
  });
  const remarks = remarksOf(result);
  const errors = remarks.filter(({ severity }) => severity === "error").length;
  const warnings = remarks.length - errors;
  const { stdout } = context.process;
  if (flags.json) {
    const report = {
      ok: result.ok,
      files: result.files.map(({ file, ok }) => ({ file, ok })),
      rules: result.rules.length,
      errors,
      warnings,
      diagnostics: remarks,
    };
    stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  } else {
    for (const remark of remarks) stdout.write(`${formatRuleDiagnostic(remark)}\n`);
    const files = count(result.files.length, "file");
    const rules = result.ok ? count(result.rules.length, "rule") : "not loaded";
    const sums = `${count(errors, "error")}, ${count(warnings, "warning")}`;
    stdout.write(`${files}: ${rules}, ${sums}\n`);
  }
  if (!result.ok) context.process.exitCode = EXIT.refused;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
