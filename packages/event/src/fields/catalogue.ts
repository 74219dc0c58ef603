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

const BY_NAME: ReadonlyMap<string, Field> = new Map(FIELDS.map((field) => [field.name, field]));

/** The field of that name, without brackets; undefined when there is none. */
export function fieldByName(name: string): Field | undefined {
  return BY_NAME.get(name);
}
