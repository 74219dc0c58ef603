import { AUDIT_FIELDS } from "./audit-fields.ts";
import { CONTAINER_FIELDS } from "./container-fields.ts";
import { EVT_FIELDS } from "./evt-fields.ts";
import { FD_FIELDS } from "./fd-fields.ts";
import type { Field } from "./field.ts";
import { PROCESS_FIELDS } from "./process-fields.ts";
import { USER_FIELDS } from "./user-fields.ts";

/** Every field of the syscall source, in the order of Falco's own documentation. */
export const FIELDS: readonly Field[] = [
  ...EVT_FIELDS,
  ...PROCESS_FIELDS,
  ...USER_FIELDS,
  ...FD_FIELDS,
  ...CONTAINER_FIELDS,
];

// Fields that plain numbers and times of every source have come first in the table.
const EVERY_SOURCE = 18;

const BY_SOURCE: ReadonlyMap<string, ReadonlyMap<string, Field>> = new Map([
  ["syscall", byName(FIELDS)],
  ["k8s_audit", byName([...EVT_FIELDS.slice(0, EVERY_SOURCE), ...AUDIT_FIELDS])],
]);

/** The field of that name, without brackets, among those of a source; undefined when there is none. */
export function fieldByName(name: string, source: string = "syscall"): Field | undefined {
  return BY_SOURCE.get(source)?.get(name);
}

/** The fields of a source of events; undefined for a source that is not known. */
export function fieldsOfSource(source: string): readonly Field[] | undefined {
  const fields = BY_SOURCE.get(source);
  return fields === undefined ? undefined : [...fields.values()];
}

function byName(fields: readonly Field[]): ReadonlyMap<string, Field> {
  return new Map(fields.map((field) => [field.name, field]));
}
