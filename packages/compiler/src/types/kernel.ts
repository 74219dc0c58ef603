import { resolveType, type Btf, type BtfType } from "@ocelli/bpf";

import { intType, type Type } from "./type.ts";

/** A member of a kernel struct, anonymous structs around it left out of the path. Offsets in bits. */
export interface KernelMember {
  readonly name: string;
  readonly offsetBits: number;
  readonly bitfieldBits: number;
  readonly typeId: number;
  /** One of the anonymous types around it is a union. */
  readonly inUnion: boolean;
}

const NESTING = 16;

/** Finds a member by name, through anonymous structs and unions. */
export function findMember(
  btf: Btf,
  typeId: number,
  name: string,
  depth = 0,
): KernelMember | undefined {
  const type = resolveType(btf, typeId)?.type;
  if ((type?.kind !== "struct" && type?.kind !== "union") || depth > NESTING) return undefined;
  for (const member of type.members) {
    if (member.name === name) return { ...member, inUnion: type.kind === "union" };
    if (member.name !== "") continue;
    const inner = findMember(btf, member.typeId, name, depth + 1);
    if (inner !== undefined)
      return {
        ...inner,
        offsetBits: inner.offsetBits + member.offsetBits,
        inUnion: inner.inUnion || type.kind === "union",
      };
  }
  return undefined;
}

/** What a kernel type is in the language. */
export type KernelType =
  | { readonly kind: "scalar"; readonly type: Type; readonly size: 1 | 2 | 4 | 8 }
  | { readonly kind: "pointer"; readonly struct: string; readonly typeId: number }
  | {
      readonly kind: "struct";
      readonly struct: string;
      readonly typeId: number;
      readonly size: number;
    }
  | {
      readonly kind: "array";
      readonly elementId: number;
      readonly length: number;
      /** A buffer of characters. */
      readonly isText: boolean;
    }
  | { readonly kind: "other"; readonly what: string };

/** Looks through typedefs and qualifiers at a kernel type. */
export function kernelType(btf: Btf, typeId: number): KernelType {
  const order = networkOrder(btf, typeId);
  const resolved = resolveType(btf, typeId);
  const type = resolved?.type;
  if (resolved === undefined || type === undefined)
    return { kind: "other", what: "an unknown type" };
  switch (type.kind) {
    case "int": {
      const { size } = type;
      if (size !== 1 && size !== 2 && size !== 4 && size !== 8) break;
      if (order !== undefined && order / 8 === size)
        return { kind: "scalar", type: { kind: "be", bits: order }, size };
      if (type.encoding === "bool") return { kind: "scalar", type: { kind: "bool" }, size };
      const bits = (size * 8) as 8 | 16 | 32 | 64;
      return { kind: "scalar", type: intType(bits, type.encoding === "signed"), size };
    }
    case "enum":
    case "enum64": {
      const { size } = type;
      if (size !== 4 && size !== 8) break;
      return { kind: "scalar", type: intType(size === 4 ? 32 : 64, type.signed), size };
    }
    case "ptr": {
      if (isUserPointer(btf, type.typeId))
        return { kind: "scalar", type: { kind: "address", space: "user" }, size: 8 };
      const target = resolveType(btf, type.typeId);
      if (
        target !== undefined &&
        (target.type.kind === "struct" || target.type.kind === "union") &&
        target.type.name !== ""
      )
        return { kind: "pointer", struct: target.type.name, typeId: target.id };
      return { kind: "scalar", type: { kind: "address", space: "kernel" }, size: 8 };
    }
    case "struct":
    case "union":
      return { kind: "struct", struct: type.name, typeId: resolved.id, size: type.size };
    case "array": {
      const element = resolveType(btf, type.typeId)?.type;
      const isText = element?.kind === "int" && element.size === 1 && element.name === "char";
      return { kind: "array", elementId: type.typeId, length: type.length, isText };
    }
    default:
  }
  return { kind: "other", what: describe(type) };
}

function describe(type: BtfType): string {
  return `a ${type.kind}`;
}

/** Kernels whose compiler wrote tags say which pointers lead to user space. */
function isUserPointer(btf: Btf, typeId: number): boolean {
  const type = btf.type(typeId);
  return type?.kind === "type_tag" && type.name === "user";
}

/** How many bytes an element of that type takes; `undefined` for types without a size. */
export function kernelSize(btf: Btf, typeId: number): number | undefined {
  const type = kernelType(btf, typeId);
  switch (type.kind) {
    case "scalar":
    case "struct":
      return type.size;
    case "pointer":
      return 8;
    case "array": {
      const element = kernelSize(btf, type.elementId);
      return element === undefined ? undefined : element * type.length;
    }
    default:
      return undefined;
  }
}

function networkOrder(btf: Btf, typeId: number): 16 | 32 | 64 | undefined {
  let type = btf.type(typeId);
  for (let depth = 0; depth < NESTING && type !== undefined; depth += 1) {
    if (type.kind === "typedef") {
      if (type.name === "__be16") return 16;
      if (type.name === "__be32") return 32;
      if (type.name === "__be64") return 64;
    } else if (type.kind !== "const" && type.kind !== "volatile") return undefined;
    type = btf.type(type.typeId);
  }
  return undefined;
}

/** What a hook gives its programs, and what the kernel function behind it returns. */
export interface HookSignature {
  readonly parameters: readonly { readonly name: string; readonly typeId: number }[];
  readonly returns: number;
}

/** The parameters of a BTF tracepoint or a kernel function, and what it returns; `undefined` when there is no such thing. */
export function hookSignature(
  btf: Btf,
  kind: "tp-btf" | "function",
  name: string,
): HookSignature | undefined {
  const [id] =
    kind === "function"
      ? btf.idsByName(name, "func")
      : btf.idsByName(`btf_trace_${name}`, "typedef");
  let type = id === undefined ? undefined : btf.type(id);
  for (let depth = 0; depth < 4 && type !== undefined; depth += 1) {
    if (type.kind === "func_proto") {
      // The first parameter of a tracepoint's callback is its own data.
      const parameters = kind === "function" ? type.parameters : type.parameters.slice(1);
      return { parameters, returns: type.returnTypeId };
    }
    if (type.kind !== "func" && type.kind !== "typedef" && type.kind !== "ptr") return undefined;
    type = btf.type(type.typeId);
  }
  return undefined;
}

/** The type of the elements of arrays, and of arrays of arrays. */
export function innermost(btf: Btf, typeId: number): KernelType {
  let type = kernelType(btf, typeId);
  for (let depth = 0; depth < NESTING && type.kind === "array"; depth += 1)
    type = kernelType(btf, type.elementId);
  return type;
}

/** The value of an enumerator; `undefined` when these types have no such enum, or no such name in it. */
export function enumeratorValue(
  btf: Btf | undefined,
  name: string,
  enumerator: string,
): bigint | undefined {
  for (const kind of ["enum", "enum64"] as const) {
    for (const id of btf?.idsByName(name, kind) ?? []) {
      const type = btf?.type(id);
      if (type?.kind !== "enum" && type?.kind !== "enum64") continue;
      const found = type.values.find((one) => one.name === enumerator);
      if (found !== undefined) return BigInt(found.value);
    }
  }
  return undefined;
}
