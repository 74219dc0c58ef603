import type { MapSpec } from "@ocelli/bpf";

import { constantScalar, type Scalar } from "./scalar.ts";

/** What a pointer points at. */
export type PointerType =
  | "ctx"
  | "stack"
  | "map"
  | "map-value"
  | "map-key"
  | "packet"
  | "packet-meta"
  | "packet-end"
  | "flow-keys"
  | "socket"
  | "sock-common"
  | "tcp-sock"
  | "xdp-sock"
  | "mem"
  | "buf"
  | "btf"
  | "func"
  | "dynptr"
  | "tp-buffer"
  | "arena";

/** What is known of a pointer beyond its type. */
export const POINTER_FLAG = {
  /** Must not be written through. */
  readonly: 1,
  /** The kernel vouches for it: may be given to kernel functions. */
  trusted: 2,
  /** May be wrong: reads of it do not fault, and helpers do not take it. */
  untrusted: 4,
  /** Valid while the RCU read lock is held. */
  rcu: 8,
  /** Points to one copy for each processor. */
  percpu: 16,
  /** Points to user space. */
  user: 32,
  /** Memory of a ring buffer's reservation. */
  ring: 64,
  /** Something made by `bpf_obj_new`, or a reference out of a map's kptr. */
  owned: 128,
} as const;

/** A pointer, or one that may be null instead. Immutable. */
export interface Pointer {
  readonly kind: "pointer";
  readonly type: PointerType;
  /** What was added as constants. */
  readonly offset: number;
  /** What was added as numbers that are not constant; 0 when nothing was. */
  readonly variable: Scalar;
  /** Pointers with the same id are the same as far as null checks and packet bounds go; 0: like no other. */
  readonly id: number;
  /** The reference that has to be given back, 0 for none. */
  readonly reference: number;
  readonly nullable: boolean;
  readonly flags: number;
  /** Of `map`, `map-value` and `map-key`. */
  readonly map: MapSpec | undefined;
  /** Of `map-value` of an inner map and of what is looked up in it: tells apart two lookups of the same outer map. */
  readonly mapId: number;
  /** Number of the frame, of `stack`. */
  readonly frame: number;
  /** Bytes proven to be there: of packets from the pointer on; of `mem` and `buf` the whole. */
  readonly range: number;
  /** Type id of `btf` in the kernel's BTF, or the program's for `owned` ones; slot of the function of `func`. */
  readonly target: number;
}

/** A register that nothing was written to, or whose content was lost. */
export interface Unwritten {
  readonly kind: "unwritten";
}

/** The content of a register. */
export type Value = Scalar | Pointer | Unwritten;

/** Reading it is an error. */
export const UNWRITTEN: Unwritten = { kind: "unwritten" };

/** Nothing variable was added. Always precise: pointers are compared by it. */
export const NOTHING_ADDED: Scalar = { ...constantScalar(0n), precise: true };

/** Makes a pointer; everything that is not said is 0. */
export function pointerTo(
  type: PointerType,
  fields: Partial<Omit<Pointer, "kind" | "type">> = {},
): Pointer {
  return {
    kind: "pointer",
    type,
    offset: fields.offset ?? 0,
    variable: fields.variable ?? NOTHING_ADDED,
    id: fields.id ?? 0,
    reference: fields.reference ?? 0,
    nullable: fields.nullable ?? false,
    flags: fields.flags ?? 0,
    map: fields.map,
    mapId: fields.mapId ?? 0,
    frame: fields.frame ?? 0,
    range: fields.range ?? 0,
    target: fields.target ?? 0,
  };
}

/** Whether a flag of `POINTER_FLAG` is set. */
export function hasFlag(pointer: Pointer, flag: number): boolean {
  return (pointer.flags & flag) !== 0;
}

/** Whether the pointer may point to the packet. */
export function isPacketPointer({ type }: Pointer): boolean {
  return type === "packet" || type === "packet-meta";
}

/** Whether it is known to hold the number 0. */
export function isNull(value: Value): boolean {
  return value.kind === "scalar" && value.mask === 0n && value.value === 0n;
}
