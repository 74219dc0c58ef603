import { resolveType, sizeOf, type ResolvedType } from "../btf/resolve.ts";
import type { Btf, BtfKind, BtfType, BtfTypeOf } from "../btf/types.ts";

/** A variable that a data section of the BTF lists. */
export interface SectionVariable {
  readonly name: string;
  /** Of the VAR, or of the FUNC for a kernel function. */
  readonly id: number;
  /** Of its type; for a FUNC the prototype. */
  readonly typeId: number;
  readonly kind: "var" | "func";
  readonly linkage: "static" | "global" | "extern";
  readonly offset: number;
  readonly size: number;
}

/** The object's types, as the parts of the reader ask for them. */
export interface ObjectTypes {
  readonly btf: Btf;
  resolve(id: number): ResolvedType | undefined;
  sizeOf(id: number): number | undefined;
  /** The declaration tags of a whole type, variable or function. */
  tagsOf(id: number): string[];
  /** The DATASEC of that name with its variables, in the file's order. */
  section(
    name: string,
  ): { readonly id: number; readonly variables: readonly SectionVariable[] } | undefined;
  /** Externs by name, with the section that lists them. */
  readonly externs: ReadonlyMap<
    string,
    { readonly section: string; readonly variable: SectionVariable }
  >;
}

/**
 * Prepares the object's BTF for the reader. Types that were decoded once are kept, because many variables may share one
 * large struct: without that a small hostile file could make the reader decode it thousands of times.
 */
export function createObjectTypes(source: Btf): ObjectTypes {
  const btf = withMemory(source);
  const tags = new Map<number, string[]>();
  const sections = new Map<string, { id: number; variables: SectionVariable[] }>();
  const externs = new Map<string, { section: string; variable: SectionVariable }>();
  for (let id = btf.firstId; id < btf.endId; id += 1) {
    const kind = btf.kindOf(id);
    if (kind !== "decl_tag" && kind !== "datasec") continue;
    const type = btf.type(id);
    if (type?.kind === "decl_tag" && type.component === -1) {
      const known = tags.get(type.typeId);
      if (known === undefined) tags.set(type.typeId, [type.name]);
      else known.push(type.name);
    }
    if (type?.kind === "datasec" && !sections.has(type.name)) {
      const variables = readVariables(btf, type);
      sections.set(type.name, { id, variables });
      for (const variable of variables) {
        if (variable.linkage === "extern")
          externs.set(variable.name, { section: type.name, variable });
      }
    }
  }
  return {
    btf,
    resolve: (id) => resolveType(btf, id),
    sizeOf: (id) => sizeOf(btf, id),
    tagsOf: (id) => [...(tags.get(id) ?? [])],
    section: (name) => sections.get(name),
    externs,
  };
}

function readVariables(btf: Btf, section: BtfTypeOf<"datasec">): SectionVariable[] {
  const variables: SectionVariable[] = [];
  for (const { typeId: id, offset, size } of section.variables) {
    const type = btf.type(id);
    if (type?.kind !== "var" && type?.kind !== "func") continue;
    const { kind, name, typeId, linkage } = type;
    variables.push({ name, id, typeId, kind, linkage, offset, size });
  }
  return variables;
}

function withMemory(btf: Btf): Btf {
  const types = new Map<number, BtfType | undefined>();
  return {
    base: btf.base,
    littleEndian: btf.littleEndian,
    bytes: btf.bytes,
    firstId: btf.firstId,
    endId: btf.endId,
    endString: btf.endString,
    type(id) {
      if (types.has(id)) return types.get(id);
      const type = btf.type(id);
      types.set(id, type);
      return type;
    },
    kindOf: (id) => btf.kindOf(id),
    nameOf: (id) => btf.nameOf(id),
    idsByName: (name: string, kind?: BtfKind) => btf.idsByName(name, kind),
    stringAt: (offset) => btf.stringAt(offset),
  };
}
