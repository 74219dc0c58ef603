import { takesList } from "./check-exception.ts";
import type { Entry, ExceptionDefinition, RuleDefinition } from "./definitions.ts";
import { quoteItem } from "./expand-lists.ts";
import { LoadProblem } from "./place-path.ts";

/** The condition of a rule with its exceptions: `(condition) and not (exception) and not …`. */
export function conditionWithExceptions(rule: RuleDefinition): string {
  if (rule.exceptions.length === 0) return rule.condition;
  const parts = rule.exceptions.map(exceptionText).filter((part) => part !== "");
  return [`(${rule.condition})`, ...parts].join(" and not ");
}

function exceptionText(exception: ExceptionDefinition): string {
  const { fields = "", comps = "", values } = exception;
  const refuse = (message: string, hint: string): LoadProblem =>
    new LoadProblem("LOAD_ERR_VALIDATE", message, exception.path, hint);
  if (values.length === 0) return "";
  if (typeof fields === "string") {
    const items = values.map((value) => {
      if (typeof value === "string") return quoteItem(value);
      throw refuse("Expected values array to contain a list of strings", "Write one value a row");
    });
    return `(${fields} ${toText(comps)} (${items.join(", ")}))`;
  }
  const rows = values.map((row) => {
    if (typeof row === "string" || row.length !== fields.length) {
      throw refuse(
        "Fields and values lists must have equal length",
        "Give each row one value for each field",
      );
    }
    const checks = fields.map((field, index) => {
      const operator = toText(comps[index] ?? "=");
      return `${toText(field)} ${operator} ${valueText(row[index] ?? "", operator)}`;
    });
    return `(${checks.join(" and ")})`;
  });
  return `(${rows.join(" or ")})`;
}

function valueText(value: Entry, operator: string): string {
  if (typeof value !== "string")
    return `(${value.map((item) => quoteItem(toText(item))).join(", ")})`;
  if (!takesList(operator)) return quoteItem(value);
  // Not quoted: "a, b" is two values.
  return value.startsWith("(") ? value : `(${value})`;
}

function toText(entry: Entry): string {
  return typeof entry === "string" ? entry : entry.map(toText).join(", ");
}
