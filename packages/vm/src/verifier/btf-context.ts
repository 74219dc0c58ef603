// Contexts of programs that are given kernel pointers: the arguments of the function or tracepoint that they attach to,
// eight bytes each.
import { resolveType, sizeOf, type Btf, type BtfParameter, type BtfTypeOf } from "@ocelli/bpf";

import { freshId, type Analysis } from "./analysis.ts";
import type { Access } from "./region.ts";
import { reject } from "./reject.ts";
import { unknownScalar, unsignedScalar } from "./scalar.ts";
import { pointerTo, POINTER_FLAG, type Value } from "./value.ts";

/** What a program is called with. */
interface Signature {
  readonly parameters: readonly BtfParameter[];
  /** Whether the result of the function follows the arguments. */
  readonly returned: number | undefined;
}

const signatures = new WeakMap<Analysis, Signature>();

function signatureOf(analysis: Analysis): Signature {
  const known = signatures.get(analysis);
  if (known !== undefined) return known;
  const made = findSignature(analysis, kernelOf(analysis));
  signatures.set(analysis, made);
  return made;
}

function kernelOf({ environment: { kernel } }: Analysis): Btf {
  if (kernel !== undefined) return kernel;
  return reject(
    "vm-verify-btf",
    "The program is given kernel pointers, and the kernel's types are not at hand",
    "Give the types of the kernel that it is for (/sys/kernel/btf/vmlinux)",
  );
}

function findSignature(analysis: Analysis, kernel: Btf): Signature {
  const { kind, program } = analysis;
  const target = program.attachTo;
  if (kind === "netfilter") return structSignature(kernel, "bpf_nf_ctx");
  if (kind === "tp_btf") {
    // The first parameter of a tracepoint's type is the tracing machinery's own.
    const proto = protoOf(kernel, kernel.idsByName(`btf_trace_${target}`, "typedef")[0]);
    if (proto !== undefined) return { parameters: proto.parameters.slice(1), returned: undefined };
  } else if (kind === "iter") {
    return structSignature(kernel, `bpf_iter__${target}`);
  } else {
    const name = kind === "lsm" ? `bpf_lsm_${target}` : target;
    const proto = protoOf(kernel, kernel.idsByName(name, "func")[0]);
    if (proto !== undefined) {
      const after = program.attachType === "trace_fexit" || program.attachType === "modify_return";
      return { parameters: proto.parameters, returned: after ? proto.returnTypeId : undefined };
    }
  }
  return reject(
    "vm-verify-btf",
    `The kernel's types have no ${kind === "tp_btf" ? "tracepoint" : "function"} "${target}"`,
    "Attach to one that the kernel has",
  );
}

function structSignature(kernel: Btf, name: string): Signature {
  const type = kernel.type(kernel.idsByName(name, "struct")[0] ?? 0);
  if (type?.kind !== "struct")
    return reject(
      "vm-verify-btf",
      `The kernel's types have no struct "${name}"`,
      "Attach to something that the kernel has",
    );
  const parameters: BtfParameter[] = [];
  for (const member of type.members) {
    const index = Math.floor(member.offsetBits / 64);
    parameters[index] ??= { name: member.name, typeId: memberType(kernel, member.typeId) };
  }
  return { parameters, returned: undefined };
}

/** The context's pointers are in unions of eight bytes, which say the type for 32-bit kernels too. */
function memberType(kernel: Btf, id: number): number {
  const type = resolveType(kernel, id)?.type;
  return type?.kind === "union" ? (type.members[0]?.typeId ?? id) : id;
}

function protoOf(kernel: Btf, id: number | undefined): BtfTypeOf<"func_proto"> | undefined {
  let type = kernel.type(id ?? 0);
  while (type?.kind === "typedef" || type?.kind === "ptr" || type?.kind === "func")
    type = kernel.type(type.typeId);
  return type?.kind === "func_proto" ? type : undefined;
}

