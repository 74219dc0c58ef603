import {
  applyCoreRelocations,
  encodeFunctionInfo,
  encodeInstructions,
  type CollectionSpec,
  type Instruction,
  type ProgramSpec,
  type Result,
} from "@ocelli/bpf";

import { summarizeDiagnostics } from "../diagnostics.ts";
import { LinuxError } from "../error.ts";
import type { Kernel } from "../port/kernel.ts";
import { loadProgram } from "../program/load.ts";
import type { ProgramLoad } from "../program/program-load.ts";
import type { Program } from "../program/program.ts";
import { findTarget, functionOfProgram, targetName } from "./attach-target.ts";
import type { LoadedBtf } from "./btf.ts";
import type { KernelTypes } from "./kernel-types.ts";
import type { ResolvedProgram } from "./references.ts";
import type { StructOpsLayout } from "./struct-ops.ts";

/** A loaded program that another one attaches to, and which of its functions: by default what `attachTo` says. */
export interface ProgramTarget {
  readonly program: Program;
  readonly functionName?: string;
}

/** What all programs of a collection share while they load. */
export interface ProgramsContext {
  readonly kernel: Kernel;
  readonly spec: CollectionSpec;
  readonly types: () => KernelTypes;
  readonly moduleFd: (module: string) => number;
  readonly btf: LoadedBtf | undefined;
  readonly structOps: ReadonlyMap<string, StructOpsLayout>;
  readonly targets: Readonly<Record<string, ProgramTarget>>;
  readonly tokenFd: number | undefined;
  readonly resolve: (program: string, instructions: readonly Instruction[]) => ResolvedProgram;
}

/** Loads linked programs one after the other and hands each to `keep` at once. */
export function loadPrograms(
  context: ProgramsContext,
  programs: readonly ProgramSpec[],
  linked: ReadonlyMap<string, readonly Instruction[]>,
  keep: (name: string, program: Program) => void,
): void {
  for (const program of programs)
    keep(program.name, loadOne(context, program, linked.get(program.name) ?? []));
}

function loadOne(
  context: ProgramsContext,
  program: ProgramSpec,
  linked: readonly Instruction[],
): Program {
  const { kernel, btf, tokenFd } = context;
  const { name, section } = program;
  const relocated = relocate(context, program, linked);
  const resolved = context.resolve(name, relocated.instructions);
  const bytes = valueOf(program, encodeInstructions(resolved.instructions));
  return loadProgram(kernel, {
    type: program.type,
    bytes,
    name,
    license: program.license,
    attachType: program.attachType,
    attachTo: program.attachTo,
    flags: program.flags,
    kernelVersion: program.kernelVersion,
    btfFd: btf?.fd.value,
    functionInfo: btf === undefined ? undefined : encodeFunctionInfo(linked).bytes,
    lineInfo: btf?.lines.get(name),
    fdArray: resolved.fdArray,
    tokenFd,
    ...attachFields(context, program),
    origin: {
      section,
      instructions: resolved.instructions,
      poisoned: new Map([...relocated.poisoned, ...resolved.poisoned]),
    },
  });
}

function relocate(
  { spec, types }: ProgramsContext,
  program: ProgramSpec,
  linked: readonly Instruction[],
): {
  readonly instructions: readonly Instruction[];
  readonly poisoned: readonly [number, string][];
} {
  // The kernel's types are large: they are not read for programs that do not ask about them.
  if (spec.btf === undefined || linked.every(({ relocation }) => relocation === undefined))
    return { instructions: linked, poisoned: [] };
  const { instructions, poisoned } = valueOf(
    program,
    applyCoreRelocations(linked, spec.btf, types(), { program: program.name }),
  );
  return { instructions, poisoned: poisoned.map(({ slot, message }) => [slot, message]) };
}

function attachFields(
  context: ProgramsContext,
  program: ProgramSpec,
): Pick<ProgramLoad, "attachBtfId" | "attachBtfFd" | "attachProgramFd" | "attachTypeValue"> {
  if (program.type === "struct_ops") return structOpsFields(context, program);
  const target = targetName(program);
  if (target === undefined) return {};
  const other = context.targets[program.name];
  if (other !== undefined) {
    const functionName = other.functionName ?? program.attachTo;
    return {
      attachProgramFd: other.program.fd.value,
      attachBtfId: functionOfProgram(context.kernel, other.program, functionName),
    };
  }
  if (program.type === "ext")
    throw new LinuxError(
      "invalid",
      `Cannot load program "${program.name}" (${program.section}): it replaces a function of another program; name that program in option "targets"`,
    );
  const { id, module } = findTarget(context.types(), program, target);
  return {
    attachBtfId: id,
    ...(module === undefined ? {} : { attachBtfFd: context.moduleFd(module) }),
  };
}

function structOpsFields(
  { structOps, moduleFd }: ProgramsContext,
  { name, section }: ProgramSpec,
): Pick<ProgramLoad, "attachBtfId" | "attachBtfFd" | "attachTypeValue"> {
  for (const { members, typeId, module } of structOps.values()) {
    const member = members.get(name);
    if (member === undefined) continue;
    return {
      attachBtfId: typeId,
      attachTypeValue: member.index,
      ...(module === undefined ? {} : { attachBtfFd: moduleFd(module) }),
    };
  }
  throw new LinuxError(
    "invalid",
    `Cannot load program "${name}" (${section}): no struct_ops map names it`,
  );
}

function valueOf<T>({ name, section }: ProgramSpec, result: Result<T>): T {
  if (result.ok) return result.value;
  throw new LinuxError(
    "invalid",
    `Cannot load program "${name}" (${section}): ${summarizeDiagnostics(result.diagnostics)}`,
  );
}
