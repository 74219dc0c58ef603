import type { Btf, BtfType } from "./types.ts";

/** A JSON value. Numbers that a double cannot hold are strings of digits. */
export type BtfJson = string | number | boolean | BtfJson[] | { [key: string]: BtfJson };

/**
 * One type as `bpftool -j btf dump` gives it: `id`, `kind` in capitals, `name`, then the fields by their kernel names.
 * Gives `undefined` for an id that does not exist, and for `void`.
 */
export function typeToJson(btf: Btf, id: number): { [key: string]: BtfJson } | undefined {
  const type = btf.type(id);
  if (type === undefined || type.kind === "void") return undefined;
  const name = "name" in type && type.name !== "" ? type.name : "(anon)";
  return { id, kind: type.kind.toUpperCase(), name, ...fieldsOf(type) };
}

function fieldsOf(type: BtfType): { [key: string]: BtfJson } {
  switch (type.kind) {
    case "int": {
      const encoding = type.encoding === "unsigned" ? "(none)" : type.encoding.toUpperCase();
      return { size: type.size, bits_offset: type.offsetBits, nr_bits: type.bits, encoding };
    }
    case "array":
      return { type_id: type.typeId, index_type_id: type.indexTypeId, nr_elems: type.length };
    case "struct":
    case "union": {
      const members = type.members.map(({ name, typeId, offsetBits, bitfieldBits }) => {
        const member = { name: name || "(anon)", type_id: typeId, bits_offset: offsetBits };
        return bitfieldBits === 0 ? member : Object.assign(member, { bitfield_size: bitfieldBits });
      });
      return { size: type.size, vlen: members.length, members };
    }
    case "enum":
    case "enum64": {
      const values = type.values.map(({ name, value }) => {
        return { name, val: typeof value === "bigint" ? value.toString() : value };
      });
      const encoding = type.signed ? "SIGNED" : "UNSIGNED";
      return { encoding, size: type.size, vlen: values.length, values };
    }
    case "fwd":
      return { fwd_kind: type.target };
    case "func":
    case "var":
      return { type_id: type.typeId, linkage: type.linkage };
    case "func_proto": {
      const params = type.parameters.map(({ name, typeId }) => {
        return { name: name || "(anon)", type_id: typeId };
      });
      return { ret_type_id: type.returnTypeId, vlen: params.length, params };
    }
    case "datasec": {
      const vars = type.variables.map(({ typeId, offset, size }) => ({
        type_id: typeId,
        offset,
        size,
      }));
      return { size: type.size, vlen: vars.length, vars };
    }
    case "float":
      return { size: type.size };
    case "decl_tag":
      return { type_id: type.typeId, component_idx: type.component };
    case "void":
      return {};
    default:
      return { type_id: type.typeId };
  }
}
