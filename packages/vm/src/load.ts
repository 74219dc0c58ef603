import {
  formatDiagnostic,
  linkProgram,
  type CollectionSpec,
  type Instruction,
  type MapSpec,
} from "@ocelli/bpf";

import { VmError } from "./error.ts";
import type { HelperTable } from "./helper/helper.ts";
import { mapHelpers } from "./helper/maps.ts";
import { createJit } from "./jit/jit.ts";
import { createInterpreter } from "./interpreter/interpreter.ts";
import type { Machine, MachineOptions } from "./machine.ts";
import { createVmMap } from "./map/create.ts";
import { MAP_BASE, UPDATE, type VmMap } from "./map/map.ts";
import { createMemory, type VmMemory } from "./memory/memory.ts";
import { prepareProgram } from "./program/prepare.ts";

/** How a collection is loaded. Everything has a default. */
export interface LoadInVmOptions {
  /** A memory of 4 MiB if absent. */
  readonly memory?: VmMemory;
  /** `jit` by default. */
  readonly engine?: "interpreter" | "jit";
  /** Helpers besides those on maps; they come first where both have a number. */
  readonly helpers?: HelperTable;
  /** See `MachineOptions`. */
  readonly fuel?: number;
  /** Which programs to load: all if absent. */
  readonly programs?: readonly string[];
}

/** What `loadInVm()` made. Maps and programs by name; all of them share the memory. */
export interface LoadedInVm {
  readonly memory: VmMemory;
  readonly maps: ReadonlyMap<string, VmMap>;
  readonly programs: ReadonlyMap<string, Machine>;
}

/**
 * Loads a blueprint without a kernel: data sections and maps with their entries, and its programs, linked. The
 * blueprint is not changed.
 *
 * Throws `argument` for a map that this runtime does not have, and `program` for what needs a kernel: kernel symbols,
 * externs of its configuration, field accesses that are to be relocated.
 */
export function loadInVm(spec: CollectionSpec, options: LoadInVmOptions = {}): LoadedInVm {
  const { memory = createMemory({ size: 4 << 20 }), engine = "jit" } = options;
  const maps: VmMap[] = [];
  const byName = new Map<string, VmMap>();
  const handles = new Map<string, bigint>();
  for (const one of spec.maps.values()) {
    const map = createVmMap(memory, one);
    handles.set(one.name, BigInt(MAP_BASE + maps.length));
    maps.push(map);
    byName.set(one.name, map);
    fill(map, one);
  }
  const helpers = new Map([...mapHelpers(maps), ...(options.helpers ?? [])]);
  const resolve = (instruction: Instruction): bigint | undefined => {
    const { reference } = instruction;
    if (reference?.kind === "map") return handles.get(reference.name);
    // What is not there is 0 for who declared it weak.
    if (reference?.kind === "ksym" && reference.weak) return 0n;
    if (reference?.kind !== "map-value") return undefined;
    const address = byName.get(reference.name)?.lookup(zeroKey);
    return address === undefined ? undefined : BigInt(address + reference.offset);
  };
  const zeroKey = memory.allocate(4);
  const make = engine === "jit" ? createJit : createInterpreter;
  const programs = new Map<string, Machine>();
  for (const name of options.programs ?? spec.programs.keys()) {
    const program = spec.programs.get(name);
    if (program === undefined) throw refuse(name, "the collection has no such program");
    const linked = linkProgram(spec, program);
    if (!linked.ok) throw refuse(name, linked.diagnostics.map(formatDiagnostic).join("; "));
    if (linked.value.some(({ relocation }) => relocation !== undefined))
      throw refuse(
        name,
        "it has CO-RE relocations; apply them with applyCoreRelocations() before, against the types it is to see",
      );
    const prepared = prepareProgram(linked.value, { resolve });
    if (!prepared.ok) throw refuse(name, prepared.diagnostics.map(formatDiagnostic).join("; "));
    const { fuel } = options;
    const settings: MachineOptions = { program: prepared.value, memory, helpers };
    programs.set(name, make(fuel === undefined ? settings : { ...settings, fuel }));
  }
  return { memory, maps: byName, programs };
}

function refuse(name: string, reason: string): VmError {
  return new VmError("program", `Cannot load program "${name}": ${reason}`);
}

/** Writes what a map begins with: the contents of a data section, or its entries. */
function fill(map: VmMap, { name, data, entries, keySize, valueSize }: MapSpec): void {
  const { memory } = map;
  const mark = memory.mark();
  const key = memory.allocate(keySize);
  const value = memory.allocate(valueSize);
  if (data !== undefined) memory.bytes.set(data, map.lookup(key));
  for (const entry of entries) {
    if (!("value" in entry)) {
      throw new VmError(
        "argument",
        `Cannot fill map "${name}": this runtime has no maps of programs or of maps`,
      );
    }
    memory.bytes.set(entry.key, key);
    memory.bytes.set(entry.value, value);
    const errno = map.update(key, value, UPDATE.any);
    if (errno !== 0)
      throw new VmError("argument", `Cannot fill map "${name}": the entry is refused (${errno})`);
  }
  memory.release(mark);
}
