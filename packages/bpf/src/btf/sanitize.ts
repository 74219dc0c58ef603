import { extendBtf, type BtfBuilder } from "./build.ts";
import type { Btf, BtfType, BtfTypeOf } from "./types.ts";

/** What the kernel that will take the BTF knows. Each says the first kernel that has it. */
export interface KernelBtfSupport {
  /** FUNC and FUNC_PROTO: Linux 5.0. */
  readonly func: boolean;
  /** VAR and DATASEC: Linux 5.2. */
  readonly datasec: boolean;
  /** FUNC with a linkage other than static: Linux 5.6. */
  readonly globalFunc: boolean;
  /** FLOAT: Linux 5.13. */
  readonly float: boolean;
  /** DECL_TAG: Linux 5.16. */
  readonly declTag: boolean;
  /** TYPE_TAG: Linux 5.17. */
  readonly typeTag: boolean;
  /** ENUM64, and signed ENUM: Linux 6.0. */
  readonly enum64: boolean;
  /** Names of data sections that start with `?`: Linux 6.12. */
  readonly optionalDatasec: boolean;
  /** Tags that are GNU attributes: Linux 6.15. */
  readonly attributeTags: boolean;
}

/**
 * The encoded form of `btf` for a kernel that does not know all of it: each type that it would refuse is replaced by
 * one that it takes, of the same size and under the same id. Nothing is replaced for a kernel that knows everything.
 * At most one type is added, at the end.
 *
 * | type | becomes |
 * |---|---|
 * | VAR, DECL_TAG | INT of one byte, the only size that fits into any variable |
 * | DATASEC | STRUCT with the variables as members, `.` and `?` of its name as `_` |
 * | FUNC_PROTO | ENUM with the parameters as enumerators |
 * | FUNC | TYPEDEF, or a static FUNC |
 * | FLOAT | empty STRUCT of the same size |
 * | TYPE_TAG | CONST |
 * | ENUM | ENUM without the signed flag |
 * | ENUM64 | UNION with the enumerators as members of one byte |
 */
export function sanitizeBtf(btf: Btf, support: KernelBtfSupport): Uint8Array {
  const builder = extendBtf(btf);
  let placeholder = 0;
  const enumeratorType = (): number => {
    placeholder ||= builder.add(byteInt("enum64_placeholder"));
    return placeholder;
  };
  for (let id = btf.firstId; id < btf.endId; id += 1) {
    const type = btf.type(id);
    if (type === undefined) continue;
    const replaced = replace(type, support, btf, enumeratorType);
    if (replaced !== type) builder.set(id, replaced);
  }
  return builder.write();
}

function replace(
  type: BtfType,
  support: KernelBtfSupport,
  btf: Btf,
  enumeratorType: () => number,
): BtfType {
  switch (type.kind) {
    case "var":
      return support.datasec ? type : byteInt(type.name);
    case "decl_tag":
      return support.declTag && (support.attributeTags || !type.attribute)
        ? type
        : byteInt(type.name);
    case "datasec":
      if (!support.datasec) return sectionStruct(type, btf);
      return support.optionalDatasec ? type : { ...type, name: type.name.replace(/^\?/, "_") };
    case "func_proto":
      return support.func ? type : protoEnum(type);
    case "func":
      if (!support.func) return { kind: "typedef", name: type.name, typeId: type.typeId };
      return support.globalFunc ? type : { ...type, linkage: "static" };
    case "float":
      return support.float ? type : { kind: "struct", name: "", size: type.size, members: [] };
    case "type_tag": {
      const known = support.typeTag && (support.attributeTags || !type.attribute);
      return known ? type : { kind: "const", typeId: type.typeId };
    }
    case "enum":
      return support.enum64 ? type : unsignedEnum(type);
    case "enum64":
      return support.enum64 ? type : enumUnion(type, enumeratorType());
    default:
      return type;
  }
}

function byteInt(name: string): BtfType {
  return { kind: "int", name, size: 1, bits: 8, offsetBits: 0, encoding: "unsigned" };
}

function sectionStruct(section: BtfTypeOf<"datasec">, btf: Btf): BtfType {
  const members = section.variables.map(({ typeId, offset }) => {
    return { name: btf.nameOf(typeId), typeId, offsetBits: (offset * 8) >>> 0, bitfieldBits: 0 };
  });
  return {
    kind: "struct",
    name: section.name.replaceAll(/[.?]/g, "_"),
    size: section.size,
    members,
  };
}