/** Tracepoints whose struct arguments may be null, by argument, or error numbers instead of pointers. */
const NULLABLE: Readonly<Record<string, readonly number[]>> = {
  sched_pi_setprio: [1],
  sched_stick_numa: [2],
  sched_swap_numa: [2],
  afs_make_fs_call: [1],
  afs_make_fs_calli: [1],
  afs_make_fs_call1: [1],
  afs_make_fs_call2: [1],
  afs_protocol_error: [0],
  afs_flock_ev: [1],
  cachefiles_lookup: [0],
  cachefiles_unlink: [0],
  cachefiles_rename: [0],
  cachefiles_prep_read: [0],
  cachefiles_mark_active: [0],
  cachefiles_mark_failed: [0],
  cachefiles_mark_inactive: [0],
  cachefiles_vfs_error: [0],
  cachefiles_io_error: [0],
  cachefiles_ondemand_open: [0],
  cachefiles_ondemand_copen: [0],
  cachefiles_ondemand_close: [0],
  cachefiles_ondemand_read: [0],
  cachefiles_ondemand_cread: [0],
  cachefiles_ondemand_fd_write: [0],
  cachefiles_ondemand_fd_release: [0],
  ext4_mballoc_discard: [2],
  ext4_mballoc_free: [2],
  fib_table_lookup: [2],
  posix_lock_inode: [1],
  fcntl_setlk: [1],
  locks_remove_posix: [1],
  flock_lock_inode: [1],
  break_lease_noblock: [1],
  break_lease_block: [1],
  break_lease_unblock: [1],
  generic_delete_lease: [1],
  time_out_leases: [1],
  host1x_cdma_push_gather: [4],
  mm_khugepaged_scan_pmd: [1],
  mm_collapse_huge_page_isolate: [0],
  mm_khugepaged_scan_file: [1],
  mm_khugepaged_collapse_file: [1],
  mm_page_alloc: [0],
  mm_page_pcpu_drain: [0],
  mm_page_alloc_zone_locked: [0],
  netfs_failure: [1],
  device_pm_callback_start: [1],
  qdisc_dequeue: [3],
  rxrpc_recvdata: [0],
  rxrpc_resend: [1],
  rxrpc_tq: [0],
  rxrpc_client: [0],
  kfree_skb: [3],
  tcp_send_reset: [0, 1],
  sunrpc_task_begin: [],
  xs_stream_read_data: [0],
  xprt_reserve_cong: [1],
  xprt_release_cong: [1],
  xprt_get_cong: [1],
  xprt_put_cong: [1],
  tcp_event_sk: [],
  module_put: [],
};

/** A load from the context of a program that is given kernel pointers. */
export function loadTracingArgument(analysis: Analysis, access: Access): Value {
  const { offset, size, register } = access;
  const kernel = kernelOf(analysis);
  const { parameters, returned } = signatureOf(analysis);
  const index = offset >> 3;
  const count = parameters.length + (returned === undefined ? 0 : 1);
  if (index >= count || offset % size !== 0 || offset + size > (index + 1) * 8)
    return reject(
      "vm-verify-context",
      `${size} bytes at ${offset} of the context are read: ${analysis.program.attachTo} has ${count} arguments of 8 bytes`,
      "Read the arguments that the kernel's types say",
      [register],
    );
  const parameter = parameters[index];
  const type = resolveType(kernel, parameter?.typeId ?? returned ?? 0);
  if (type === undefined) return unknownScalar();
  if (type.type.kind !== "ptr") {
    const bytes = sizeOf(kernel, type.id) ?? 8;
    const scalar =
      type.type.kind === "int" || type.type.kind === "enum" || type.type.kind === "enum64";
    return scalar && size >= bytes && bytes < size ? unknownScalar() : unsignedScalar(size);
  }
  if (size !== 8)
    return reject(
      "vm-verify-context",
      `${size} bytes of a pointer at ${offset} of the context are read`,
      "Read pointers whole",
      [register],
    );
  return pointerArgument(analysis, kernel, type.type.typeId, index, parameter === undefined);
}

function pointerArgument(
  analysis: Analysis,
  kernel: Btf,
  typeId: number,
  index: number,
  isResult: boolean,
): Value {
  const pointee = resolveType(kernel, typeId);
  if (pointee?.type.kind !== "struct") return unknownScalar();
  const { kind, program } = analysis;
  // What the function gives, and what a fexit program finds, may be anything the types allow.
  const after = program.attachType === "trace_fexit" || isResult;
  const mayBeNull =
    (kind === "tp_btf" && (NULLABLE[program.attachTo]?.includes(index) ?? false)) ||
    (kind === "iter" && index > 0);
  const trusted = kind === "tp_btf" || kind === "iter" || kind === "lsm" || kind === "netfilter";
  return pointerTo("btf", {
    target: pointee.id,
    nullable: mayBeNull,
    id: mayBeNull ? freshId(analysis) : 0,
    flags: trusted && !after ? POINTER_FLAG.trusted : 0,
  });
}
