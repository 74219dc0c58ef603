import type { FieldValue, ScalarValue } from "@ocelli/event";

/** Whether one value of a field fits what stands on the right side. The value is there and of the field's type. */
export type ValueTest = (value: ScalarValue) => boolean;

/** Gives a name to something that generated code refers to. */
export type Bind = (thing: unknown) => string;

/**
 * The right half of a check, ready to be asked. `code` is the same as an expression over the name of a value, where that
 * is shorter than a call: it holds for the value or, when the value is undefined, is false.
 */
export interface Comparison {
  readonly test: ValueTest;
  readonly code?: (value: string, bind: Bind) => string;
}

/** The comparison that nothing passes. */
export const NEVER: Comparison = { test: () => false, code: () => "false" };

/** Whether a value is a list of values. */
export function isList(value: FieldValue): value is readonly ScalarValue[] {
  return Array.isArray(value);
}
