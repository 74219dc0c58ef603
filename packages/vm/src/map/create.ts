import type { MapSpec } from "@ocelli/bpf";

import { VmError } from "../error.ts";
import type { VmMemory } from "../memory/memory.ts";
import { createArray } from "./array.ts";
import { createHash } from "./hash.ts";
import type { VmMap } from "./map.ts";

/** Makes a map of type `array` or `hash` in a memory. Throws `argument` for other types, for sizes that are none, and when the memory is full. */
export function createVmMap(memory: VmMemory, spec: MapSpec): VmMap {
  const { name, type, keySize, valueSize, maxEntries } = spec;
  const refuse = (reason: string): VmError =>
    new VmError("argument", `Cannot create map "${name}" of type ${type}: ${reason}`);
  if (type !== "array" && type !== "hash")
    throw refuse("this runtime has maps of type array and hash");
  if (valueSize === 0 || maxEntries === 0 || keySize === 0)
    throw refuse(
      `its keys have ${keySize} bytes, its values ${valueSize}, and its entries are ${maxEntries}: none may be 0`,
    );
  if (type === "hash") return createHash(memory, spec);
  if (keySize !== 4) throw refuse(`its keys have ${keySize} bytes: an index has 4`);
  return createArray(memory, spec);
}
