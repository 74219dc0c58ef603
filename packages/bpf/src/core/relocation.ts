/**
 * What a CO-RE relocation asks about a type of the kernel; the numbers are those of `enum bpf_core_relo_kind` in
 * include/uapi/linux/bpf.h.
 */
export const CORE_KINDS = [
  "field_byte_offset",
  "field_byte_size",
  "field_exists",
  "field_signed",
  "field_lshift_u64",
  "field_rshift_u64",
  "type_id_local",
  "type_id_target",
  "type_exists",
  "type_size",
  "enumval_exists",
  "enumval_value",
  "type_matches",
] as const;

/** One of the 13 CO-RE kinds. */
export type CoreKind = (typeof CORE_KINDS)[number];

/** A CO-RE relocation as the object states it. */
export interface CoreRelocation {
  readonly kind: CoreKind;
  /** The root type, in the object's BTF. */
  readonly typeId: number;
  /** Access path: `0:1:2` is the array index of the root, then members and indices; for enums the enumerator. */
  readonly accessor: string;
}
