import { CALL_SOURCE, POISON_HELPER, splitConstant64, WIDE_SOURCE } from "@ocelli/bpf";
import type { Btf, CollectionSpec, Instruction, Reference } from "@ocelli/bpf";

import { LinuxError } from "../error.ts";
import { kernelAddresses } from "../kernel-symbols.ts";
import type { BpfMap } from "../map/map.ts";
import { findExtern, isUntyped, type KernelTypeId } from "./kernel-lookup.ts";
import type { KernelTypes } from "./kernel-types.ts";

/** What the references of instructions are resolved against. */
export interface ReferenceContext {
  readonly spec: CollectionSpec;
  readonly maps: ReadonlyMap<string, BpfMap>;
  readonly types: () => KernelTypes;
  /** The descriptor of a module's BTF, open until everything is loaded. */
  readonly moduleFd: (module: string) => number;
}

/** Instructions with numbers in place of names, save for labels and functions. */
export interface ResolvedProgram {
  readonly instructions: readonly Instruction[];
  /** By slot: what a call stands for that must not be reached. */
  readonly poisoned: ReadonlyMap<number, string>;
  /** Descriptors that kernel function calls refer to by index; the first is not used. */
  readonly fdArray: Int32Array;
}

/** Makes the step that puts maps, kernel variables and kernel functions into instructions; answers are kept between programs. */
export function createReferenceResolver(
  context: ReferenceContext,
): (program: string, instructions: readonly Instruction[]) => ResolvedProgram {
  const externs = new Map<number, KernelTypeId | undefined>();
  let addresses: ReadonlyMap<string, bigint> | undefined;

  const extern = (reference: KernelReference): KernelTypeId | undefined => {
    const { typeId } = reference;
    const object = objectTypes(context.spec, reference);
    if (!externs.has(typeId)) {
      const kind = object.kindOf(typeId) === "func" ? "func" : "var";
      externs.set(typeId, findExtern(context.types(), object, typeId, kind, reference.weak));
    }
    return externs.get(typeId);
  };
  const address = (name: string): bigint | undefined => {
    addresses ??= kernelAddresses(untypedNames(context.spec));
    return addresses.get(name);
  };

  return (program, instructions) => {
    const fds: number[] = [0];
    const poisoned = new Map<number, string>();
    let slot = 0;
    const resolved = instructions.map((instruction) => {
      const { reference } = instruction;
      const at = slot;
      slot += instruction.imm2 === undefined ? 1 : 2;
      switch (reference?.kind) {
        case "map":
          return {
            ...instruction,
            src: WIDE_SOURCE.map_fd,
            imm: mapFd(context, program, reference.name),
            imm2: 0,
          };
        case "map-value":
          return mapValue(instruction, mapFd(context, program, reference.name), reference.offset);
        case "kconfig": {
          const offset = context.spec.kconfig.get(reference.name)?.offset ?? 0;
          return mapValue(instruction, mapFd(context, program, ".kconfig"), offset);
        }
        case "ksym": {
          if (isUntyped(objectTypes(context.spec, reference), reference.typeId)) {
            const value = address(reference.name);
            if (value === undefined && !reference.weak) throw absent(program, reference);
            return { ...instruction, src: WIDE_SOURCE.constant, ...splitConstant64(value ?? 0n) };
          }
          const found = extern(reference);
          if (found === undefined && !reference.weak) throw absent(program, reference);
          if (found === undefined)
            return { ...instruction, src: WIDE_SOURCE.constant, imm: 0, imm2: 0 };
          const imm2 = found.module === undefined ? 0 : context.moduleFd(found.module);
          return { ...instruction, src: WIDE_SOURCE.btf_id, imm: found.id, imm2 };
        }
        case "kfunc": {
          const found = extern(reference);
          if (found === undefined && !reference.weak) throw absent(program, reference);
          if (found === undefined) {
            poisoned.set(at, `Kernel function "${reference.name}" does not exist on this kernel`);
            return { ...instruction, src: CALL_SOURCE.helper, offset: 0, imm: POISON_HELPER };
          }
          const offset =
            found.module === undefined ? 0 : indexOf(fds, context.moduleFd(found.module));
          return { ...instruction, src: CALL_SOURCE.kfunc, offset, imm: found.id };
        }
        default:
          return instruction;
      }
    });
    const fdArray = fds.length === 1 ? new Int32Array(0) : Int32Array.from(fds);
    return { instructions: resolved, poisoned, fdArray };
  };
}

type KernelReference = Extract<Reference, { readonly kind: "ksym" | "kfunc" }>;

function mapValue(instruction: Instruction, fd: number, offset: number): Instruction {
  return { ...instruction, src: WIDE_SOURCE.map_value, imm: fd, imm2: offset };
}

function mapFd({ maps }: ReferenceContext, program: string, name: string): number {
  const map = maps.get(name);
  if (map !== undefined) return map.fd.value;
  throw new LinuxError(
    "not-found",
    `Cannot load program "${program}": it uses map "${name}", which the collection does not have`,
  );
}

function indexOf(fds: number[], fd: number): number {
  const known = fds.indexOf(fd, 1);
  return known > 0 ? known : fds.push(fd) - 1;
}

function objectTypes({ btf }: CollectionSpec, { name }: KernelReference): Btf {
  if (btf !== undefined) return btf;
  throw new LinuxError(
    "invalid",
    `Cannot resolve kernel symbol "${name}": the collection has no types that describe it`,
  );
}

function untypedNames(spec: CollectionSpec): ReadonlySet<string> {
  const names = new Set<string>();
  const { btf } = spec;
  if (btf === undefined) return names;
  for (const { instructions } of [...spec.programs.values(), ...spec.functions.values()]) {
    for (const { reference } of instructions) {
      if (reference?.kind === "ksym" && isUntyped(btf, reference.typeId)) names.add(reference.name);
    }
  }
  return names;
}

function absent(program: string, { kind, name }: KernelReference): LinuxError {
  const what = kind === "kfunc" ? "function" : "symbol";
  return new LinuxError(
    "not-found",
    `Cannot load program "${program}": the kernel has no ${what} "${name}"; declare it __weak and check it with bpf_ksym_exists() to do without`,
  );
}
