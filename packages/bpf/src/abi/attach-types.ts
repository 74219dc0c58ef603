import { ATTACH_TYPES } from "./attach-types.gen.ts";

/** A attach type, named as the kernel names it, in lower case and without its prefix. */
export type AttachType = keyof typeof ATTACH_TYPES;

const names = new Map<number, AttachType>(
  // Every key of the table is one of its own names.
  (Object.keys(ATTACH_TYPES) as AttachType[]).map((name) => [ATTACH_TYPES[name], name]),
);

/** The kernel's number of a attach type. */
export function attachTypeNumber(type: AttachType): number {
  return ATTACH_TYPES[type];
}

/** The name of a attach type by the kernel's number; `undefined` for one that is newer than this table. */
export function attachTypeName(value: number): AttachType | undefined {
  return names.get(value);
}

/** Whether a string names a attach type. */
export function isAttachType(name: string): name is AttachType {
  return Object.hasOwn(ATTACH_TYPES, name);
}
