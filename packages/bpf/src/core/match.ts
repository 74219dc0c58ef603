import {
  type AccessSpec,
  type AccessStep,
  isFlexibleArray,
  MAX_ACCESS_LENGTH,
  subjectOf,
} from "./access.ts";
import { fieldsAreCompatible, typesAreCompatible, type Verdict } from "./compatible.ts";
import { essentialName } from "./essential-name.ts";
import { isComposite, isEnum, type TypeView } from "./type-view.ts";
import { typesMatch } from "./types-match.ts";

/** Why a kernel type does not have what is asked for, and at which step of the access. */
export interface Mismatch {
  readonly step: number;
  /** `absent`: no such name. `shape`: the name is there with another type. `bounds`: the array is too short. */
  readonly why: "absent" | "shape" | "bounds";
}

/** What comes of holding an access against one kernel type. */
export type MatchResult =
  | { readonly kind: "match"; readonly spec: AccessSpec }
  | { readonly kind: "mismatch"; readonly mismatch: Mismatch }
  /** The types cannot be compared: the relocation fails as a whole. The reason ends a sentence. */
  | { readonly kind: "undecidable"; readonly reason: string };

/** Looks for the local access in one candidate type of the kernel. */
export function matchAccess(local: AccessSpec, target: TypeView, targetId: number): MatchResult {
  const { view, kind, rootId } = local;
  const empty: AccessSpec = {
    view: target,
    kind,
    rootId: targetId,
    steps: [],
    raw: [],
    bitOffset: 0,
  };
  switch (subjectOf(kind)) {
    case "field":
      return new FieldSearch(local, empty).run();
    case "enumerator":
      return matchEnumerator(local, empty);
    case "type": {
      const compare = kind === "type_matches" ? typesMatch : typesAreCompatible;
      const verdict = compare(view, rootId, target, targetId);
      if (verdict === true) return { kind: "match", spec: empty };
      return verdict === false ? mismatch(0, "shape") : undecidable();
    }
  }
}

function matchEnumerator(local: AccessSpec, empty: AccessSpec): MatchResult {
  const resolved = empty.view.resolve(empty.rootId);
  if (resolved === undefined) return undecidable();
  if (!isEnum(resolved.type)) return mismatch(0, "shape");
  const wanted = essentialName(local.steps[0]?.name ?? "");
  const index = resolved.type.values.findIndex(({ name }) => essentialName(name) === wanted);
  const found = resolved.type.values[index];
  if (found === undefined) return mismatch(0, "absent");
  const step = { typeId: resolved.id, index, name: found.name };
  return { kind: "match", spec: { ...empty, steps: [step], raw: [index] } };
}

/** The search of one field; it owns the path that grows while members are tried. */
class FieldSearch {
  readonly #local: AccessSpec;
  readonly #empty: AccessSpec;
  readonly #steps: AccessStep[] = [];
  readonly #raw: number[] = [];
  #bitOffset = 0;
  #tooDeep = false;

  constructor(local: AccessSpec, empty: AccessSpec) {
    this.#local = local;
    this.#empty = empty;
  }

  run(): MatchResult {
    const { view: target, rootId } = this.#empty;
    let id = rootId;
    for (const [position, step] of this.#local.steps.entries()) {
      const resolved = target.resolve(id);
      if (resolved === undefined) return undecidable();
      if (step.name !== undefined) {
        const next = this.#member(step, step.name, resolved.id, new Set());
        if (this.#tooDeep || next === "undecidable") return undecidable();
        if (typeof next === "string") return mismatch(position, next);
        id = next;
        continue;
      }
      id = resolved.id;
      // The root stands for an element of an array already: `s[2].x` starts with its index.
      if (position > 0) {
        const { type } = resolved;
        if (type.kind !== "array") return mismatch(position, "shape");
        if (step.index >= type.length && !isFlexibleArray(target, this.#steps.at(-1), type))
          return mismatch(position, "bounds");
        const element = target.resolve(type.typeId);
        if (element === undefined) return undecidable();
        id = element.id;
      }
      if (this.#raw.length === MAX_ACCESS_LENGTH) return undecidable();
      const size = target.sizeOf(id);
      if (size === undefined) return { kind: "undecidable", reason: `type ${id} has no size` };
      this.#steps.push({ typeId: id, index: step.index, name: undefined });
      this.#raw.push(step.index);
      this.#bitOffset += step.index * size * 8;
    }
    if (this.#bitOffset > 0xffff_ffff)
      return { kind: "undecidable", reason: "the offset needs more than 32 bits" };
    const { spec } = this;
    return { kind: "match", spec };
  }

  get spec(): AccessSpec {
    const { view, kind, rootId } = this.#empty;
    return {
      view,
      kind,
      rootId,
      steps: this.#steps,
      raw: this.#raw,
      bitOffset: this.#bitOffset,
    };
  }

  /**
   * Finds a member by name, through anonymous structs and unions, and returns the id of its type. `searched` holds the
   * anonymous types that do not have it: searching each once keeps the time linear.
   */
  #member(
    step: AccessStep,
    name: string,
    id: number,
    searched: Set<number>,
  ): number | Mismatch["why"] | "undecidable" {
    const { view: target } = this.#empty;
    const resolved = target.resolve(id);
    if (resolved === undefined) return "undecidable";
    if (!isComposite(resolved.type)) return "shape";
    if (searched.has(resolved.id)) return "absent";
    let result: Mismatch["why"] = "absent";
    for (const [index, member] of resolved.type.members.entries()) {
      if (member.name !== "" && member.name !== name) continue;
      if (this.#raw.length === MAX_ACCESS_LENGTH) {
        this.#tooDeep = true;
        return "undecidable";
      }
      this.#bitOffset += member.offsetBits;
      this.#raw.push(index);
      if (member.name === "") {
        const found = this.#member(step, name, member.typeId, searched);
        if (typeof found === "number" || found === "undecidable") return found;
        if (found === "shape" && isCompositeId(target, member.typeId)) result = "shape";
      } else {
        const verdict = this.#compatible(step, member.typeId);
        if (verdict === "undecidable") return verdict;
        if (verdict) {
          this.#steps.push({ typeId: resolved.id, index, name });
          return member.typeId;
        }
        this.#bitOffset -= member.offsetBits;
        this.#raw.pop();
        searched.add(resolved.id);
        return "shape";
      }
      this.#bitOffset -= member.offsetBits;
      this.#raw.pop();
    }
    searched.add(resolved.id);
    return result;
  }

  #compatible(step: AccessStep, targetMemberType: number): Verdict {
    const { view } = this.#local;
    const owner = view.type(step.typeId);
    if (owner === undefined || !isComposite(owner)) return "undecidable";
    const member = owner.members[step.index];
    if (member === undefined) return "undecidable";
    return fieldsAreCompatible(view, member.typeId, this.#empty.view, targetMemberType);
  }
}

function isCompositeId(view: TypeView, id: number): boolean {
  const resolved = view.resolve(id);
  return resolved !== undefined && isComposite(resolved.type);
}

function mismatch(step: number, why: Mismatch["why"]): MatchResult {
  return { kind: "mismatch", mismatch: { step, why } };
}

function undecidable(): MatchResult {
  return { kind: "undecidable", reason: "the types nest too deeply or refer to nothing" };
}
