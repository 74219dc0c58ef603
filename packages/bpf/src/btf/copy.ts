import type { BtfBuilder } from "./build.ts";
import { mapReferences, referencesOf } from "./references.ts";
import type { Btf } from "./types.ts";

/**
 * Copies the types `ids` of `btf` with everything that they reach into `builder`, in the order of their ids, and
 * returns the new id of each copied one. Types of a base that both share are not copied and keep their ids; an id that
 * does not exist becomes 0.
 */
export function copyTypes(
  builder: BtfBuilder,
  btf: Btf,
  ids: Iterable<number>,
): ReadonlyMap<number, number> {
  const firstOwn = builder.base !== undefined && builder.base === btf.base ? btf.firstId : 1;
  const reached = [...reachableIds(btf, ids)]
    .filter((id) => id >= firstOwn)
    .toSorted((a, b) => a - b);
  const renamed = new Map(reached.map((id, index) => [id, builder.endId + index]));
  const rename = (id: number): number => (id < firstOwn ? id : (renamed.get(id) ?? 0));
  for (const id of reached) {
    const type = btf.type(id);
    if (type !== undefined) builder.add(mapReferences(type, rename));
  }
  return renamed;
}

/**
 * Appends all types of `btf` to `builder`, and returns what has to be added to an id of `btf` to get the new one. With
 * a base, both must have the same one, whose ids stay as they are; throws a `RangeError` otherwise.
 */
export function concatBtf(builder: BtfBuilder, btf: Btf): number {
  if (btf.base !== builder.base) {
    throw new RangeError("Cannot append BTF as both must have the same base: they have two");
  }
  const shift = builder.endId - btf.firstId;
  const rename = (id: number): number => (id < btf.firstId ? id : id < btf.endId ? id + shift : 0);
  for (let id = btf.firstId; id < btf.endId; id += 1) {
    builder.add(mapReferences(btf.type(id) ?? { kind: "const", typeId: 0 }, rename));
  }
  return shift;
}

/** The ids of types that `roots` reach, themselves included, without `void` and without ids that do not exist. */
export function reachableIds(btf: Btf, roots: Iterable<number>): ReadonlySet<number> {
  const reached = new Set<number>();
  const open = [...roots];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (id === 0 || reached.has(id)) continue;
    const type = btf.type(id);
    if (type === undefined) continue;
    reached.add(id);
    for (const next of referencesOf(type)) open.push(next);
  }
  return reached;
}
