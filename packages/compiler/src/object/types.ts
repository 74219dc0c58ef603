import {
  createBtfBuilder,
  type Btf,
  type BtfBuilder,
  type BtfMember,
  type CoreRelocation,
} from "@ocelli/bpf";

import type { Type } from "../types/type.ts";
import type { EnumNames, Layout } from "../author/layout.ts";
import type { CoreFact } from "../code/emit.ts";
import type { KernelField } from "../ir/ir.ts";
import {
  enumeratorValue,
  findMember,
  innermost,
  kernelType,
  type KernelMember,
} from "../types/kernel.ts";

/** The object's own types while they are collected. */
export interface ObjectTypes {
  readonly builder: BtfBuilder;
  /** The type of a value of that layout. */
  layout(layout: Layout): number;
  /** The FUNC of a program. */
  program(name: string): number;
  /** The FUNC of a function that programs call. */
  function(
    name: string,
    linkage: "static" | "global",
    parameters: readonly { readonly name: string; readonly type: Type }[],
  ): number;
  /** The relocation that finds a fact about a kernel type; structs get the members that were asked for. */
  relocation(fact: CoreFact): CoreRelocation;
}

interface LocalMember {
  readonly member: KernelMember;
  readonly typeId: number;
  /** The kernel's id of the struct in it, or in its elements. */
  readonly inner: number | undefined;
}

/** How a kernel struct is declared in the object: the members that are read, at their places in the kernel it was compiled for. */
interface LocalStruct {
  readonly id: number;
  readonly kernelId: number;
  readonly members: Map<string, LocalMember>;
}

