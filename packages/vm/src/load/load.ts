import {
  applyCoreRelocations,
  formatDiagnostic,
  isKfuncCall,
  linkProgram,
  type CollectionSpec,
  type CoreTargets,
  type Instruction,
  type MapSpec,
  type ProgramSpec,
} from "@ocelli/bpf";

import { VmError } from "../error.ts";
import { helpersFor, SKB_PROGRAMS } from "../helper/all.ts";
import type { HelperTable, VmHelper } from "../helper/helper.ts";
import { createInterpreter } from "../interpreter/interpreter.ts";
import { createJit } from "../jit/jit.ts";
import type { Machine, MachineOptions } from "../machine.ts";
import type { VmMap } from "../map/map.ts";
import { createMemory, type VmMemory } from "../memory/memory.ts";
import { narrowContextStores } from "../program/context-stores.ts";
import { prepareProgram, type PreparedProgram } from "../program/prepare.ts";
import { createSystem, type SystemOptions, type VmSystem } from "../system/system.ts";
import { fillConfiguration, type VmConfiguration } from "./kconfig.ts";
import { fillEntries, fillTargets } from "./fill.ts";
import { footprintOf } from "./footprint.ts";
import { verifyBeforeRun } from "./verify-program.ts";

/** How a collection is loaded. Everything has a default. */
export interface LoadInVmOptions {
  /** A memory as large as the maps want, and 1 MiB for the rest, if absent. */
  readonly memory?: VmMemory;
  /** What stands around the programs: its memory is used then. One made of `environment` if absent. */
  readonly system?: VmSystem;
  /** What the programs are told about time, task, memory and stacks. */
  readonly environment?: Omit<SystemOptions, "memory">;
  /** `jit` by default. */
  readonly engine?: "interpreter" | "jit";
  /** Helpers of one's own; they come first where the system has one of that number, too. */
  readonly helpers?: HelperTable;
  /** Kernel functions by name: what a program may call of them. */
  readonly kfuncs?: Readonly<Record<string, VmHelper>>;
  /** Kernel types that CO-RE relocations are applied against. The object's own types if absent: what it was compiled with. */
  readonly types?: CoreTargets;
  /** What `.kconfig` externs get their values from: nothing is known if absent. */
  readonly kconfig?: VmConfiguration;
  /** Addresses of kernel symbols that programs name. */
  readonly symbols?: ReadonlyMap<string, bigint>;
  /** Bytes of global variables, constants included, to begin with. */
  readonly variables?: Readonly<Record<string, Uint8Array>>;
  /** See `MachineOptions`. */
  readonly fuel?: number;
  /**
   * Whether programs have to pass the verifier: true if absent. Without it every access of theirs is still confined to
   * the memory, but inside of it they may do anything.
   */
  readonly verify?: boolean;
  /** Which programs to load: those with `autoload` if absent. */
  readonly programs?: readonly string[];
}

/** What `loadInVm()` made. Maps and programs by name; all of them share the memory. */
export interface LoadedInVm {
  readonly spec: CollectionSpec;
  readonly memory: VmMemory;
  readonly system: VmSystem;
  readonly maps: ReadonlyMap<string, VmMap>;
  readonly programs: ReadonlyMap<string, Machine>;
  /** What the engines run, e.g. to step through it. */
  readonly prepared: ReadonlyMap<string, MachineOptions>;
  /** The bytes of a global variable, live. Throws `argument` when there is none of that name. */
  readonly variable: (name: string) => Uint8Array;
}

/** Where numbers of kernel functions begin among those of helpers. */
const KFUNC_BASE = 0x4000_0000;

/**
 * Loads a blueprint without a kernel: data sections and maps with their entries, and its programs, linked and relocated.
 * The blueprint is not changed.
 *
 * Throws `rejected` with the verifier's report for programs that are not safe, `argument` for a map that this runtime does not have and for values that are missing, and `program` for objects of the
 * other byte order and for what needs a kernel: kernel functions and symbols that were not given.
 */
export function loadInVm(spec: CollectionSpec, options: LoadInVmOptions = {}): LoadedInVm {
  if (!spec.littleEndian)
    throw new VmError(
      "program",
      "Cannot load a big-endian object: the machine is little-endian as WebAssembly is; build it with --target=bpfel",
    );
  const system = options.system ?? systemOf(spec, options);
  const { memory } = system;
  const byName = createMaps(spec, system, options);
  fillEntries(spec, system, byName);
  const zeroKey = memory.allocate(4);
  const valueOf = (name: string): number | undefined => byName.get(name)?.lookup(zeroKey);

  const resolve = (instruction: Instruction): bigint | undefined => {
    const { reference } = instruction;
    switch (reference?.kind) {
      case "map": {
        const map = byName.get(reference.name);
        return map === undefined ? undefined : BigInt(system.handleOf(map));
      }
      case "map-value": {
        const address = valueOf(reference.name);
        return address === undefined ? undefined : BigInt(address + reference.offset);
      }
      case "kconfig": {
        const address = valueOf(".kconfig");
        const extern = spec.kconfig.get(reference.name);
        return address === undefined || extern === undefined
          ? undefined
          : BigInt(address + extern.offset);
      }
      case "ksym":
        // What is not there is 0 for who declared it weak.
        return options.symbols?.get(reference.name) ?? (reference.weak ? 0n : undefined);
      default:
        return undefined;
    }
  };

  const programs = new Map<string, Machine>();
  const prepared = new Map<string, MachineOptions>();
  const { engine = "jit" } = options;
  for (const name of options.programs ?? autoloaded(spec)) {
    const program = spec.programs.get(name);
    if (program === undefined) throw refuse(name, "the collection has no such program");
    const kfuncs = new Map<number, VmHelper>();
    const instructions = relocate(spec, program, options);
    const ready = prepare(name, nameKfuncs(name, instructions, options, kfuncs), resolve);
    const trusted =
      options.verify !== false &&
      verifyBeforeRun(spec, program, instructions, byName, memory, options);
    const isSkb = SKB_PROGRAMS.has(program.type);
    const helpers = new Map([
      ...helpersFor(system, program.type),
      ...kfuncs,
      ...(options.helpers ?? []),
    ]);
    const { fuel } = options;
    const settings: MachineOptions = {
      program: isSkb ? narrowContextStores(ready) : ready,
      memory,
      helpers,
      ...(fuel === undefined ? {} : { fuel }),
    };
    prepared.set(name, settings);
    programs.set(
      name,
      engine === "jit" ? createJit({ ...settings, trusted }) : createInterpreter(settings),
    );
  }
  fillTargets(spec, byName, programs);
  return {
    spec,
    memory,
    system,
    maps: byName,
    programs,
    prepared,
    variable: (name) => {
      const variable = spec.variables.get(name);
      const address = variable === undefined ? undefined : valueOf(variable.map);
      if (variable === undefined || address === undefined)
        throw new VmError(
          "argument",
          `Cannot find variable "${name}": there are ${[...spec.variables.keys()].join(", ") || "none"}`,
        );
      const from = address + variable.offset;
      return memory.bytes.subarray(from, from + variable.size);
    },
  };
}

