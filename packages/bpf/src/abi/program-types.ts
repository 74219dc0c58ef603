import { PROGRAM_TYPES } from "./program-types.gen.ts";

/** A program type, named as the kernel names it, in lower case and without its prefix. */
export type ProgramType = keyof typeof PROGRAM_TYPES;

const names = new Map<number, ProgramType>(
  // Every key of the table is one of its own names.
  (Object.keys(PROGRAM_TYPES) as ProgramType[]).map((name) => [PROGRAM_TYPES[name], name]),
);

/** The kernel's number of a program type. */
export function programTypeNumber(type: ProgramType): number {
  return PROGRAM_TYPES[type];
}

/** The name of a program type by the kernel's number; `undefined` for one that is newer than this table. */
export function programTypeName(value: number): ProgramType | undefined {
  return names.get(value);
}

/** Whether a string names a program type. */
export function isProgramType(name: string): name is ProgramType {
  return Object.hasOwn(PROGRAM_TYPES, name);
}
