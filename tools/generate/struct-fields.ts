// Lays a struct of the kernel out as a flat list of fields.
import { resolveType, sizeOf, type Btf, type BtfTypeOf } from "@ocelli/bpf";

/** A field by its flat name: members of named structs inside are `outer.inner`. Offsets and sizes in bytes. */
export interface FlatField {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

/** A struct or union, as BTF has it. */
export type Aggregate = BtfTypeOf<"struct" | "union">;

/** The struct or union behind a type id; undefined for anything else. */
export function aggregateOf(btf: Btf, id: number): Aggregate | undefined {
  const type = resolveType(btf, id)?.type;
  return type?.kind === "struct" || type?.kind === "union" ? type : undefined;
}

/** The struct of that name. */
export function structNamed(btf: Btf, name: string): Aggregate {
  const [id] = [...btf.idsByName(name, "struct"), ...btf.idsByName(name, "union")];
  const found = id === undefined ? undefined : aggregateOf(btf, id);
  if (found === undefined) throw new Error(`The BTF has no struct ${name}`);
  return found;
}

/**
 * All fields of a struct. Anonymous structs and unions count as part of what they are in. Bit fields, reserved ones
 * and nameless padding are left out.
 */
export function flatFields(btf: Btf, type: Aggregate, base = 0, prefix = ""): FlatField[] {
  return type.members.flatMap((member) => {
    if (member.bitfieldBits !== 0) return [];
    const offset = base + member.offsetBits / 8;
    const inner = aggregateOf(btf, member.typeId);
    if (inner !== undefined) {
      return flatFields(
        btf,
        inner,
        offset,
        member.name === "" ? prefix : `${prefix}${member.name}.`,
      );
    }
    const size = sizeOf(btf, member.typeId);
    // Reserved fields get their names later, on a newer kernel.
    if (member.name === "" || member.name.startsWith("__reserved") || size === undefined) return [];
    return [{ name: `${prefix}${member.name}`, offset, size }];
  });
}
