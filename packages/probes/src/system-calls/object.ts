import { readFileSync } from "node:fs";
import { join } from "node:path";

import { readCollection, type CollectionSpec } from "@ocelli/bpf";

/**
 * The blueprint of the probe of system calls and processes, compiled from `bpf/system-calls.bpf.ts`. Needs Linux 5.10 with BTF,
 * on x86-64. Maps:
 *
 * - `recipes` (array of 1024): `encodeRecipe()` by the call's number; a call without recipe is only counted
 * - `counters` (array of 1028, per CPU): u64 emitted, u64 filtered, u64 lost, by the call's number and `COUNTER_INDEX`
 * - `events` (ring): records as `CALL_RECORD` and `PROCESS_RECORD` lay them out
 *
 * Its variable `self` is a process whose calls are not reported.
 */
export function systemCallObject(): CollectionSpec {
  const path = join(import.meta.dirname, "../../objects/system-calls.bpf.o");
  const read = readCollection(readFileSync(path));
  // The object belongs to the package: one that cannot be read is a broken installation.
  if (!read.ok) throw new Error(`Cannot read "${path}": ${read.diagnostics[0]?.message}`);
  return read.value;
}
