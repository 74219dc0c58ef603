import { fieldByName } from "../fields/catalogue.ts";
import type { FieldAccess, FieldProvider, FieldValue, ScalarValue } from "./field-access.ts";
import type { RuleEvent } from "./rule-event.ts";

/** An event whose fields are spelled out, for tests and for sources that have few events. */
export interface MemoryEvent extends RuleEvent {
  /** Values by field as it is written: `proc.name`, `proc.aname[2]`, `evt.arg.flags`. */
  readonly fields: Readonly<Record<string, FieldValue | undefined>>;
}

/**
 * A provider of events that spell out their fields. `names` are the kinds of events by number. A field without index
 * that has ancestors in its name compares with every value when it is given as an array, as do both ends of a socket.
 */
export function createMemoryProvider(names: readonly string[]): FieldProvider<MemoryEvent> {
  return {
    source: "syscall",
    eventTypes: names.map((_name, type) => type),
    nameOfType: (type) => names[type],
    typesOfName: (name) => {
      const type = names.indexOf(name);
      return type === -1 ? [] : [type];
    },
    resolve: (name, argument) => resolveInMemory(name, argument),
  };
}

const ANCESTORS = /^proc\.a(?:pid|name|exe|exepath|cmdline|env)$/;
const EITHER_END = /^fd\.(?:ip|port|net|proto)$/;

function resolveInMemory(
  name: string,
  argument: string | undefined,
): FieldAccess<MemoryEvent> | undefined {
  const field = fieldByName(name);
  if (field === undefined) return undefined;
  const key =
    argument === undefined
      ? name
      : name === "evt.arg" || name === "evt.rawarg"
        ? `${name}.${argument}`
        : `${name}[${argument}]`;
  const access: FieldAccess<MemoryEvent> = {
    type: field.type === "dynamic" ? "int64" : field.type,
    list: field.list,
    read: ({ fields }) => fields[key],
  };
  const ancestors = argument === undefined && ANCESTORS.test(name);
  if (!ancestors && !EITHER_END.test(name)) return access;
  const valuesOf = ({ fields }: MemoryEvent): readonly ScalarValue[] | undefined =>
    asArray(fields[key]);
  return {
    ...access,
    candidates: {
      read: valuesOf,
      exists: (event) => valuesOf(event) !== undefined,
      unequal: ancestors ? "any" : "every",
    },
  };
}

function asArray(value: FieldValue | undefined): readonly ScalarValue[] | undefined {
  if (value === undefined) return undefined;
  return isList(value) ? value : [value];
}

function isList(value: FieldValue): value is readonly ScalarValue[] {
  return Array.isArray(value);
}
