import { HELPERS } from "./helpers.gen.ts";

/** A helper, named as in C without the prefix `bpf_`. The kernel's list is closed: newer functions are kfuncs. */
export type Helper = keyof typeof HELPERS;

const names = new Map<number, Helper>(
  // Every key of the table is one of its own names.
  (Object.keys(HELPERS) as Helper[]).map((name) => [HELPERS[name], name]),
);

/** The kernel's number of a helper. */
export function helperNumber(helper: Helper): number {
  return HELPERS[helper];
}

/** The name of a helper by the kernel's number; `undefined` for one that is newer than this table. */
export function helperName(value: number): Helper | undefined {
  return names.get(value);
}

/** Whether a string names a helper. */
export function isHelper(name: string): name is Helper {
  return Object.hasOwn(HELPERS, name);
}
