import { isFieldText } from "../check/resolve-field.ts";
import {
  LIST_OPERATORS,
  MODIFIERS,
  NUMBER_OPERATORS,
  TEXT_OPERATORS,
} from "../filter/vocabulary.ts";
import { isMissing, type ExceptionDefinition } from "./definitions.ts";
import { LoadProblem } from "./place-path.ts";

const PLAIN: ReadonlySet<string> = new Set([
  "exists",
  ...NUMBER_OPERATORS,
  ...TEXT_OPERATORS,
  ...LIST_OPERATORS,
]);
const LISTING: ReadonlySet<string> = new Set(LIST_OPERATORS);
const MODIFIED: ReadonlySet<string> = new Set(
  TEXT_OPERATORS.flatMap((operator) => MODIFIERS.map((modifier) => `${operator} ${modifier}`)),
);

/** Whether an operator of an exception, perhaps with a modifier, takes a list in parentheses. */
export function takesList(operator: string): boolean {
  return LISTING.has(operator) || MODIFIED.has(operator);
}

/**
 * Fills in the operators that an exception leaves out (`in` for one field, `=` for each of several) and refuses what
 * does not fit together. Fields are looked up in the catalogue of the rule's source; undefined when it has none.
 */
export function completeException(
  exception: ExceptionDefinition,
  source: string | undefined,
): ExceptionDefinition {
  const { fields } = exception;
  const refuse = (message: string, hint: string): LoadProblem =>
    new LoadProblem("LOAD_ERR_VALIDATE", message, exception.path, hint);
  if (fields === undefined || isMissing(fields)) {
    throw refuse(
      "Rule exception item must have fields property with a list of fields",
      'Add "fields: [field, …]"',
    );
  }
  const names = typeof fields === "string" ? [fields] : fields.map(String);
  const comps = isMissing(exception.comps) ? undefined : exception.comps;
  const checkFields = (): void => {
    const unknown =
      source === undefined ? undefined : names.find((name) => !isFieldText(name, source));
    if (unknown !== undefined)
      throw refuse(
        `'${unknown}' is not a supported filter field`,
        '"ocelli rules fields" lists the fields',
      );
  };
  if (typeof fields === "string") {
    const comp = comps ?? "in";
    if (typeof comp !== "string")
      throw refuse("Fields and comps must both be strings", "Write comps as one text");
    if (!takesList(comp)) {
      throw refuse(
        "When fields is a single value, comps must be one of (in, pmatch, intersects) or a modifier operator (e.g. startswith oneof)",
        "Use in, pmatch or intersects, or write fields and comps as lists",
      );
    }
    checkFields();
    return { ...exception, comps: comp };
  }
  const operators = comps ?? names.map(() => "=");
  if (typeof operators === "string" || operators.length !== names.length)
    throw refuse(
      "Fields and comps lists must have equal length",
      "Give one operator for each field",
    );
  const odd = operators.find(
    (operator) => typeof operator !== "string" || !(PLAIN.has(operator) || MODIFIED.has(operator)),
  );
  if (odd !== undefined) {
    throw refuse(
      `'${typeof odd === "string" ? odd : odd.join(" ")}' is not a supported comparison operator`,
      `Use ${[...PLAIN].join(", ")}, or a text operator with oneof, anyof or allof`,
    );
  }
  checkFields();
  return { ...exception, comps: operators };
}
