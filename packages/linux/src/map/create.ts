import { COMMANDS, mapTypeNumber, type MapSpec, type MapType } from "@ocelli/bpf";

import { release } from "node:os";

import { possibleCpus } from "../cpu.ts";
import { LinuxError } from "../error.ts";
import { Fd } from "../fd.ts";
import { compareReleases, FEATURES, minimumKernel, type Feature } from "../feature/table.ts";
import { liftMemlock } from "../memlock.ts";
import { explainPermission } from "../permission.ts";
import { encodeAttribute } from "../port/attribute.ts";
import { codeOfErrno, ERRNO, errnoName } from "../port/errno.ts";
import type { Kernel } from "../port/kernel.ts";
import { creationLog } from "./creation-log.ts";
import { MAP_FLAGS } from "./flags.ts";
import { BpfMap } from "./map.ts";
import { wakeKernelTypes } from "./wake-kernel-types.ts";

/** What a map needs from the running kernel besides its blueprint. */
export interface CreateMapOptions {
  /** What every inner map looks like, for maps of maps; made from `spec.inner` for the occasion when it is absent. */
  readonly innerMap?: BpfMap;
  /** The loaded BTF that the type ids belong to. Without it the map has no types. */
  readonly btfFd?: number;
  /** Types of key and value in that BTF: the blueprint's own ids if absent. */
  readonly keyTypeId?: number;
  readonly valueTypeId?: number;
  /** For struct_ops: the value's type in the kernel's own BTF, and the module's BTF it lies in. */
  readonly kernelValueTypeId?: number;
  readonly kernelValueBtfFd?: number;
  /** A BPF token to create it with, Linux 6.9. */
  readonly tokenFd?: number;
  /** A network device that holds the map. */
  readonly ifindex?: number;
  /** SHA-256 of the only program that may use the map, Linux 6.18. */
  readonly exclusiveProgramHash?: Uint8Array;
}

/** Size of a ring whose blueprint leaves it open, in bytes. */
const DEFAULT_RING_BYTES = 256 * 1024;

// Their map_check_btf is map_check_no_btf in the kernel, or refuses: types would only make creation fail.
const WITHOUT_BTF: ReadonlySet<MapType> = new Set<MapType>([
  "perf_event_array",
  "cgroup_array",
  "stack_trace",
  "array_of_maps",
  "hash_of_maps",
  "devmap",
  "devmap_hash",
  "cpumap",
  "xskmap",
  "sockmap",
  "sockhash",
  "queue",
  "stack",
  "bloom_filter",
  "reuseport_sockarray",
  "ringbuf",
  "user_ringbuf",
  "arena",
  "insn_array",
]);

// Their allocation asks for CAP_NET_ADMIN besides CAP_BPF: kernel/bpf/syscall.c, map_create().
const NETWORK: ReadonlySet<MapType> = new Set<MapType>([
  "devmap",
  "devmap_hash",
  "xskmap",
  "sockmap",
  "sockhash",
]);

const FEATURE_OF: Partial<Record<MapType, Feature>> = {
  ringbuf: "ringbuf",
  user_ringbuf: "user_ringbuf",
  bloom_filter: "bloom_filter",
  task_storage: "task_storage",
  inode_storage: "inode_storage",
  cgrp_storage: "cgrp_storage",
  arena: "arena",
  insn_array: "insn_array",
  rhash: "rhash",
  struct_ops: "struct_ops",
};

/**
 * What the kernel wants as sizes. Objects may state the type of a ring's or perf array's records as its value, so that
 * readers can print them; to the kernel these maps have no values of that size.
 */
function elementSizes(spec: MapSpec): { key_size: number; value_size: number } {
  switch (spec.type) {
    case "ringbuf":
    case "user_ringbuf":
      return { key_size: 0, value_size: 0 };
    case "perf_event_array":
      return { key_size: 4, value_size: 4 };
    default:
      return { key_size: spec.keySize, value_size: spec.valueSize };
  }
}

/** The name as the kernel takes it: 15 characters, each a letter, a digit, `_` or `.`. */
export function kernelObjectName(name: string): string {
  return name.slice(0, 15).replaceAll(/[^A-Za-z0-9_.]/g, "_");
}

/**
 * How many entries a blueprint stands for on this machine: perf event arrays without a size get one per possible CPU,
 * rings without one get 256 KiB, and other rings are rounded up to a power of two and to whole pages.
 */
export function resolveMaxEntries(spec: MapSpec, pageSize: number): number {
  if (spec.type === "perf_event_array" && spec.maxEntries === 0) {
    const cpus = possibleCpus();
    return (cpus.at(-1) ?? 0) + 1;
  }
  if (spec.type !== "ringbuf" && spec.type !== "user_ringbuf") return spec.maxEntries;
  const wanted = spec.maxEntries === 0 ? DEFAULT_RING_BYTES : spec.maxEntries;
  let size = pageSize;
  while (size < wanted) size *= 2;
  return size;
}

