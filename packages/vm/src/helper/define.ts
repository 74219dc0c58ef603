import { HELPERS, type Helper } from "@ocelli/bpf";

import { VmError } from "../error.ts";
import { HIGH_ARGUMENTS, HIGH_RESULT } from "../memory/layout.ts";
import type { VmMemory } from "../memory/memory.ts";
import type { HelperTable, VmHelper } from "./helper.ts";

/** What is said of a helper whose name is known already. */
export type HelperDefinition = Omit<VmHelper, "name">;

/**
 * A table of helpers by the kernel's names, without `bpf_`: the way to add one's own or to put another in the place of one that
 * is there.
 *
 * ```ts
 * const helpers = helperTable({
 *   get_current_pid_tgid: { result: "u64", call: ({ memory }) => give64(memory, 42n) },
 * });
 * ```
 */
export function helperTable(
  helpers: Readonly<Partial<Record<Helper, HelperDefinition>>>,
): HelperTable {
  return new Map(
    Object.entries(helpers).map(([name, helper]): [number, VmHelper] => [
      // The type says that the names are those of the table.
      HELPERS[name as Helper],
      { name, ...helper },
    ]),
  );
}

/** What a helper with result `u64` returns for a number of 64 bits: its lower half; the upper one goes where the machine looks for it. */
export function give64(memory: VmMemory, value: bigint): number {
  memory.words[HIGH_RESULT / 4] = Number(BigInt.asIntN(32, value >> 32n));
  return Number(BigInt.asIntN(32, value));
}

/** An argument of a `wide` helper as one unsigned number; `index` counts from 0. */
export function wideArgument(memory: VmMemory, index: number, low: number): bigint {
  return (BigInt(highArgument(memory, index) >>> 0) << 32n) | BigInt(low >>> 0);
}

/** The upper half of an argument of a `wide` helper, signed; `index` counts from 0. */
export function highArgument(memory: VmMemory, index: number): number {
  return memory.words[HIGH_ARGUMENTS / 4 + index] ?? 0;
}

/** Ends the program when it may not read all those bytes. A helper reaches what the program could reach itself, and nothing else. */
export function checkReadable(memory: VmMemory, what: string, address: number, size: number): void {
  if (!memory.isReadable(address >>> 0, size)) throw refuse("read", what, address, size);
}

/** Ends the program when it may not write all those bytes. */
export function checkWritable(memory: VmMemory, what: string, address: number, size: number): void {
  if (!memory.isWritable(address >>> 0, size)) throw refuse("write", what, address, size);
}

function refuse(verb: string, what: string, address: number, size: number): VmError {
  const place = address >>> 0;
  return new VmError(
    "memory",
    `Cannot ${verb} ${what} of ${size} bytes at 0x${place.toString(16)}: that is outside the program's memory`,
    { address: BigInt(place) },
  );
}
