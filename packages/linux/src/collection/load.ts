import {
  linkProgram,
  nearestSectionName,
  type CollectionSpec,
  type Instruction,
  type ProgramSpec,
} from "@ocelli/bpf";

import { summarizeDiagnostics } from "../diagnostics.ts";
import { LinuxError } from "../error.ts";
import { MAP_FLAGS } from "../map/flags.ts";
import type { BpfMap } from "../map/map.ts";
import { mapArena, type MappedMemory } from "../map/memory.ts";
import type { Kernel } from "../port/kernel.ts";
import { openKernel } from "../port/koffi.ts";
import type { Program } from "../program/program.ts";
import { loadObjectBtf } from "./btf.ts";
import { Collection, CollectionVariable } from "./collection.ts";
import { writeEntries } from "./entries.ts";
import { kernelTypes, openModuleBtf, type KernelTypes } from "./kernel-types.ts";
import { createMaps } from "./maps.ts";
import { loadPrograms, type ProgramTarget } from "./programs.ts";
import { createReferenceResolver } from "./references.ts";
import {
  createStructOpsMap,
  layOutStructOps,
  structOpsValue,
  type StructOpsLayout,
} from "./struct-ops.ts";
import { setVariables, type VariableValue } from "./variables.ts";

/** How a collection is loaded. Everything has a default. */
export interface LoadCollectionOptions {
  readonly kernel?: Kernel;
  /** The object's name, from which data sections get theirs in the kernel, as with libbpf: `name.rodata`. */
  readonly name?: string;
  /** Folder of maps that are pinned by name: /sys/fs/bpf if absent. */
  readonly pinFolder?: string;
  /** Maps to use in place of the object's, by name. They stay the caller's: the collection closes only its own. */
  readonly replaceMaps?: Readonly<Record<string, BpfMap>>;
  /** The kernel's types, e.g. made for a kernel that has none: those of the running kernel if absent. */
  readonly types?: KernelTypes;
  /** Values of global variables, constants included, from before the first program runs. */
  readonly variables?: Readonly<Record<string, VariableValue>>;
  /** Which programs to load: those with `autoload` if absent. */
  readonly programs?: (program: ProgramSpec) => boolean;
  /** What programs attach to that attach to other programs, by name of the program. */
  readonly targets?: Readonly<Record<string, ProgramTarget>>;
  /** A BPF token to make everything with, Linux 6.9; see `createToken()`. It must outlive the call only. */
  readonly tokenFd?: number;
}

/**
 * Loads everything that a blueprint describes: types, maps, programs; attaches nothing. The blueprint is not changed.
 * What was made before a failure is closed again.
 *
 * Throws `VerifierError` when the kernel refuses a program, and `LinuxError` with `not-found`, `unsupported`,
 * `permission` or `invalid` for everything else that is in the way.
 */
export function loadCollection(
  spec: CollectionSpec,
  options: LoadCollectionOptions = {},
): Collection {
  const kernel = options.kernel ?? openKernel();
  using open = new DisposableStack();
  using temporary = new DisposableStack();
  checkByteOrder(spec);
  const data = setVariables(spec, options.variables ?? {});
  const selected = selectPrograms(spec, options.programs ?? (({ autoload }) => autoload));
  const linked = linkPrograms(spec, selected);
  const moduleFds = new Map<string, number>();
  const moduleFd = (module: string): number => {
    const known = moduleFds.get(module);
    if (known !== undefined) return known;
    const fd = temporary.use(openModuleBtf(kernel, module)).value;
    moduleFds.set(module, fd);
    return fd;
  };
  const types = (): KernelTypes => options.types ?? kernelTypes();

  const btf =
    spec.btf === undefined
      ? undefined
      : temporary.use(loadObjectBtf(kernel, spec.btf, linked, options.tokenFd));
  const replaceMaps = new Map(Object.entries(options.replaceMaps ?? {}));
  const maps = new Map<string, BpfMap>(replaceMaps);
  const keep = (name: string, map: BpfMap): void => {
    maps.set(name, open.use(map));
  };
  createMaps(
    kernel,
    spec,
    {
      objectName: options.name ?? "ocelli",
      replaceMaps,
      pinFolder: options.pinFolder,
      btfFd: btf?.fd.value,
      tokenFd: options.tokenFd,
      data,
    },
    keep,
  );
  const arenas = new Map<string, MappedMemory>();
  for (const [name, map] of maps) {
    // Arenas of the caller are mapped by the caller, and those that end the process by a stray read by nobody.
    const mappable = map.type === "arena" && (map.flags & MAP_FLAGS.segv_on_fault) === 0;
    if (mappable && !replaceMaps.has(name)) arenas.set(name, open.use(mapArena(map)));
  }
  const layouts = new Map<string, StructOpsLayout>();
  for (const [name, map] of spec.maps) {
    if (map.structOps?.autocreate !== true || spec.btf === undefined || btf === undefined) continue;
    const layout = layOutStructOps(types(), spec.btf, map);
    layouts.set(name, layout);
    keep(name, createStructOpsMap(kernel, map, layout, moduleFd, btf.fd.value, options.tokenFd));
  }
  writeEntries(spec, "before-programs", maps, new Map());

  const programs = new Map<string, Program>();
  loadPrograms(
    {
      kernel,
      spec,
      types,
      moduleFd,
      btf,
      structOps: layouts,
      targets: options.targets ?? {},
      tokenFd: options.tokenFd,
      resolve: createReferenceResolver({ spec, maps, types, moduleFd }),
    },
    selected,
    linked,
    (name, program) => {
      programs.set(name, open.use(program));
    },
  );
  writeEntries(spec, "programs", maps, programs);
  const structOps = new Map<string, Uint8Array>();
  for (const [name, layout] of layouts) structOps.set(name, structOpsValue(layout, programs));

  const variables = new Map<string, CollectionVariable>();
  for (const [name, variable] of spec.variables) {
    const map = maps.get(variable.map);
    if (map?.type === "array") variables.set(name, new CollectionVariable(variable, map));
  }
  open.move();
  return new Collection({
    maps,
    programs,
    variables,
    structOps,
    arenas,
    borrowed: new Set(replaceMaps.keys()),
  });
}

function checkByteOrder({ littleEndian }: CollectionSpec): void {
  // Every machine that runs this is little-endian: x64 and arm64.
  if (littleEndian) return;
  throw new LinuxError(
    "invalid",
    "Cannot load a big-endian object on a little-endian machine: build it with --target=bpfel",
  );
}

function selectPrograms(
  spec: CollectionSpec,
  wanted: (program: ProgramSpec) => boolean,
): readonly ProgramSpec[] {
  const selected = [...spec.programs.values()].filter((program) => wanted(program));
  for (const { name, section, type } of selected) {
    if (type !== "unspec") continue;
    const near = nearestSectionName(section);
    throw new LinuxError(
      "invalid",
      `Cannot load program "${name}": section "${section}" says no program type; did you mean "${near}"?`,
    );
  }
  return selected;
}

function linkPrograms(
  spec: CollectionSpec,
  selected: readonly ProgramSpec[],
): ReadonlyMap<string, readonly Instruction[]> {
  return new Map(
    selected.map((program) => {
      const linked = linkProgram(spec, program);
      if (linked.ok) return [program.name, linked.value];
      throw new LinuxError(
        "invalid",
        `Cannot load program "${program.name}" (${program.section}): ${summarizeDiagnostics(linked.diagnostics)}`,
      );
    }),
  );
}
