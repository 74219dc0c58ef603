import { resolveType, sizeOf, type Btf, type BtfTypeOf, type MapSpec } from "@ocelli/bpf";

import { LinuxError } from "../error.ts";
import { createMap } from "../map/create.ts";
import type { BpfMap } from "../map/map.ts";
import type { Kernel } from "../port/kernel.ts";
import type { Program } from "../program/program.ts";
import { findKernelType } from "./kernel-lookup.ts";
import type { KernelTypes } from "./kernel-types.ts";

/** A struct_ops map as the running kernel lays it out. Offsets and sizes in bytes. */
export interface StructOpsLayout {
  /** The kernel's struct that programs attach to, and where it is. */
  readonly typeId: number;
  readonly module: string | undefined;
  /** `bpf_struct_ops_<name>`: the map's value. */
  readonly valueTypeId: number;
  readonly valueSize: number;
  /** Where the struct begins inside the value. */
  readonly dataOffset: number;
  /** By program: the index of the member that it fills, and the member's offset in the struct. */
  readonly members: ReadonlyMap<string, { readonly index: number; readonly offset: number }>;
  /** The value without its programs. */
  readonly value: Uint8Array;
}

/** Finds the kernel's struct and lays the object's data out like it. Throws `unsupported` when the kernel has none. */
export function layOutStructOps(types: KernelTypes, object: Btf, spec: MapSpec): StructOpsLayout {
  const { structOps } = spec;
  const typeName = structOps?.typeName.replace(/___.*$/, "") ?? "";
  const action = `Cannot create struct_ops map "${spec.name}"`;
  const value = findKernelType(types, `bpf_struct_ops_${typeName}`, "struct");
  const type = value?.btf.type(value.id);
  const data =
    type?.kind === "struct" ? type.members.find(({ name }) => name === "data") : undefined;
  const target =
    value === undefined || data === undefined ? undefined : resolveType(value.btf, data.typeId);
  const local = resolveType(object, spec.valueTypeId)?.type;
  if (
    value === undefined ||
    data === undefined ||
    target?.type.kind !== "struct" ||
    local?.kind !== "struct"
  )
    throw new LinuxError(
      "unsupported",
      `${action}: the kernel has no struct "${typeName}" that programs can implement`,
    );
  const valueSize = sizeOf(value.btf, value.id) ?? 0;
  const bytes = new Uint8Array(valueSize);
  const dataOffset = data.offsetBits / 8;
  const place = { object, kernel: value.btf, bytes, dataOffset, action, typeName };
  copyMembers(place, local, target.type, spec.data ?? new Uint8Array(0));
  const members = new Map<string, { index: number; offset: number }>();
  for (const { member, program } of structOps?.functions ?? []) {
    const index = target.type.members.findIndex(({ name }) => name === member);
    const offset = target.type.members[index]?.offsetBits;
    if (offset === undefined)
      throw new LinuxError(
        "unsupported",
        `${action}: the kernel's struct "${typeName}" has no member "${member}", which program "${program}" fills`,
      );
    members.set(program, { index, offset: offset / 8 });
  }
  return {
    typeId: target.id,
    module: value.module,
    valueTypeId: value.id,
    valueSize,
    dataOffset,
    members,
    value: bytes,
  };
}

interface CopyPlace {
  readonly object: Btf;
  readonly kernel: Btf;
  readonly bytes: Uint8Array;
  readonly dataOffset: number;
  readonly action: string;
  readonly typeName: string;
}

// Members go by name. One that the kernel lacks may be left out when it is zero.
function copyMembers(
  place: CopyPlace,
  local: BtfTypeOf<"struct" | "union">,
  target: BtfTypeOf<"struct" | "union">,
  data: Uint8Array,
): void {
  for (const member of local.members) {
    const size = sizeOf(place.object, member.typeId) ?? 0;
    const from = member.offsetBits / 8;
    const bytes = data.subarray(from, from + size);
    const there = target.members.find(({ name }) => name === member.name);
    const isZero = bytes.every((byte) => byte === 0);
    const fits =
      there !== undefined &&
      there.bitfieldBits === 0 &&
      member.bitfieldBits === 0 &&
      sizeOf(place.kernel, there.typeId) === size;
    if (fits) place.bytes.set(bytes, place.dataOffset + there.offsetBits / 8);
    else if (!isZero)
      throw new LinuxError(
        "unsupported",
        `${place.action}: member "${member.name}" is set, and the kernel's struct "${place.typeName}" ${there === undefined ? "does not have it" : "has it with another size"}`,
      );
  }
}

/** Creates the map in the kernel; its value comes when the programs are loaded. Linux 5.6. */
export function createStructOpsMap(
  kernel: Kernel,
  spec: MapSpec,
  layout: StructOpsLayout,
  moduleFd: (module: string) => number,
  btfFd: number,
  tokenFd?: number,
): BpfMap {
  return createMap(
    kernel,
    { ...spec, keySize: 4, valueSize: layout.valueSize, maxEntries: 1 },
    {
      // The kernel wants the object's types to be there, and no types out of them.
      btfFd,
      keyTypeId: 0,
      valueTypeId: 0,
      kernelValueTypeId: layout.valueTypeId,
      ...(tokenFd === undefined ? {} : { tokenFd }),
      ...(layout.module === undefined ? {} : { kernelValueBtfFd: moduleFd(layout.module) }),
    },
  );
}

/** The map's value with the programs' descriptors in the members that they fill. */
export function structOpsValue(
  layout: StructOpsLayout,
  programs: ReadonlyMap<string, Program>,
): Uint8Array {
  const value = layout.value.slice();
  const view = new DataView(value.buffer);
  for (const [name, { offset }] of layout.members) {
    const program = programs.get(name);
    if (program !== undefined)
      view.setBigUint64(layout.dataOffset + offset, BigInt(program.fd.value), true);
  }
  return value;
}
