import { resolveType, type Btf, type MapSpec } from "@ocelli/bpf";

import { freshId, type Analysis } from "./analysis.ts";
import { checkRegion, type Access } from "./region.ts";
import { reject } from "./reject.ts";
import { constantScalar, isConstant, unsignedScalar } from "./scalar.ts";
import { pointerTo, POINTER_FLAG, type Pointer, type Value } from "./value.ts";

/** BPF_F_RDONLY_PROG and BPF_F_WRONLY_PROG. */
const READ_ONLY = 128;
const WRITE_ONLY = 256;

/** Something in a map's value that is the kernel's. Offsets in bytes. */
export interface SpecialField {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
  /** Type id in the program's BTF of what a `kptr` points to, 0 for others. */
  readonly target: number;
}

const SPECIAL: ReadonlyMap<string, number> = new Map([
  ["bpf_spin_lock", 4],
  ["bpf_res_spin_lock", 8],
  ["bpf_timer", 16],
  ["bpf_wq", 16],
  ["bpf_task_work", 8],
  ["bpf_refcount", 4],
  ["bpf_list_head", 16],
  ["bpf_list_node", 24],
  ["bpf_rb_root", 16],
  ["bpf_rb_node", 32],
]);

const TAGS = new Set(["kptr", "kptr_untrusted", "percpu_kptr", "uptr"]);

const fields = new WeakMap<MapSpec, readonly SpecialField[]>();

/** What of a map's value belongs to the kernel, as far as the object's types tell. */
export function specialFields(
  { environment: { btf } }: Analysis,
  map: MapSpec,
): readonly SpecialField[] {
  let known = fields.get(map);
  if (known === undefined) {
    const found: SpecialField[] = [];
    if (btf !== undefined && map.valueTypeId !== 0) collect(btf, map.valueTypeId, 0, found, 0);
    known = found;
    fields.set(map, known);
  }
  return known;
}

function collect(
  btf: Btf,
  typeId: number,
  offset: number,
  found: SpecialField[],
  depth: number,
): void {
  const type = resolveType(btf, typeId)?.type;
  if (type === undefined || depth > 8 || found.length > 64) return;
  switch (type.kind) {
    case "datasec":
      for (const variable of type.variables) {
        const one = btf.type(variable.typeId);
        if (one?.kind === "var")
          collect(btf, one.typeId, offset + variable.offset, found, depth + 1);
      }
      return;
    case "struct":
    case "union": {
      const size = SPECIAL.get(type.name);
      if (size !== undefined) {
        found.push({ name: type.name, offset, size, target: 0 });
        return;
      }
      for (const member of type.members)
        collect(btf, member.typeId, offset + member.offsetBits / 8, found, depth + 1);
      return;
    }
    case "array": {
      const element = resolveType(btf, type.typeId)?.type;
      if (element?.kind !== "struct" && element?.kind !== "ptr") return;
      const size = element.kind === "ptr" ? 8 : element.size;
      for (let index = 0; index < Math.min(type.length, 64); index++)
        collect(btf, type.typeId, offset + index * size, found, depth + 1);
      return;
    }
    case "ptr": {
      const tag = btf.type(type.typeId);
      if (tag?.kind === "type_tag" && TAGS.has(tag.name))
        found.push({ name: tag.name, offset, size: 8, target: tag.typeId });
      return;
    }
    default:
  }
}

/** A load from a map's value, or a store to it. */
export function loadMapValue(analysis: Analysis, access: Access, pointer: Pointer): Value {
  const { map } = pointer;
  const { register, write, size } = access;
  if (map === undefined) return unsignedScalar(size);
  checkMapRights(map, write, register);
  checkRegion(access, pointer, map.valueSize);
  const special = overlapping(analysis, access, pointer, map);
  if (special !== undefined) return loadSpecial(analysis, access, pointer, special);
  const { variable } = pointer;
  if (write || !isConstant(variable)) return unsignedScalar(size);
  const at = access.offset + pointer.offset + Number(variable.value);
  const isReadOnly = map.frozen && (map.flags & READ_ONLY) !== 0 && map.type === "array";
  if (!isReadOnly || map.data === undefined) return unsignedScalar(size);
  return constantScalar(littleEndian(map.data, at, size));
}

/** Refuses reads and writes of a map that its flags rule out. */
export function checkMapRights(map: MapSpec, write: boolean, register: number): void {
  if (write && (map.flags & READ_ONLY) !== 0)
    reject(
      "vm-verify-readonly",
      `Map "${map.name}" is written through r${register}, and is read-only for programs`,
      "Variables that change are not const",
      [register],
    );
  if (!write && (map.flags & WRITE_ONLY) !== 0)
    reject(
      "vm-verify-readonly",
      `Map "${map.name}" is read through r${register}, and is write-only for programs`,
      "Create it without BPF_F_WRONLY_PROG",
      [register],
    );
}

function littleEndian(bytes: Uint8Array, at: number, size: number): bigint {
  let value = 0n;
  for (let index = size - 1; index >= 0; index--)
    value = (value << 8n) | BigInt(bytes[at + index] ?? 0);
  return value;
}

function overlapping(
  analysis: Analysis,
  { offset, size }: Access,
  pointer: Pointer,
  map: MapSpec,
): SpecialField | undefined {
  const min = offset + pointer.offset + Number(pointer.variable.smin);
  const max = offset + pointer.offset + Number(pointer.variable.umax) + size;
  return specialFields(analysis, map).find(
    (field) => min < field.offset + field.size && max > field.offset,
  );
}

function loadSpecial(
  analysis: Analysis,
  { register, write, size, offset, value }: Access,
  pointer: Pointer,
  field: SpecialField,
): Value {
  const isPointer = TAGS.has(field.name);
  const exact =
    isConstant(pointer.variable) && offset + pointer.offset === field.offset && size === 8;
  const storesNull = value?.kind === "scalar" && isConstant(value) && value.value === 0n;
  if (isPointer && exact && (!write || (storesNull && field.name !== "uptr"))) {
    if (write) return unsignedScalar(size);
    // Without the kernel's type of the pointer, it is one that only helpers may follow.
    return pointerTo("btf", {
      nullable: true,
      id: freshId(analysis),
      flags: POINTER_FLAG.untrusted,
      target: kernelType(analysis, field.target),
    });
  }
  return reject(
    "vm-verify-map",
    `${size} bytes that overlap ${field.name} at ${field.offset} of map "${pointer.map?.name ?? ""}" are ${write ? "written" : "read"} through r${register}`,
    isPointer ? "Use kptr_xchg(), and load it whole" : "Use it through the helpers that take it",
    [register],
  );
}

function kernelType({ environment: { btf, kernel } }: Analysis, id: number): number {
  const type = btf === undefined ? undefined : resolveType(btf, id)?.type;
  if (type === undefined || !("name" in type)) return 0;
  return kernel?.idsByName(type.name, "struct")[0] ?? 0;
}
