// Reads through kernel pointers: which member of a struct is read, and what it holds.
import { resolveType, sizeOf, type Btf, type BtfMember, type BtfTypeOf } from "@ocelli/bpf";

import { freshId, type Analysis } from "./analysis.ts";
import type { Access } from "./region.ts";
import { reject } from "./reject.ts";
import { isConstant, unsignedScalar } from "./scalar.ts";
import { hasFlag, pointerTo, POINTER_FLAG, type Pointer, type Value } from "./value.ts";

/** What lies at a place of a struct. */
type Found =
  | { readonly kind: "scalar" }
  | {
      readonly kind: "pointer";
      readonly target: number;
      readonly member: string;
      readonly tag: string;
    }
  /** Points to no struct: what is there may be read, without knowing what it is. */
  | { readonly kind: "raw" }
  | { readonly kind: "wrong"; readonly why: string };

/** A load through a kernel pointer; stores are refused. */
export function loadBtf(analysis: Analysis, access: Access, pointer: Pointer): Value {
  const { register, write, size } = access;
  const { kernel } = analysis.environment;
  const at = access.offset + pointer.offset;
  if (hasFlag(pointer, POINTER_FLAG.owned)) {
    return reject(
      "vm-verify-unsupported",
      `r${register} points to an object that the program owns, which this verifier does not follow`,
      "Verify the program with the kernel",
      [register],
    );
  }
  if (!isConstant(pointer.variable))
    reject(
      "vm-verify-btf",
      `r${register} is a kernel pointer plus a number that varies`,
      "Read kernel memory at unknown places with probe_read_kernel()",
      [register],
    );
  if (write)
    reject(
      "vm-verify-readonly",
      `r${register} is a kernel pointer, and memory is written through it`,
      "Programs only read the kernel's structs",
      [register],
    );
  if (hasFlag(pointer, POINTER_FLAG.user))
    reject("vm-verify-btf", `r${register} points to user space`, "Read it with probe_read_user()", [
      register,
    ]);
  if (hasFlag(pointer, POINTER_FLAG.percpu))
    reject(
      "vm-verify-btf",
      `r${register} points to one copy for each processor`,
      "Ask per_cpu_ptr() or this_cpu_ptr() for one of them",
      [register],
    );
  if (kernel === undefined)
    return reject(
      "vm-verify-btf",
      "The kernel's types are not at hand",
      "Give the types of the kernel that the program is for",
    );
  const found = findMember(kernel, pointer.target, at, size);
  switch (found.kind) {
    case "scalar":
      return unsignedScalar(size);
    case "raw":
      return pointerTo("mem", {
        range: 0,
        flags: POINTER_FLAG.readonly | POINTER_FLAG.untrusted,
      });
    case "pointer":
      return follow(analysis, kernel, pointer, found);
    default:
      return reject(
        "vm-verify-btf",
        `${size} bytes at ${at} of struct ${kernel.nameOf(pointer.target)} are read through r${register}: ${found.why}`,
        "Read members at their own offset and size; BPF_CORE_READ() and CO-RE follow the kernel's layout",
        [register],
      );
  }
}

function follow(
  analysis: Analysis,
  kernel: Btf,
  pointer: Pointer,
  { target, member, tag }: Extract<Found, { readonly kind: "pointer" }>,
): Value {
  let flags = 0;
  let nullable = false;
  if (tag === "user") flags = POINTER_FLAG.user;
  else if (tag === "percpu") flags = POINTER_FLAG.percpu;
  if (hasFlag(pointer, POINTER_FLAG.untrusted)) flags |= POINTER_FLAG.untrusted;
  else if (hasFlag(pointer, POINTER_FLAG.trusted) || hasFlag(pointer, POINTER_FLAG.rcu)) {
    const owner = kernel.nameOf(pointer.target);
    const field = `${owner}.${member}`;
    if (TRUSTED.has(field)) flags |= POINTER_FLAG.trusted;
    else if (TRUSTED_OR_NULL.has(field)) {
      flags |= POINTER_FLAG.trusted;
      nullable = true;
    } else if (analysis.sleepable) flags |= POINTER_FLAG.untrusted;
    else if (RCU.has(field)) flags |= POINTER_FLAG.rcu;
    else if (RCU_OR_NULL.has(field) || tag === "rcu") {
      flags |= POINTER_FLAG.rcu;
      nullable = true;
    }
  }
  return pointerTo("btf", { target, flags, nullable, id: nullable ? freshId(analysis) : 0 });
}

