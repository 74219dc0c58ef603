import {
  createBtfBuilder,
  type Btf,
  type BtfBuilder,
  type BtfMember,
  type CoreRelocation,
} from "@ocelli/bpf";

import type { Layout } from "../author/layout.ts";
import type { KernelField } from "../ir/ir.ts";
import { findMember, kernelType, type KernelMember } from "../types/kernel.ts";

/** The object's own types while they are collected. */
export interface ObjectTypes {
  readonly builder: BtfBuilder;
  /** The type of a value of that layout. */
  layout(layout: Layout): number;
  /** The FUNC of a program. */
  program(name: string): number;
  /** The relocation that finds a kernel field; its struct gets the members that were asked for, where the kernel has them. */
  relocation(field: KernelField): CoreRelocation;
}

/** How a kernel struct is declared in the object: the members that are read, at their places in the kernel it was compiled for. */
interface LocalStruct {
  readonly id: number;
  readonly kernelId: number;
  readonly members: Map<string, { readonly member: KernelMember; readonly typeId: number }>;
}

/** Starts with no types. `fields` are all kernel fields that the programs read: members are numbered once all are known. */
export function createObjectTypes(
  kernel: Btf | undefined,
  fields: readonly KernelField[],
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
    return kernelId === undefined ? undefined : local(kernelId, name);
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
    relocation({ struct, path }) {
      let at = root(struct);
      const start = at;
      const indexes = ["0"];
      for (const name of path) {
        const sorted = at === undefined ? [] : sortedMembers(at);
        indexes.push(String(sorted.findIndex((one) => one.member.name === name)));
        const next = at?.members.get(name)?.typeId;
        at = [...structs.values()].find(({ id }) => id === next);
      }
      return { kind: "field_byte_offset", typeId: start?.id ?? 0, accessor: indexes.join(":") };
    },
  };
  for (const field of fields) declare(field);
  for (const one of structs.values()) finish(one);
  return types;

  function layoutType(layout: Layout): number {
    switch (layout.kind) {
      case "int":
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
          return builder.add({ kind: "struct", name: layout.name, size: layout.size, members });
        });
    }
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
    for (const name of path) {
      if (at === undefined || kernel === undefined) return;
      const member = findMember(kernel, at.kernelId, name);
      if (member === undefined) return;
      const type = kernelType(kernel, member.typeId);
      const inner = type.kind === "struct" ? local(type.typeId, type.struct) : undefined;
      const typeId = at.members.get(name)?.typeId ?? inner?.id ?? memberType(type);
      at.members.set(name, { member, typeId });
      at = inner;
    }
  }

  function memberType(type: ReturnType<typeof kernelType>): number {
    if (type.kind !== "scalar")
      return once("void *", () => builder.add({ kind: "ptr", typeId: 0 }));
    if (type.type.kind === "address")
      return once("void *", () => builder.add({ kind: "ptr", typeId: 0 }));
    const signed = type.type.kind === "int" && type.type.signed;
    return int(`${signed ? "i" : "u"}${type.size * 8}`, type.size * 8, signed);
  }

  function finish(one: LocalStruct): void {
    const type = kernel?.type(one.kernelId);
    if (type?.kind !== "struct" && type?.kind !== "union") return;
    const members = sortedMembers(one).map(({ member, typeId }): BtfMember => ({
      name: member.name,
      typeId,
      offsetBits: member.offsetBits,
      bitfieldBits: 0,
    }));
    builder.set(one.id, { kind: type.kind, name: type.name, size: type.size, members });
  }
}

function sortedMembers({
  members,
}: LocalStruct): { readonly member: KernelMember; readonly typeId: number }[] {
  return [...members.values()].toSorted((a, b) => a.member.offsetBits - b.member.offsetBits);
}