/** Starts with no types. `facts` are all that the programs ask of kernel types: members are numbered once all are known. */
export function createObjectTypes(
  kernel: Btf | undefined,
  facts: readonly CoreFact[],
): ObjectTypes {
  const builder = createBtfBuilder();
  const known = new Map<string, number>();
  const once = (key: string, add: () => number): number => {
    const id = known.get(key) ?? add();
    known.set(key, id);
    return id;
  };
  const int = (name: string, bits: number, signed: boolean): number =>
    once(`int ${name}`, () =>
      builder.add({
        kind: "int",
        name,
        size: bits / 8,
        bits,
        offsetBits: 0,
        encoding: signed ? "signed" : "unsigned",
      }),
    );
  const structs = new Map<number, LocalStruct>();
  const local = (kernelId: number, name: string): LocalStruct => {
    const found = structs.get(kernelId);
    if (found !== undefined) return found;
    const id = builder.add({ kind: "struct", name, size: 0, members: [] });
    const made: LocalStruct = { id, kernelId, members: new Map() };
    structs.set(kernelId, made);
    return made;
  };
  const root = (name: string): LocalStruct | undefined => {
    const [id] = kernel?.idsByName(name, "struct") ?? [];
    const [union] = kernel?.idsByName(name, "union") ?? [];
    const kernelId = id ?? union;
    return kernelId === undefined ? unknownStruct(name) : local(kernelId, name);
  };
  // A struct that this kernel lacks, for the question whether another has it.
  const unknownStruct = (name: string): LocalStruct => {
    const id = once(`unknown ${name}`, () =>
      builder.add({ kind: "struct", name, size: 0, members: [] }),
    );
    return { id, kernelId: 0, members: new Map() };
  };
  const types: ObjectTypes = {
    builder,
    layout: (layout) => layoutType(layout),
    program(name) {
      const result = int("int", 32, true);
      const pointer = once("void *", () => builder.add({ kind: "ptr", typeId: 0 }));
      const proto = once("proto", () =>
        builder.add({
          kind: "func_proto",
          returnTypeId: result,
          parameters: [{ name: "ctx", typeId: pointer }],
        }),
      );
      return builder.add({ kind: "func", name, typeId: proto, linkage: "global" });
    },
    function(name, linkage, parameters) {
      const returnTypeId = int("u64", 64, false);
      const typeId = builder.add({
        kind: "func_proto",
        returnTypeId,
        parameters: parameters.map((one) => ({ name: one.name, typeId: numberType(one.type) })),
      });
      return builder.add({ kind: "func", name, typeId, linkage });
    },
    relocation({ relocation: kind, field: { struct, path } }) {
      if (kind === "enumval_value" || kind === "enumval_exists") {
        const typeId = enumeration(struct);
        const type = builder.type(typeId);
        const at =
          type?.kind === "enum" || type?.kind === "enum64"
            ? type.values.findIndex(({ name }) => name === path[0])
            : -1;
        return { kind, typeId, accessor: String(at) };
      }
      let at = root(struct);
      const typeId = at?.id ?? 0;
      const indexes: (string | number)[] = [0];
      for (const step of path) {
        if (typeof step === "number") {
          indexes.push(step);
          continue;
        }
        const sorted = at === undefined ? [] : sortedMembers(at);
        indexes.push(sorted.findIndex((one) => one.member.name === step));
        const inner = at?.members.get(step)?.inner;
        at = inner === undefined ? undefined : structs.get(inner);
      }
      return { kind, typeId, accessor: indexes.join(":") };
    },
  };
  for (const { field, relocation } of facts)
    if (relocation !== "enumval_value" && relocation !== "enumval_exists") declare(field);
  for (const one of structs.values()) finish(one);
  return types;

  function numberType(type: Type): number {
    if (type.kind !== "int") return int("u64", 64, false);
    return int(`${type.signed ? "i" : "u"}${type.bits}`, type.bits, type.signed);
  }

  function layoutType(layout: Layout): number {
    switch (layout.kind) {
      case "int":
        if (layout.names !== undefined) return enumType(layout.names, layout.bits, layout.signed);
        return int(`${layout.signed ? "i" : "u"}${layout.bits}`, layout.bits, layout.signed);
      case "be":
        return once(`be${layout.bits}`, () =>
          builder.add({
            kind: "typedef",
            name: `__be${layout.bits}`,
            typeId: int(`u${layout.bits}`, layout.bits, false),
          }),
        );
      case "bits":
        return int(`u${layout.unit}`, layout.unit, false);
      case "char":
        return arrayType(character(), layout.length);
      case "array":
        return arrayType(layoutType(layout.element), layout.length);
      default:
        return once(`struct ${layout.name} ${JSON.stringify(layout.fields)}`, () => {
          const members = layout.fields.map((field): BtfMember => ({
            name: field.name,
            typeId: layoutType(field.layout),
            offsetBits: field.offset * 8 + field.shift,
            bitfieldBits: field.layout.kind === "bits" ? field.layout.width : 0,
          }));
          const kind = layout.isUnion === true ? "union" : "struct";
          return builder.add({ kind, name: layout.name, size: layout.size, members });
        });
    }
  }

  function enumType({ name, values }: EnumNames, bits: number, signed: boolean): number {
    return once(`enum of ${name} ${JSON.stringify(values)}`, () =>
      builder.add({
        kind: "enum",
        name,
        size: bits / 8,
        // Linux 5.10 knows no sign here.
        signed: signed && Object.values(values).some((value) => value < 0),
        values: Object.entries(values).map(([key, value]) => ({ name: key, value })),
      }),
    );
  }

  function character(): number {
    return once("char", () =>
      builder.add({ kind: "int", name: "char", size: 1, bits: 8, offsetBits: 0, encoding: "char" }),
    );
  }

  function arrayType(typeId: number, length: number): number {
    const indexTypeId = int("u32", 32, false);
    return once(`array ${typeId} ${length}`, () =>
      builder.add({ kind: "array", typeId, indexTypeId, length }),
    );
  }

  function declare({ struct, path }: KernelField): void {
    let at = root(struct);
    for (const step of path) {
      if (at === undefined || kernel === undefined) return;
      // The members of an array's elements are asked of the array's own type.
      if (typeof step === "number") continue;
      const member = findMember(kernel, at.kernelId, step);
      if (member === undefined) {
        missing(at, step);
        return;
      }
      const element = innermost(kernel, member.typeId);
      const inner = element.kind === "struct" ? local(element.typeId, element.struct) : undefined;
      if (!at.members.has(step))
        at.members.set(step, {
          member,
          typeId: memberType(kernel, member.typeId, inner?.id),
          inner: inner?.kernelId,
        });
      at = inner;
    }
  }

  /** A member that this kernel lacks, for the question whether another has it: a number of one byte. */
  function missing({ kernelId, members }: LocalStruct, name: string): void {
    const type = kernel?.type(kernelId);
    const size = type?.kind === "struct" || type?.kind === "union" ? type.size : 0;
    const offsetBits = type?.kind === "union" ? 0 : Math.max(0, size - 1) * 8;
    const typeId = int("u8", 8, false);
    const member = { name, offsetBits, bitfieldBits: 0, typeId, inUnion: false };
    if (!members.has(name)) members.set(name, { member, typeId, inner: undefined });
  }

  /** A member's type, as far as loading compares it: numbers by size and sign, arrays by their elements. */
  function memberType(btf: Btf, typeId: number, inner: number | undefined): number {
    const type = kernelType(btf, typeId);
    if (type.kind === "struct" && inner !== undefined) return inner;
    if (type.kind === "array")
      return arrayType(memberType(btf, type.elementId, inner), type.length);
    if (type.kind !== "scalar" || type.type.kind === "address")
      return once("void *", () => builder.add({ kind: "ptr", typeId: 0 }));
    if (type.type.kind === "bool")
      return once("bool", () =>
        builder.add({
          kind: "int",
          name: "bool",
          size: 1,
          bits: 8,
          offsetBits: 0,
          encoding: "bool",
        }),
      );
    const signed = type.type.kind === "int" && type.type.signed;
    return int(`${signed ? "i" : "u"}${type.size * 8}`, type.size * 8, signed);
  }

  /** The object's own copy of an enum: the enumerators that were asked for. */
  function enumeration(name: string): number {
    return once(`enum ${name}`, () => {
      const values = facts
        .filter(
          ({ field, relocation }) =>
            field.struct === name &&
            (relocation === "enumval_value" || relocation === "enumval_exists"),
        )
        .map(({ field }) => String(field.path[0]));
      const listed = [...new Set(values)].map((one) => ({
        name: one,
        value: enumeratorValue(kernel, name, one) ?? 0n,
      }));
      const wide = listed.some(({ value }) => value > 0xffff_ffffn || value < -0x8000_0000n);
      const signed = listed.some(({ value }) => value < 0n);
      return wide
        ? builder.add({ kind: "enum64", name, size: 8, signed, values: listed })
        : builder.add({
            kind: "enum",
            name,
            size: 4,
            signed,
            values: listed.map((one) => ({ name: one.name, value: Number(one.value) })),
          });
    });
  }

  function finish(one: LocalStruct): void {
    const type = kernel?.type(one.kernelId);
    if (type?.kind !== "struct" && type?.kind !== "union") return;
    const members = sortedMembers(one).map(({ member, typeId }): BtfMember => ({
      name: member.name,
      typeId,
      offsetBits: member.offsetBits,
      bitfieldBits: member.bitfieldBits,
    }));
    builder.set(one.id, { kind: type.kind, name: type.name, size: type.size, members });
  }
}

function sortedMembers({ members }: LocalStruct): LocalMember[] {
  return [...members.values()].toSorted((a, b) => a.member.offsetBits - b.member.offsetBits);
}
