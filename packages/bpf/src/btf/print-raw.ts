import { assertNever } from "../assert-never.ts";
import type { Btf, BtfMember, BtfTypeOf } from "./types.ts";

/**
 * One type as `bpftool btf dump` lists it: a line, and an indented one for each element, without a newline at the end.
 * Gives an empty string for an id that does not exist, and for `void`.
 */
export function printRawType(btf: Btf, id: number): string {
  const type = btf.type(id);
  if (type === undefined || type.kind === "void") return "";
  const title = `[${id}] ${type.kind.toUpperCase()} '${nameOrAnonymous("name" in type ? type.name : "")}'`;
  switch (type.kind) {
    case "int": {
      const { size, offsetBits, bits, encoding } = type;
      const word = encoding === "unsigned" ? "(none)" : encoding.toUpperCase();
      return `${title} size=${size} bits_offset=${offsetBits} nr_bits=${bits} encoding=${word}`;
    }
    case "ptr":
    case "typedef":
    case "volatile":
    case "const":
    case "restrict":
    case "type_tag":
      return `${title} type_id=${type.typeId}`;
    case "array":
      return `${title} type_id=${type.typeId} index_type_id=${type.indexTypeId} nr_elems=${type.length}`;
    case "struct":
    case "union": {
      const head = `${title} size=${type.size} vlen=${type.members.length}`;
      return [head, ...type.members.map(rawMember)].join("\n");
    }
    case "enum":
    case "enum64":
      return rawEnum(title, type);
    case "fwd":
      return `${title} fwd_kind=${type.target}`;
    case "func":
      return `${title} type_id=${type.typeId} linkage=${type.linkage}`;
    case "func_proto": {
      const head = `${title} ret_type_id=${type.returnTypeId} vlen=${type.parameters.length}`;
      const lines = type.parameters.map(
        ({ name, typeId }) => `\t'${nameOrAnonymous(name)}' type_id=${typeId}`,
      );
      return [head, ...lines].join("\n");
    }
    case "var":
      return `${title} type_id=${type.typeId}, linkage=${type.linkage}`;
    case "datasec": {
      const head = `${title} size=${type.size} vlen=${type.variables.length}`;
      const lines = type.variables.map(({ typeId, offset, size }) => {
        const place = `\ttype_id=${typeId} offset=${offset} size=${size}`;
        const kind = btf.kindOf(typeId)?.toUpperCase();
        return kind === undefined
          ? place
          : `${place} (${kind} '${nameOrAnonymous(btf.nameOf(typeId))}')`;
      });
      return [head, ...lines].join("\n");
    }
    case "float":
      return `${title} size=${type.size}`;
    case "decl_tag":
      return `${title} type_id=${type.typeId} component_idx=${type.component}`;
    default:
      return assertNever(type);
  }
}

function nameOrAnonymous(name: string): string {
  return name === "" ? "(anon)" : name;
}

function rawMember({ name, typeId, offsetBits, bitfieldBits }: BtfMember): string {
  const width = bitfieldBits === 0 ? "" : ` bitfield_size=${bitfieldBits}`;
  return `\t'${nameOrAnonymous(name)}' type_id=${typeId} bits_offset=${offsetBits}${width}`;
}

function rawEnum(title: string, type: BtfTypeOf<"enum" | "enum64">): string {
  const encoding = type.signed ? "SIGNED" : "UNSIGNED";
  const head = `${title} encoding=${encoding} size=${type.size} vlen=${type.values.length}`;
  const suffix = type.kind === "enum" ? "" : type.signed ? "LL" : "ULL";
  const lines = type.values.map(
    ({ name, value }) => `\t'${nameOrAnonymous(name)}' val=${value}${suffix}`,
  );
  return [head, ...lines].join("\n");
}
