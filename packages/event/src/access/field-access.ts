import type { FieldType } from "../fields/field.ts";
import type { RuleEvent } from "./rule-event.ts";

/** A single value of a field. */
export type ScalarValue = string | number | bigint | boolean | Uint8Array;

/**
 * The value of a field, as its type has it:
 *
 * | type                        | value                                                                            |
 * | --------------------------- | -------------------------------------------------------------------------------- |
 * | text                        | string; bytes that are no UTF-8 as U+FFFD                                        |
 * | bytes                       | Uint8Array, valid until the next event                                           |
 * | bool                        | boolean                                                                          |
 * | int, uint, port, double     | number when it is exact, else bigint: never a bigint that a number could hold    |
 * | abstime, reltime            | the same, nanoseconds                                                            |
 * | ip, net                     | Uint8Array of 4 or 16 bytes in network order: the address, also of net fields    |
 * | any of these, field is list | array of them, valid until the next event                                        |
 */
export type FieldValue = ScalarValue | readonly ScalarValue[];

/** How numbers of a field are written in outputs; decimal where nothing is said. */
export type FieldNotation = "decimal" | "hexadecimal" | "octal" | "nine-digits";

/** Values that a comparison looks at when they are not the one that is printed. */
export interface FieldCandidates<E extends RuleEvent> {
  /** All of them, in the order they are tried; valid until the next call. None, or undefined, makes a comparison false. */
  readonly read: (event: E) => readonly ScalarValue[] | undefined;
  /** Whether `exists` holds. */
  readonly exists: (event: E) => boolean;
  /** Whether `!=` holds when it does for any of them (ancestors), or only when for every one (both ends of a socket). */
  readonly unequal: "any" | "every";
}

/** How one field, with its argument, is read from events. Functions allocate nothing where they can. */
export interface FieldAccess<E extends RuleEvent> {
  /** The type of its values; for a field of type `dynamic` that of what was asked for. */
  readonly type: Exclude<FieldType, "dynamic">;
  /** Whether it holds several values at once. */
  readonly list: boolean;
  /** Its value, or undefined when the event has none: then every comparison is false. */
  readonly read: (event: E) => FieldValue | undefined;
  /** Set for fields that compare with several values: `fd.ip`, `fd.port`, `fd.net`, `proc.aname` without index. */
  readonly candidates?: FieldCandidates<E>;
  /** Its value in JSON, where that is another one or has no notation: times such as `evt.time` are numbers there. */
  readonly readJson?: (event: E) => FieldValue | undefined;
  readonly notation?: FieldNotation;
  /** Outputs show its texts as they are, with what does not print: fields of plugins do. */
  readonly verbatim?: boolean;
}

/**
 * What a source of events offers to rules. Asked while rules are compiled, once for each field, argument and kind of
 * event; what it answers with is called for events.
 */
export interface FieldProvider<E extends RuleEvent = RuleEvent> {
  /** The source whose events it reads: `syscall`, `k8s_audit`. */
  readonly source: string;
  /** The kinds of events that reach rules: their numbers, in ascending order. */
  readonly eventTypes: readonly number[];
  /**
   * The name of a kind of event, as `evt.type` reads. Undefined where only the event knows, as for system calls that
   * have no kind of their own.
   */
  readonly nameOfType: (type: number) => string | undefined;
  /** The kinds of events for which `evt.type` can read as `name`; none for a name that nothing has. */
  readonly typesOfName: (name: string) => readonly number[];
  /**
   * How a field of the catalogue is read. With `type` it is read from events of that kind only, which lets the answer
   * say that the field is always missing there (undefined), or read straight from where it stands. `argument` is what
   * stands in brackets, or after `evt.arg.`: `resolve("evt.arg", "flags", 307)`.
   */
  readonly resolve: (
    name: string,
    argument: string | undefined,
    type?: number,
  ) => FieldAccess<E> | undefined;
}