function systemOf(spec: CollectionSpec, options: LoadInVmOptions): VmSystem {
  const { environment = {} } = options;
  const memory = options.memory ?? createMemory(footprintOf(spec, environment.processors ?? 1));
  return createSystem({ ...environment, memory });
}

function autoloaded(spec: CollectionSpec): string[] {
  return [...spec.programs.values()].flatMap(({ name, autoload }) => (autoload ? [name] : []));
}

/** Maps with the contents of data sections; constants of the caller are in them. */
function createMaps(
  spec: CollectionSpec,
  system: VmSystem,
  { kconfig, variables = {} }: LoadInVmOptions,
): Map<string, VmMap> {
  const byName = new Map<string, VmMap>();
  const { memory } = system;
  const key = memory.allocate(4);
  for (const one of spec.maps.values()) {
    const map = system.addMap(one);
    byName.set(one.name, map);
    const data = dataOf(spec, one, kconfig);
    if (data !== undefined) memory.bytes.set(data, map.lookup(key));
  }
  for (const [name, bytes] of Object.entries(variables)) {
    const variable = spec.variables.get(name);
    const map = variable === undefined ? undefined : byName.get(variable.map);
    if (variable === undefined || map === undefined || bytes.length !== variable.size)
      throw new VmError(
        "argument",
        `Cannot set variable "${name}": ${variable === undefined ? "the object has none of that name" : `it has ${variable.size} bytes, given are ${bytes.length}`}`,
      );
    memory.bytes.set(bytes, map.lookup(key) + variable.offset);
  }
  return byName;
}

function dataOf(
  spec: CollectionSpec,
  { name, data }: MapSpec,
  kconfig: VmConfiguration = new Map(),
): Uint8Array | undefined {
  if (name !== ".kconfig" || data === undefined) return data;
  const filled = data.slice();
  fillConfiguration(spec.kconfig, filled, kconfig);
  return filled;
}

function relocate(
  spec: CollectionSpec,
  program: ProgramSpec,
  { types }: LoadInVmOptions,
): readonly Instruction[] {
  const { name } = program;
  const linked = linkProgram(spec, program);
  if (!linked.ok) throw refuse(name, linked.diagnostics.map(formatDiagnostic).join("; "));
  if (linked.value.every(({ relocation }) => relocation === undefined)) return linked.value;
  const { btf } = spec;
  if (btf === undefined)
    throw refuse(name, "it has CO-RE relocations, and the object has no types");
  const fitted = applyCoreRelocations(linked.value, btf, types ?? { kernel: btf }, {
    program: name,
  });
  if (!fitted.ok) throw refuse(name, fitted.diagnostics.map(formatDiagnostic).join("; "));
  return fitted.value.instructions;
}

/** Calls of kernel functions become calls of the helpers that were given for them. */
function nameKfuncs(
  program: string,
  instructions: readonly Instruction[],
  { kfuncs = {} }: LoadInVmOptions,
  found: Map<number, VmHelper>,
): readonly Instruction[] {
  const names = Object.keys(kfuncs);
  return instructions.map((instruction) => {
    if (!isKfuncCall(instruction)) return instruction;
    const name = instruction.reference?.name ?? `of id ${instruction.imm}`;
    const helper = kfuncs[name];
    if (helper === undefined) {
      throw refuse(
        program,
        `it calls the kernel function ${name}, and there is no kernel; give one in its place by the option kfuncs`,
      );
    }
    const imm = KFUNC_BASE + names.indexOf(name);
    found.set(imm, helper);
    const { reference: _, ...rest } = instruction;
    return { ...rest, src: 0, imm };
  });
}

function prepare(
  name: string,
  instructions: readonly Instruction[],
  resolve: (instruction: Instruction) => bigint | undefined,
): PreparedProgram {
  const prepared = prepareProgram(instructions, { resolve });
  if (!prepared.ok) throw refuse(name, prepared.diagnostics.map(formatDiagnostic).join("; "));
  return prepared.value;
}

function refuse(name: string, reason: string): VmError {
  return new VmError("program", `Cannot load program "${name}": ${reason}`);
}
