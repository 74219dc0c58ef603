import { COMMANDS } from "@ocelli/bpf";

import { encodeAttribute } from "./attribute.ts";
import { INFOS } from "./attributes.gen.ts";
import { systemError } from "./errno.ts";
import type { Kernel } from "./kernel.ts";

/** Kinds of objects that BPF_OBJ_GET_INFO_BY_FD describes. */
export type InfoKind = keyof typeof INFOS;

/** Names of the fields of one kind of info. */
export type InfoField<K extends InfoKind> = keyof (typeof INFOS)[K]["fields"] & string;

/** What the kernel wrote about an object. Fields that an old kernel does not know read as zero. */
export interface ObjectInfo<K extends InfoKind> {
  /** A field of up to 32 bits. */
  number(field: InfoField<K>): number;
  /** A field of up to 64 bits. */
  bigint(field: InfoField<K>): bigint;
  /** A field that holds a name, up to its first zero byte. */
  text(field: InfoField<K>): string;
  /** A field's own bytes. */
  bytes(field: InfoField<K>): Uint8Array;
}

const decoder = new TextDecoder();

/** Text up to the first zero byte. */
export function textUntilZero(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return decoder.decode(end < 0 ? bytes : bytes.subarray(0, end));
}

/**
 * Asks what the object behind a descriptor is. `input` fills fields that the kernel reads first: addresses and counts
 * of buffers, which the caller keeps referenced. Throws what the kernel says, after `Cannot read the info of …`.
 */
export function objectInfo<K extends InfoKind>(
  kernel: Kernel,
  kind: K,
  fd: number,
  input: Partial<Record<InfoField<K>, number | Uint8Array>> = {},
): ObjectInfo<K> {
  const layout = INFOS[kind];
  // The keys of each table are the fields of its own kind.
  const fields: Readonly<Record<string, readonly [number, number]>> = layout.fields;
  const info = new Uint8Array(layout.size);
  const view = new DataView(info.buffer);
  const place = (field: string): readonly [offset: number, size: number] => fields[field] ?? [0, 0];
  for (const [field, value] of Object.entries<number | Uint8Array | undefined>(input)) {
    const [offset, size] = place(field);
    if (value === undefined) continue;
    if (value instanceof Uint8Array) view.setBigUint64(offset, kernel.address(value), true);
    else if (size === 8) view.setBigUint64(offset, BigInt(value), true);
    else view.setUint32(offset, value, true);
  }
  const attribute = encodeAttribute(kernel, "info", { bpf_fd: fd, info_len: info.length, info });
  const result = kernel.bpf(COMMANDS.obj_get_info_by_fd, attribute);
  if (result < 0) throw systemError(`Cannot read the info of a ${kind}`, result);
  return {
    number(field) {
      const [offset, size] = place(field);
      if (size === 1) return view.getUint8(offset);
      return size === 2 ? view.getUint16(offset, true) : view.getUint32(offset, true);
    },
    bigint(field) {
      const [offset, size] = place(field);
      return size === 8 ? view.getBigUint64(offset, true) : BigInt(view.getUint32(offset, true));
    },
    text(field) {
      return textUntilZero(this.bytes(field));
    },
    bytes(field) {
      const [offset, size] = place(field);
      return info.subarray(offset, offset + size);
    },
  };
}
