import {
  createTypeView,
  essentialName,
  resolveType,
  typesAreCompatible,
  type Btf,
  type BtfKind,
} from "@ocelli/bpf";

import { LinuxError } from "../error.ts";
import type { KernelTypes } from "./kernel-types.ts";

/** A type of the kernel, in vmlinux (`module` is absent) or in a module. */
export interface KernelTypeId {
  readonly id: number;
  readonly btf: Btf;
  readonly module: string | undefined;
}

/** Finds a type by name and kind, in vmlinux first and then in the modules. */
export function findKernelType(
  types: KernelTypes,
  name: string,
  kind: BtfKind,
): KernelTypeId | undefined {
  const id = types.kernel.idsByName(name, kind).at(0);
  if (id !== undefined) return { id, btf: types.kernel, module: undefined };
  for (const { name: module, btf } of types.moduleTypes()) {
    const own = btf.idsByName(name, kind).find((candidate) => candidate >= btf.firstId);
    if (own !== undefined) return { id: own, btf, module };
  }
  return undefined;
}

/**
 * Finds the kernel's variable or function that an extern of the object stands for, `___flavour` of its name aside.
 * Throws `invalid` when the kernel has it with another type: a call would go wrong. A weak function of another type is
 * absent instead, as with libbpf, so that an object can choose among flavours of one function.
 */
export function findExtern(
  types: KernelTypes,
  object: Btf,
  typeId: number,
  kind: "var" | "func",
  weak: boolean,
): KernelTypeId | undefined {
  const name = essentialName(object.nameOf(typeId));
  const found = findKernelType(types, name, kind);
  if (found === undefined) return undefined;
  const local = referredType(object, typeId);
  const target = referredType(found.btf, found.id);
  const verdict = typesAreCompatible(
    createTypeView(object),
    local,
    createTypeView(found.btf),
    target,
  );
  if (verdict === true) return found;
  if (weak && kind === "func") return undefined;
  throw new LinuxError(
    "invalid",
    `Cannot use kernel ${kind === "func" ? "function" : "variable"} "${name}": it is declared ${describe(object, local)}, and the kernel has ${describe(found.btf, target)}`,
  );
}

/** Whether an extern is declared as `void`, which asks for the address alone. */
export function isUntyped(object: Btf, typeId: number): boolean {
  const type = object.type(typeId);
  return type?.kind === "var" && resolveType(object, type.typeId)?.type.kind === "void";
}

function referredType(btf: Btf, id: number): number {
  const type = btf.type(id);
  if (type?.kind !== "var" && type?.kind !== "func") return 0;
  return resolveType(btf, type.typeId)?.id ?? 0;
}

function describe(btf: Btf, id: number, depth = 0): string {
  const type = btf.type(id);
  if (type === undefined) return "an unknown type";
  switch (type.kind) {
    case "void":
      return "void";
    case "ptr":
      return `${describe(btf, type.typeId, depth + 1)} *`;
    case "const":
    case "volatile":
    case "restrict":
    case "type_tag":
      return describe(btf, type.typeId, depth + 1);
    case "func_proto": {
      if (depth > 3) return "a function";
      const result = describe(btf, type.returnTypeId, depth + 1);
      const parameters = type.parameters.map(({ typeId }) => describe(btf, typeId, depth + 1));
      return `${result} (${parameters.length === 0 ? "void" : parameters.join(", ")})`;
    }
    case "array":
      return `${describe(btf, type.typeId, depth + 1)}[${type.length}]`;
    case "struct":
    case "union":
    case "enum":
      return `${type.kind} ${type.name}`;
    default:
      return type.name;
  }
}