/**
 * Creates a map after a blueprint; entries, data and freezing are the caller's next steps. Lifts RLIMIT_MEMLOCK before Linux 5.11.
 * Throws `unsupported` with the first kernel that has the type, `permission` with what is missing, `invalid` otherwise.
 */
export function createMap(kernel: Kernel, spec: MapSpec, options: CreateMapOptions = {}): BpfMap {
  liftMemlock(kernel);
  const temporary =
    options.innerMap === undefined && spec.inner !== undefined
      ? createMap(
          kernel,
          spec.inner,
          options.tokenFd === undefined ? {} : { tokenFd: options.tokenFd },
        )
      : undefined;
  using _inner = temporary;
  const innerMap = options.innerMap ?? temporary;
  if (innerMap === undefined && (spec.type === "array_of_maps" || spec.type === "hash_of_maps"))
    throw new LinuxError(
      "invalid",
      `Cannot create map "${spec.name}" of type ${spec.type}: give it an inner map or a blueprint of one`,
    );
  const btfFd = WITHOUT_BTF.has(spec.type) ? undefined : options.btfFd;
  let flags = spec.flags;
  if (options.tokenFd !== undefined) flags |= MAP_FLAGS.token_fd;
  if (options.kernelValueBtfFd !== undefined) flags |= MAP_FLAGS.vtype_btf_obj_fd;
  const attribute = encodeAttribute(kernel, "map_create", {
    map_type: mapTypeNumber(spec.type),
    ...elementSizes(spec),
    max_entries: resolveMaxEntries(spec, kernel.pageSize),
    map_flags: flags,
    inner_map_fd: innerMap?.fd.value,
    numa_node: spec.numaNode,
    map_name: kernelObjectName(spec.name),
    map_ifindex: options.ifindex,
    btf_fd: btfFd,
    btf_key_type_id: btfFd === undefined ? 0 : (options.keyTypeId ?? spec.keyTypeId),
    btf_value_type_id: btfFd === undefined ? 0 : (options.valueTypeId ?? spec.valueTypeId),
    btf_vmlinux_value_type_id: options.kernelValueTypeId,
    map_extra: spec.mapExtra,
    value_type_btf_obj_fd: options.kernelValueBtfFd,
    map_token_fd: options.tokenFd,
    excl_prog_hash: options.exclusiveProgramHash,
    excl_prog_hash_size: options.exclusiveProgramHash?.length,
  });
  let fd = kernel.bpf(COMMANDS.map_create, attribute);
  if (fd === -ERRNO.ENOTSUPP && options.kernelValueTypeId !== undefined) {
    wakeKernelTypes(kernel);
    fd = kernel.bpf(COMMANDS.map_create, attribute);
  }
  if (fd < 0) throw creationError(kernel, spec, -fd, creationLog(kernel, attribute));
  return new BpfMap(kernel, new Fd(kernel, fd), spec.name);
}

function creationError(kernel: Kernel, spec: MapSpec, errno: number, log: string): LinuxError {
  const action = `Cannot create map "${spec.name}" of type ${spec.type}`;
  const named = log === "" ? errnoName(errno) : `${errnoName(errno)}, the kernel says "${log}"`;
  const feature = FEATURE_OF[spec.type];
  if (feature !== undefined) {
    const since = minimumKernel(feature, kernel.architecture);
    const running = release();
    if (compareReleases(running, since) < 0)
      return new LinuxError(
        "unsupported",
        `${action} as ${FEATURES[feature].title} need Linux ${since}: running ${running}`,
        errno,
      );
  }
  if (errno === ERRNO.EPERM || errno === ERRNO.EACCES)
    return new LinuxError(
      "permission",
      `${action}: ${named}, ${explainPermission(kernel, NETWORK.has(spec.type) ? ["CAP_NET_ADMIN"] : [])}`,
      errno,
    );
  if (errno === ERRNO.EINVAL || errno === ERRNO.E2BIG || errno === ERRNO.ENOMEM) {
    const { keySize, valueSize, maxEntries, flags } = spec;
    return new LinuxError(
      errno === ERRNO.EINVAL ? "invalid" : "limit",
      `${action} with keys of ${keySize} bytes, values of ${valueSize} bytes, ${maxEntries} entries and flags 0x${flags.toString(16)}: ${named}`,
      errno,
    );
  }
  return new LinuxError(codeOfErrno(errno), `${action}: ${named}`, errno);
}
