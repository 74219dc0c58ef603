import type { Btf } from "../types.ts";

/** Gives each type and enumerator a name in C that nothing else has. */
export interface CNames {
  /** The tag of a struct, union, enum or forward declaration; empty when it is anonymous. */
  tag(id: number): string;
  /** The name of a typedef. */
  typedef(id: number): string;
  /** The name of an enumerator, to be asked for once each. */
  enumerator(name: string): string;
}

/**
 * Names in the order of asking: the second type `x` is `x___2`, as libbpf names it, so that CO-RE takes it for a
 * flavour of `x`. Tags have one name space, typedefs and enumerators another.
 */
export function createCNames(btf: Btf): CNames {
  const tags = new Map<string, number>();
  const ordinary = new Map<string, number>();
  const given = new Map<number, string>();
  const forwards = new Map<string, string>();

  function unique(space: Map<string, number>, name: string): string {
    const count = (space.get(name) ?? 0) + 1;
    space.set(name, count);
    return count === 1 ? name : `${name}___${count}`;
  }

  function remember(id: number, name: string): string {
    given.set(id, name);
    return name;
  }

  return {
    tag(id) {
      const known = given.get(id);
      if (known !== undefined) return known;
      const name = btf.nameOf(id);
      if (name === "") return "";
      const type = btf.type(id);
      // `struct x;` and the first `struct x { … }` are one and the same; a `union x` beside it is another.
      const kind = type?.kind === "fwd" ? type.target : (type?.kind ?? "");
      const key = `${kind} ${name}`;
      const shared = forwards.get(key);
      if (shared !== undefined && type?.kind === "fwd") return remember(id, shared);
      if (shared !== undefined && tags.get(`${key};`) === 1) {
        tags.delete(`${key};`);
        return remember(id, shared);
      }
      const own = unique(tags, name);
      if (shared === undefined) forwards.set(key, own);
      // Taken by a forward declaration only, so the first definition may have it.
      if (type?.kind === "fwd") tags.set(`${key};`, 1);
      return remember(id, own);
    },
    typedef: (id) => given.get(id) ?? remember(id, unique(ordinary, btf.nameOf(id))),
    enumerator: (name) => unique(ordinary, name),
  };
}
