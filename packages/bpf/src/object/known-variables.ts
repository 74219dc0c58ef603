import type { BtfBuilder } from "../btf/build.ts";
import type { Btf, BtfLinkage, BtfSectionVariable } from "../btf/types.ts";

/** The variables and data sections of the BTF that is written, found again where the collection's own BTF has them. */
export interface KnownVariables {
  /** The VAR of that name in a section: the one that is there, with another type or linkage, or a new one. */
  variable(
    section: string,
    name: string,
    traits: { readonly typeId: number; readonly linkage: BtfLinkage },
  ): number;
  /** The id and type of what a section lists under a name. */
  find(
    section: string,
    name: string,
  ): { readonly id: number; readonly typeId: number; readonly linkage: BtfLinkage } | undefined;
  /** Sets a section's size and variables, and makes the section if need be. */
  section(name: string, size: number, variables: readonly BtfSectionVariable[]): void;
  /** Whether there is such a section. */
  hasSection(name: string): boolean;
  /** Adds the declaration tags that a variable lacks. */
  tag(id: number, tags: readonly string[]): void;
}

/** Looks through the BTF that the collection came with, all of whose types `builder` has under the same ids. */
export function knownVariables(btf: Btf | undefined, builder: BtfBuilder): KnownVariables {
  const sections = new Map<string, number>();
  const variables = new Map<string, number>();
  const tags = new Set<string>();
  for (let id = btf?.firstId ?? 1; id < (btf?.endId ?? 1); id += 1) {
    const type = builder.type(id);
    if (type?.kind === "decl_tag" && type.component === -1) tags.add(`${type.typeId} ${type.name}`);
    if (type?.kind !== "datasec" || sections.has(type.name)) continue;
    sections.set(type.name, id);
    for (const { typeId } of type.variables)
      variables.set(`${type.name}:${btf?.nameOf(typeId) ?? ""}`, typeId);
  }
  const find: KnownVariables["find"] = (section, name) => {
    const id = variables.get(`${section}:${name}`);
    const type = id === undefined ? undefined : builder.type(id);
    if (id === undefined || (type?.kind !== "var" && type?.kind !== "func")) return undefined;
    return { id, typeId: type.typeId, linkage: type.linkage };
  };
  return {
    find,
    variable(section, name, { typeId, linkage }) {
      const type = { kind: "var", name, typeId, linkage } as const;
      const known = find(section, name);
      if (known === undefined) return builder.add(type);
      builder.set(known.id, type);
      return known.id;
    },
    section(name, size, list) {
      const type = { kind: "datasec", name, size, variables: list } as const;
      const known = sections.get(name);
      if (known === undefined) sections.set(name, builder.add(type));
      else builder.set(known, type);
    },
    hasSection: (name) => sections.has(name),
    tag(id, names) {
      for (const name of names) {
        if (!tags.has(`${id} ${name}`))
          builder.add({ kind: "decl_tag", name, typeId: id, component: -1, attribute: false });
      }
    },
  };
}
