import { type AccessSpec, parseAccess } from "./access.ts";
import type { Candidate, CandidateSearch } from "./candidates.ts";
import { computeValue, type CoreValue } from "./compute.ts";
import { describeAccess, describeType } from "./describe.ts";
import { matchAccess, type Mismatch } from "./match.ts";
import type { CoreRelocation } from "./relocation.ts";
import type { Btf } from "../btf/types.ts";
import { createTypeView, nameOfType } from "./type-view.ts";

/** What a relocation comes to on one kernel. */
export type Resolution =
  | {
      readonly ok: true;
      readonly value: CoreValue;
      readonly local: AccessSpec;
      /** The access in the kernel; of several candidates that agree, the first. */
      readonly target: AccessSpec | undefined;
      /** Without a target: the nearest miss, or `undefined` when no type of that name exists. */
      readonly mismatch: Mismatch | undefined;
    }
  | {
      readonly ok: false;
      readonly code: "core-malformed" | "core-ambiguous" | "core-incomparable";
      /** What is relocated, for a person. */
      readonly description: string;
      /** Ends a sentence. */
      readonly reason: string;
    };

/** Resolves relocations of one object against one kernel. Each question is answered once. */
export interface CoreResolver {
  resolve(relocation: CoreRelocation): Resolution;
}

/** Prepares relocation of an object; nothing is decoded before it is asked for. Objects share the kernel's side. */
export function createCoreResolver(localBtf: Btf, search: CandidateSearch): CoreResolver {
  // BPF has 64-bit pointers whatever the kernel has.
  const view = createTypeView(localBtf, 8);
  const candidatesOf = new Map<number, readonly Candidate[]>();
  const answers = new Map<string, Resolution>();

  const answer = (relocation: CoreRelocation): Resolution => {
    const { kind, typeId } = relocation;
    const name = describeType(view, typeId);
    const refuse = (
      code: "core-malformed" | "core-ambiguous" | "core-incomparable",
      reason: string,
      description = name,
    ): Resolution => ({ ok: false, code, description, reason });

    const parsed = parseAccess(view, relocation);
    if (!parsed.ok) return refuse("core-malformed", parsed.reason);
    const local = parsed.spec;
    const description = describeAccess(local);
    const finish = (target: AccessSpec | undefined, mismatch?: Mismatch): Resolution => {
      const computed = computeValue(local, target);
      if (!computed.ok) return refuse("core-incomparable", computed.reason, description);
      return { ok: true, value: computed.value, local, target, mismatch };
    };
    if (kind === "type_id_local") return finish(undefined);

    const type = view.type(typeId);
    if (type === undefined || nameOfType(type) === "")
      return refuse("core-malformed", "an anonymous type cannot be looked for", description);
    let candidates = candidatesOf.get(typeId);
    if (candidates === undefined) {
      candidates = search.find(type);
      candidatesOf.set(typeId, candidates);
    }

    let first: Resolution | undefined;
    let nearest: Mismatch | undefined;
    const matching: Candidate[] = [];
    for (const candidate of candidates) {
      const match = matchAccess(local, candidate.view, candidate.id);
      if (match.kind === "undecidable")
        return refuse("core-incomparable", match.reason, description);
      if (match.kind === "mismatch") {
        if (nearest === undefined || match.mismatch.step > nearest.step) nearest = match.mismatch;
        continue;
      }
      matching.push(candidate);
      const next = finish(match.spec);
      if (!next.ok) return next;
      if (first === undefined || !first.ok) {
        first = next;
        continue;
      }
      // Two types of one name are fine as long as nobody can tell them apart.
      if (
        first.target?.bitOffset !== next.target?.bitOffset ||
        first.value.target !== next.value.target
      ) {
        const places = [first, next].map(({ target }) =>
          target === undefined ? "" : `[${target.rootId}] ${describeAccess(target)}`,
        );
        return refuse(
          "core-ambiguous",
          `the kernel's types disagree, ${places.join(" and ")}`,
          description,
        );
      }
    }
    // As in libbpf, candidates that once lost are out for this type: all its fields come from the same struct.
    if (matching.length > 0) candidatesOf.set(typeId, matching);
    return first ?? finish(undefined, nearest);
  };

  return {
    resolve(relocation) {
      const key = `${relocation.kind} ${relocation.typeId} ${relocation.accessor}`;
      const known = answers.get(key);
      if (known !== undefined) return known;
      const made = answer(relocation);
      answers.set(key, made);
      return made;
    },
  };
}
