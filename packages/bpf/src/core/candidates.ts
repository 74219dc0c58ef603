import { essentialName } from "./essential-name.ts";
import { type FlavouredName, flavouredNames } from "./flavours.ts";
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
  /** Found when they are first needed; a module's types may use the strings of its base. */
  flavours: readonly FlavouredName[] | undefined;
}

function createTarget(btf: Btf): Target {
  return { view: createTypeView(btf), flavours: undefined };
}

function findIn(target: Target, localType: BtfType): Candidate[] {
  const { view } = target;
  const { btf } = view;
  const name = essentialName(nameOfType(localType));
  target.flavours ??= [
    ...flavouredNames(btf),
    ...(btf.base === undefined ? [] : flavouredNames(btf.base)),
  ];
  const kinds = compatibleKinds(localType.kind);
  // A name may be the tail of another string.
  const flavoured = target.flavours
    .filter((string) => string.name.endsWith(name))
    .map(({ suffix }) => name + suffix);
  return [name, ...new Set(flavoured)]
    .flatMap((wanted) => kinds.flatMap((kind) => btf.idsByName(wanted, kind)))
    .filter((id) => id >= btf.firstId)
    .toSorted((a, b) => a - b)
    .map((id) => ({ view, id }));
}

function compatibleKinds(kind: BtfKind): readonly BtfKind[] {
  return kind === "enum" || kind === "enum64" ? ["enum", "enum64"] : [kind];
}
