import { errorAt, failure, success, type Result } from "../diagnostic.ts";
import { createBtfBuilder } from "./build.ts";
import { mapReferences, referencesOf } from "./references.ts";
import type { Btf, BtfType } from "./types.ts";

/** BTF in which every type stands once. */
export interface DedupedBtf {
  readonly bytes: Uint8Array;
  /** The new id by the old one, for all ids from 0 to `endId - 1`; a base's ids stay. */
  readonly ids: Uint32Array;
}

/** Real types are told apart in ten rounds or so; each one looks one reference further. */
const MOST_ROUNDS = 400;

/**
 * Merges types that are the same in C: equal in kind, name and layout, and referring to types that are the same in
 * turn. A forward declaration becomes the record of its name, and an enum without enumerators the enum of its name, when
 * all definitions of that name are one; it stays what it is when they differ. VAR and DATASEC are never merged. The
 * remaining types keep their order. With a base, types that the base has are taken from there.
 *
 * Fails with `btf-dedup-limit` for chains of references so long that no compiler makes them.
 */
export function dedupBtf(btf: Btf): Result<DedupedBtf> {
  // Partition refinement, as for state machines: start with classes of types that look the same without following
  // references, and split classes whose members refer to different classes, until nothing splits. What is in one class
  // then cannot be told apart, circles included.
  //
  // All records of one name count as one class for those who refer to them, forward declarations among them, until they
  // turn out to differ: only then is the name ambiguous, and references look at the record itself.
  const types = readAll(btf);
  const references = types.map((type) => (type === undefined ? [] : referencesOf(type)));
  const tags = types.map((type) => tagOf(type));
  const classes = startingClasses(types);
  const tagNumbers = new Map<string, number>();
  const ambiguous = new Set<string>();
  const colorOf = (id: number): number => {
    const tag = tags[id] ?? "";
    // Tags count below zero, classes from zero.
    return tag === "" || ambiguous.has(tag) ? (classes[id] ?? 0) : -1 - numberOf(tagNumbers, tag);
  };
  for (let round = 0, count = 0; ; round += 1) {
    if (round === MOST_ROUNDS) return tooLong(btf);
    const next = split(classes, references, colorOf);
    const found = findAmbiguous(types, tags, classes, ambiguous);
    if (next === count && !found) break;
    count = next;
  }
  return success(rebuild(btf, types, canonicalIds(btf, types, tags, classes, ambiguous)));
}

function readAll(btf: Btf): (BtfType | undefined)[] {
  return Array.from({ length: btf.endId }, (_, id) => btf.type(id));
}

/** What a type declares in the name space of tags, e.g. `struct x`; empty for what has no tag. */
function tagOf(type: BtfType | undefined): string {
  switch (type?.kind) {
    case "struct":
    case "union":
      return type.name === "" ? "" : `${type.kind} ${type.name}`;
    case "fwd":
      return `${type.target} ${type.name}`;
    case "enum":
    case "enum64":
      return type.name === "" ? "" : `enum ${type.name}`;
    default:
      return "";
  }
}

function isDefinition(type: BtfType | undefined): boolean {
  if (type?.kind === "fwd") return false;
  return (type?.kind !== "enum" && type?.kind !== "enum64") || type.values.length > 0;
}

function startingClasses(types: readonly (BtfType | undefined)[]): Uint32Array {
  const seen = new Map<string, number>();
  return Uint32Array.from(types, (type, id) => {
    // A type of its own: what cannot be read, and what exists once per section or symbol.
    const unique = type === undefined || type.kind === "var" || type.kind === "datasec";
    return numberOf(seen, unique ? `unique ${id}` : looks(type));
  });
}

function numberOf(seen: Map<string, number>, key: string): number {
  const known = seen.get(key);
  if (known !== undefined) return known;
  seen.set(key, seen.size);
  return seen.size - 1;
}

/** All of a type but what it refers to. */
function looks(type: BtfType): string {
  if (type.kind === "void") return "void";
  return JSON.stringify(
    mapReferences(type, () => 0),
    (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value),
  );
}

/** One round: splits classes by what their members refer to, in place. Returns the number of classes. */
function split(
  classes: Uint32Array,
  references: readonly (readonly number[])[],
  colorOf: (id: number) => number,
): number {
  const seen = new Map<string, number>();
  const next = classes.map((own, id) =>
    numberOf(seen, `${own}:${(references[id] ?? []).map(colorOf).join()}`),
  );
  classes.set(next);
  return seen.size;
}

/** Adds the tags whose definitions have come to be in several classes; says whether there were any. */
function findAmbiguous(
  types: readonly (BtfType | undefined)[],
  tags: readonly string[],
  classes: Uint32Array,
  ambiguous: Set<string>,
): boolean {
  const before = ambiguous.size;
  const first = new Map<string, number>();
  tags.forEach((tag, id) => {
    if (tag === "" || !isDefinition(types[id])) return;
    const own = classes[id] ?? 0;
    const known = first.get(tag);
    if (known === undefined) first.set(tag, own);
    else if (known !== own) ambiguous.add(tag);
  });
  return ambiguous.size > before;
}

/** For each id the one that stands for it: the first of its class, and a definition before a declaration. */
function canonicalIds(
  btf: Btf,
  types: readonly (BtfType | undefined)[],
  tags: readonly string[],
  classes: Uint32Array,
  ambiguous: ReadonlySet<string>,
): Uint32Array {
  const byClass = new Map<number, number>();
  const byTag = new Map<string, number>();
  tags.forEach((tag, id) => {
    const own = classes[id] ?? 0;
    if (!byClass.has(own)) byClass.set(own, id);
    if (tag !== "" && !ambiguous.has(tag) && isDefinition(types[id]) && !byTag.has(tag)) {
      byTag.set(tag, id);
    }
  });
  return Uint32Array.from(types, (_, id) => {
    if (id < btf.firstId) return id;
    return byTag.get(tags[id] ?? "") ?? byClass.get(classes[id] ?? 0) ?? id;
  });
}

function rebuild(
  btf: Btf,
  types: readonly (BtfType | undefined)[],
  canonical: Uint32Array,
): DedupedBtf {
  const builder = createBtfBuilder({ base: btf.base, littleEndian: btf.littleEndian });
  const ids = new Uint32Array(types.length);
  let end = btf.firstId;
  for (let id = 0; id < types.length; id += 1) {
    if (id < btf.firstId) ids[id] = id;
    else if (canonical[id] === id) ids[id] = end++;
  }
  for (let id = btf.firstId; id < types.length; id += 1) ids[id] = ids[canonical[id] ?? 0] ?? 0;
  for (let id = btf.firstId; id < types.length; id += 1) {
    if (canonical[id] !== id) continue;
    builder.add(mapReferences(types[id] ?? { kind: "const", typeId: 0 }, (each) => ids[each] ?? 0));
  }
  return { bytes: builder.write(), ids };
}

function tooLong(btf: Btf): Result<DedupedBtf> {
  const found = `references are chained over more than ${MOST_ROUNDS} types`;
  const message = `Cannot merge equal types of BTF: ${found}`;
  const span = { offset: 0, length: btf.bytes.length };
  return failure(errorAt("btf-dedup-limit", span, message, "Build the file again"));
}
