import { outside } from "./outside.ts";
import type { i64, u32 } from "./types.ts";

/**
 * Whether the kernel that loads the program has this member of its struct: `if (exists(task.start_boottime)) …`. Loading
 * answers, and the verifier drops the branch that is not taken, so that it may read what other kernels lack.
 */
export function exists(member: unknown): boolean {
  return outside("exists", member);
}
/** Whether the kernel that loads the program has a struct or union of that name. */
export function typeExists(name: string): boolean {
  return outside("typeExists", name);
}
/** How many bytes a struct or union has in the kernel that loads the program. */
export function typeSize(name: string): u32 {
  return outside("typeSize", name);
}
/** Whether an enum of the kernel that loads the program has a value of that name. */
export function enumExists(name: string, value: string): boolean {
  return outside("enumExists", name, value);
}
/** The value of an enumerator in the kernel that loads the program. */
export function enumValue(name: string, value: string): i64 {
  return outside("enumValue", name, value);
}
