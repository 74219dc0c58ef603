import { essentialName } from "./essential-name.ts";
import type { Btf, BtfKind, BtfType } from "../btf/types.ts";
import { createTypeView, nameOfType, type TypeView } from "./type-view.ts";

/** The kernel's types that a program is relocated against. */
export interface CoreTargets {
  /** vmlinux, or BTF made for a kernel that has none. */
  readonly kernel: Btf;
  /**
   * BTF of the modules, each with the kernel's as its base. Asked for at most once, and only when the kernel itself lacks a
   * type: reading them takes time.
   */
  readonly modules?: () => readonly Btf[];
}

/** A kernel type that carries the name of a local one, flavours aside. */
export interface Candidate {
  readonly view: TypeView;
  readonly id: number;
}

/** Finds candidates by name; the views are shared by all searches. */
export interface CandidateSearch {
  /** In the kernel, or in the modules when the kernel has none, by ascending id. */
  find(localType: BtfType): readonly Candidate[];
}

/** Kinds that a relocation can name and that the kernel may carry under a flavour. */
const NAMED_KINDS: ReadonlySet<BtfKind> = new Set([
  "int",
  "struct",
  "union",
  "enum",
  "enum64",
  "fwd",
  "typedef",
  "float",
] as const);

/** Prepares the search in the given targets; decodes nothing yet. */
export function createCandidateSearch(targets: CoreTargets): CandidateSearch {
  const kernel = createTarget(targets.kernel);
  let modules: readonly Target[] | undefined;
  return {
    find(localType) {
      const found = findIn(kernel, localType);
      if (found.length > 0) return found;
      modules ??= (targets.modules?.() ?? []).map(createTarget);
      return modules.flatMap((target) => findIn(target, localType));
    },
  };
}

interface Target {
  readonly view: TypeView;
  /** Ids of the types whose own name has a flavour, by the name without it. */
  flavours: ReadonlyMap<string, readonly number[]> | undefined;
}

function createTarget(btf: Btf): Target {
  return { view: createTypeView(btf), flavours: undefined };
}

function findIn(target: Target, localType: BtfType): Candidate[] {
  const { view } = target;
  const { btf } = view;
  const name = essentialName(nameOfType(localType));
  target.flavours ??= collectFlavours(btf);
  const ids = [...btf.idsByName(name), ...(target.flavours.get(name) ?? [])];
  return ids
    .filter((id) => id >= btf.firstId && compatibleKinds(btf.kindOf(id), localType.kind))
    .toSorted((a, b) => a - b)
    .map((id) => ({ view, id }));
}

function compatibleKinds(a: BtfKind | undefined, b: BtfKind): boolean {
  const isEnum = (kind: BtfKind | undefined): boolean => kind === "enum" || kind === "enum64";
  return a === b || (isEnum(a) && isEnum(b));
}

/** One pass over the names; kernels have hardly any flavoured types, so the map stays small. */
function collectFlavours(btf: Btf): ReadonlyMap<string, readonly number[]> {
  const flavours = new Map<string, number[]>();
  for (let id = btf.firstId; id < btf.endId; id += 1) {
    const kind = btf.kindOf(id);
    if (kind === undefined || !NAMED_KINDS.has(kind)) continue;
    const name = btf.nameOf(id);
    const essential = essentialName(name);
    if (essential === name) continue;
    const ids = flavours.get(essential);
    if (ids === undefined) flavours.set(essential, [id]);
    else ids.push(id);
  }
  return flavours;
}