// Members whose pointers are as good as the struct's own; the kernel's BTF_TYPE_SAFE_* lists.
const TRUSTED = new Set([
  "bpf_iter_meta.seq",
  "bpf_iter__task.meta",
  "linux_binprm.file",
  "file.f_inode",
  "dentry.d_inode",
  "sk_buff.sk_",
]);
const TRUSTED_OR_NULL = new Set([
  "socket.sk",
  "bpf_iter__task.task",
  "vm_area_struct.vm_mm",
  "vm_area_struct.vm_file",
]);
const RCU = new Set([
  "task_struct.cpus_ptr",
  "task_struct.cgroups",
  "task_struct.real_parent",
  "task_struct.group_leader",
  "cgroup.kn",
  "css_set.dfl_cgrp",
  "cgroup_subsys_state.cgroup",
]);
const RCU_OR_NULL = new Set(["mm_struct.exe_file", "sk_buff.sk", "request_sock.sk"]);

/** Finds what `size` bytes at a place of a struct are. */
export function findMember(btf: Btf, structId: number, offset: number, size: number): Found {
  let id = structId;
  let at = offset;
  for (let depth = 0; depth < 32; depth++) {
    const type = resolveType(btf, id)?.type;
    if (type?.kind !== "struct" && type?.kind !== "union")
      return { kind: "wrong", why: "it is not a struct" };
    if (at < 0) return { kind: "wrong", why: "that lies before it" };
    const found = type.members.find((member) => covers(btf, type, member, at));
    if (found === undefined)
      return {
        kind: "wrong",
        why: at + size > type.size ? `it has ${type.size} bytes` : "no member is there",
      };
    const step = inside(btf, found, at, size);
    if (step.kind !== "struct") return step;
    ({ id, at } = step);
  }
  return { kind: "wrong", why: "structs are nested too deeply" };
}

function covers(
  btf: Btf,
  owner: BtfTypeOf<"struct" | "union">,
  member: BtfMember,
  at: number,
): boolean {
  if (member.bitfieldBits > 0) {
    const first = Math.floor(member.offsetBits / 8);
    const last = Math.ceil((member.offsetBits + member.bitfieldBits) / 8);
    return at >= first && at < last;
  }
  const start = member.offsetBits / 8;
  const bytes = sizeOf(btf, member.typeId) ?? 0;
  // A flexible array at the end has what follows the struct.
  if (bytes === 0 && start >= owner.size - 8 && isArray(btf, member.typeId)) return at >= start;
  return at >= start && at < start + bytes;
}

function isArray(btf: Btf, id: number): boolean {
  return resolveType(btf, id)?.type.kind === "array";
}

type Step = Found | { readonly kind: "struct"; readonly id: number; readonly at: number };

function inside(btf: Btf, member: BtfMember, offset: number, size: number): Step {
  if (member.bitfieldBits > 0) return { kind: "scalar" };
  let at = offset - member.offsetBits / 8;
  let resolved = resolveType(btf, member.typeId);
  let bytes = resolved === undefined ? 0 : (sizeOf(btf, resolved.id) ?? 0);
  if (resolved?.type.kind === "array") {
    let element = resolved;
    while (element.type.kind === "array") {
      const next = resolveType(btf, element.type.typeId);
      if (next === undefined) return { kind: "wrong", why: "its type is damaged" };
      element = next;
    }
    const unit = sizeOf(btf, element.id) ?? 0;
    const isFlexible = bytes === 0;
    if (element.type.kind === "struct" || element.type.kind === "union") {
      if (unit === 0) return { kind: "wrong", why: "no member is there" };
      if (!isFlexible && at + size > bytes) return beyond(member, bytes);
      return { kind: "struct", id: element.id, at: at % unit };
    }
    if (element.type.kind !== "ptr") {
      return isFlexible || at + size <= bytes ? { kind: "scalar" } : beyond(member, bytes);
    }
    if (unit === 0) return { kind: "wrong", why: "no member is there" };
    at %= unit;
    bytes = unit;
    resolved = element;
  }
  if (resolved === undefined) return { kind: "wrong", why: "its type is damaged" };
  if (resolved.type.kind === "struct" || resolved.type.kind === "union") {
    if (at + size > bytes) return beyond(member, bytes);
    return { kind: "struct", id: resolved.id, at };
  }
  if (resolved.type.kind === "ptr") {
    if (at !== 0 || size !== 8)
      return { kind: "wrong", why: `only a part of pointer "${member.name}" is there` };
    return pointee(btf, resolved.type.typeId, member.name);
  }
  return at + size <= bytes ? { kind: "scalar" } : beyond(member, bytes);
}

function beyond(member: BtfMember, bytes: number): Found {
  return { kind: "wrong", why: `member "${member.name}" ends after ${bytes} bytes` };
}

function pointee(btf: Btf, id: number, member: string): Found {
  const tagged = btf.type(id);
  const tag = tagged?.kind === "type_tag" ? tagged.name : "";
  const type = resolveType(btf, id);
  if (type?.type.kind === "struct" || type?.type.kind === "union")
    return { kind: "pointer", target: type.id, member, tag };
  if (tag === "user" || tag === "percpu") return { kind: "scalar" };
  return type === undefined ||
    type.type.kind === "func_proto" ||
    type.type.kind === "ptr" ||
    type.type.kind === "fwd"
    ? { kind: "scalar" }
    : { kind: "raw" };
}