function protoEnum(proto: BtfTypeOf<"func_proto">): BtfType {
  // The kernel wants a name on every enumerator and looks at no value.
  const values = proto.parameters.map(({ name, typeId }, index) => {
    return { name: name === "" ? `parameter_${index}` : name, value: typeId };
  });
  return { kind: "enum", name: "", size: 4, signed: false, values };
}

function unsignedEnum(type: BtfTypeOf<"enum" | "enum64">): BtfType {
  if (!type.signed) return type;
  const values = type.values.map(({ name, value }) => ({ name, value: Number(value) >>> 0 }));
  return { ...type, signed: false, values };
}

function enumUnion(type: BtfTypeOf<"enum" | "enum64">, typeId: number): BtfType {
  const members = type.values.map(({ name }) => ({ name, typeId, offsetBits: 0, bitfieldBits: 0 }));
  return { kind: "union", name: type.name, size: type.size, members };
}

/** Where a data section's variables came to lie. Offsets and sizes in bytes. */
export interface DatasecPlacement {
  readonly size: number;
  /** By name of the variable; one that is missing keeps the offset it has. */
  readonly offsets: ReadonlyMap<string, number>;
}

/**
 * Gives the DATASEC `name` the size and the offsets that a compiler leaves to the linker, in the order that the kernel
 * wants. Externs (of `.kconfig`) become variables that are there. Returns whether there is such a section.
 */
export function placeDatasec(
  builder: BtfBuilder,
  name: string,
  placement: DatasecPlacement,
): boolean {
  const id = findDatasec(builder, name);
  const section = builder.type(id);
  if (section?.kind !== "datasec") return false;
  const variables = section.variables.map((entry) => {
    const variable = builder.type(entry.typeId);
    if (variable?.kind !== "var") return entry;
    if (variable.linkage === "extern")
      builder.set(entry.typeId, { ...variable, linkage: "global" });
    return Object.assign({}, entry, {
      offset: placement.offsets.get(variable.name) ?? entry.offset,
    });
  });
  builder.set(id, {
    ...section,
    size: placement.size,
    variables: variables.toSorted((a, b) => a.offset - b.offset),
  });
  return true;
}

/**
 * Makes the DATASEC `.ksyms` one that the kernel takes: each extern becomes an `int` of four bytes, one after the
 * other, and each extern function a global one whose parameters have names, with the variable `dummy_ksym` in its place
 * in the section. Returns whether there is such a section. The loader resolves externs from the object's own BTF.
 */
export function placeKsyms(builder: BtfBuilder): boolean {
  const id = findDatasec(builder, ".ksyms");
  const section = builder.type(id);
  if (section?.kind !== "datasec") return false;
  const int = findInt(builder);
  let dummy = 0;
  const variables = section.variables.map((entry, index) => {
    const symbol = builder.type(entry.typeId);
    const place = { offset: index * 4, size: 4 };
    if (symbol?.kind === "var") {
      builder.set(entry.typeId, { ...symbol, typeId: int, linkage: "global" });
    } else if (symbol?.kind === "func") {
      builder.set(entry.typeId, { ...symbol, linkage: "global" });
      nameParameters(builder, symbol.typeId);
      dummy ||= builder.add({ kind: "var", name: DUMMY_NAME, typeId: int, linkage: "global" });
      return { typeId: dummy, ...place };
    }
    return { typeId: entry.typeId, ...place };
  });
  builder.set(id, { ...section, size: variables.length * 4, variables });
  return true;
}

const DUMMY_NAME = "dummy_ksym";

function nameParameters(builder: BtfBuilder, id: number): void {
  const proto = builder.type(id);
  if (proto?.kind !== "func_proto" || id < builder.firstId) return;
  const parameters = proto.parameters.map(({ name, typeId }) => {
    // typeId 0 is `...`, which has no name.
    return { typeId, name: name === "" && typeId !== 0 ? DUMMY_NAME : name };
  });
  builder.set(id, { ...proto, parameters });
}

function findDatasec(builder: BtfBuilder, name: string): number {
  for (let id = builder.firstId; id < builder.endId; id += 1) {
    const type = builder.type(id);
    if (type?.kind === "datasec" && type.name === name) return id;
  }
  return 0;
}

/** An `int` of four bytes, added when there is none. */
function findInt(builder: BtfBuilder): number {
  for (let id = builder.firstId; id < builder.endId; id += 1) {
    const type = builder.type(id);
    if (type?.kind === "int" && type.size === 4 && type.bits === 32 && type.offsetBits === 0)
      return id;
  }
  return builder.add({
    kind: "int",
    name: "int",
    size: 4,
    bits: 32,
    offsetBits: 0,
    encoding: "signed",
  });
}
