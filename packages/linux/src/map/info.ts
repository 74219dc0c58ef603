import { mapTypeName, type MapType } from "@ocelli/bpf";

import type { Fd } from "../fd.ts";
import { objectInfo } from "../port/info.ts";
import type { Kernel } from "../port/kernel.ts";

/** What the kernel says about a map. Sizes in bytes. */
export interface MapInfo {
  readonly id: number;
  /** The kernel's name: at most 15 characters. */
  readonly name: string;
  /** `unspec` for a type that is newer than this library: then `typeNumber` tells. */
  readonly type: MapType;
  readonly typeNumber: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  /** BPF_F_* flags of BPF_MAP_CREATE. */
  readonly flags: number;
  /** Linux 5.16; 0n before. */
  readonly mapExtra: bigint;
  /** The BTF object of the key and value types; 0 when the map has none. */
  readonly btfId: number;
  readonly keyTypeId: number;
  readonly valueTypeId: number;
  /** For struct_ops: the value's type in the kernel's own BTF. */
  readonly kernelValueTypeId: number;
  /** The network device the map is offloaded to; 0 for none. */
  readonly ifindex: number;
}

/**
 * Asks the kernel about an open map. For a program's or a link's descriptor the kernel gives nonsense without a word: ask
 * `objectKind()` first about what comes from elsewhere. Throws `invalid` for a descriptor that is not BPF's.
 */
export function mapInfo(kernel: Kernel, fd: Fd): MapInfo {
  const info = objectInfo(kernel, "map", fd.value);
  const typeNumber = info.number("type");
  return {
    id: info.number("id"),
    name: info.text("name"),
    type: mapTypeName(typeNumber) ?? "unspec",
    typeNumber,
    keySize: info.number("key_size"),
    valueSize: info.number("value_size"),
    maxEntries: info.number("max_entries"),
    flags: info.number("map_flags"),
    mapExtra: info.bigint("map_extra"),
    btfId: info.number("btf_id"),
    keyTypeId: info.number("btf_key_type_id"),
    valueTypeId: info.number("btf_value_type_id"),
    kernelValueTypeId: info.number("btf_vmlinux_value_type_id"),
    ifindex: info.number("ifindex"),
  };
}
