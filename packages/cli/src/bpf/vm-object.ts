import type { CollectionSpec, CoreTargets } from "@ocelli/bpf";
import { kernelTypes, readConfiguration } from "@ocelli/linux";
import { loadInVm, VmError, type LoadedInVm, type LoadInVmOptions } from "@ocelli/vm";

import { RefusedError } from "../exit.ts";

/** Engines that need no kernel. */
export type VmEngine = "interpreter" | "jit";

/**
 * Loads one program of an object, with all maps, into an engine of the runtime. Types and configuration are the running
 * kernel's where they can be read; else those the object was compiled with, and none.
 */
export function loadObjectInVm(
  spec: CollectionSpec,
  program: string,
  engine: VmEngine,
  environment: LoadInVmOptions["environment"] = {},
): LoadedInVm {
  const types = needsTypes(spec) ? runningTypes() : undefined;
  const kconfig = spec.kconfig.size > 0 ? readConfiguration() : undefined;
  const targets = tailCallTargets(spec, program);
  return refused(() =>
    loadInVm(spec, {
      engine,
      environment,
      programs: targets,
      ...(types === undefined ? {} : { types }),
      ...(kconfig === undefined ? {} : { kconfig }),
    }),
  );
}

/** The program, and those that the object's prog arrays name: it may call any of them. */
function tailCallTargets(spec: CollectionSpec, program: string): string[] {
  const entries = [...spec.maps.values()].flatMap((map) => map.entries);
  const named = entries.flatMap((entry) => ("program" in entry ? [entry.program] : []));
  return [...new Set([program, ...named])];
}

function needsTypes({ programs, functions }: CollectionSpec): boolean {
  const all = [...programs.values(), ...functions.values()];
  const traces = [...programs.values()].some(({ type }) => type === "tracing" || type === "lsm");
  return (
    traces ||
    all.some(({ instructions }) => instructions.some(({ relocation }) => relocation !== undefined))
  );
}

function runningTypes(): CoreTargets | undefined {
  try {
    return kernelTypes();
  } catch {
    // No kernel, or one without types: the object's own do.
    return undefined;
  }
}

/** What the runtime refuses is the data's fault, and its message says everything. */
export function refused<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof VmError) throw new RefusedError(error.message);
    throw error;
  }
}
