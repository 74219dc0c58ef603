import type { CoreKind, CoreRelocation } from "./relocation.ts";
import type { BtfTypeOf } from "../btf/types.ts";
import { isComposite, isEnum, type TypeView } from "./type-view.ts";

/** One turning point of an access: a named member or enumerator, or an array index when there is no name. */
export interface AccessStep {
  /** The type that is stepped into: the struct of a member, the element type of an index. */
  readonly typeId: number;
  readonly index: number;
  readonly name: string | undefined;
}

/**
 * Where an access leads in one BTF.
 *
 * ```
 *   struct sample { int x; struct { int y; int a[7]; }; };    &s->a[3]  is accessor 0:1:1:3
 *
 *   raw    0, 1, 1, 3          every level, anonymous ones included
 *   steps  [0]  .a  [3]        what the program means; this is looked for in the kernel
 * ```
 */
export interface AccessSpec {
  readonly view: TypeView;
  readonly kind: CoreKind;
  readonly rootId: number;
  readonly steps: readonly AccessStep[];
  readonly raw: readonly number[];
  /** From the start of the root type. */
  readonly bitOffset: number;
}

/** A spec, or why there is none, as the end of a sentence. */
export type AccessResult =
  | { readonly ok: true; readonly spec: AccessSpec }
  | { readonly ok: false; readonly reason: string };

/** Levels of nesting that an access may have. */
export const MAX_ACCESS_LENGTH = 64;

/** What a relocation asks about: a field, a type or an enumerator. */
export function subjectOf(kind: CoreKind): "field" | "type" | "enumerator" {
  if (kind.startsWith("field_")) return "field";
  return kind.startsWith("type_") ? "type" : "enumerator";
}

/** Reads an accessor against the object's own types and checks every step of it. */
export function parseAccess(view: TypeView, relocation: CoreRelocation): AccessResult {
  const { kind, typeId, accessor } = relocation;
  const empty: AccessSpec = { view, kind, rootId: typeId, steps: [], raw: [], bitOffset: 0 };
  if (view.type(typeId) === undefined) return refuse(`there is no type ${typeId}`);
  const subject = subjectOf(kind);
  if (subject === "type") {
    return accessor === "0"
      ? { ok: true, spec: empty }
      : refuse(`the accessor of a type must be "0": it is "${accessor}"`);
  }
  const raw = parseIndexes(accessor);
  if (typeof raw === "string") return refuse(raw);
  const root = view.resolve(typeId);
  if (root === undefined) return refuse(`type ${typeId} refers to itself or to nothing`);
  const [first = 0] = raw;
  if (subject === "field") return parseField(empty, raw, root.id);

  if (!isEnum(root.type)) return refuse(`type ${typeId} must be an enum: it is ${root.type.kind}`);
  if (raw.length > 1)
    return refuse(`the accessor of an enumerator must be one index: "${accessor}"`);
  const enumerator = root.type.values[first];
  if (enumerator === undefined)
    return refuse(`enumerator ${first} is out of range: there are ${root.type.values.length}`);
  const step = { typeId: root.id, index: first, name: enumerator.name };
  return { ok: true, spec: { ...empty, steps: [step], raw } };
}

/**
 * Whether an array is the flexible one at the end of a struct, which has no bounds. `before` is the step that led to it.
 */
export function isFlexibleArray(
  view: TypeView,
  before: AccessStep | undefined,
  array: BtfTypeOf<"array">,
): boolean {
  if (before?.name === undefined || array.length > 0) return false;
  const owner = view.type(before.typeId);
  return owner !== undefined && isComposite(owner) && before.index === owner.members.length - 1;
}

function parseField(empty: AccessSpec, raw: readonly number[], rootId: number): AccessResult {
  const { view } = empty;
  const [first = 0] = raw;
  const rootSize = view.sizeOf(rootId);
  if (rootSize === undefined) return refuse(`type ${rootId} has no size`);
  const steps: AccessStep[] = [{ typeId: rootId, index: first, name: undefined }];
  let bitOffset = first * rootSize * 8;
  let id = rootId;

  for (const [level, index] of raw.entries()) {
    if (level === 0) continue;
    const resolved = view.resolve(id);
    if (resolved === undefined) return refuse(`type ${id} refers to itself or to nothing`);
    const { type } = resolved;
    if (isComposite(type)) {
      const member = type.members[index];
      if (member === undefined)
        return refuse(
          `index ${index} at level ${level} is out of range: "${type.kind} ${type.name}" has ${type.members.length} members`,
        );
      bitOffset += member.offsetBits;
      if (member.name !== "") steps.push({ typeId: resolved.id, index, name: member.name });
      id = member.typeId;
    } else if (type.kind === "array") {
      const element = view.resolve(type.typeId);
      if (element === undefined)
        return refuse(`type ${type.typeId} refers to itself or to nothing`);
      if (index >= type.length && !isFlexibleArray(view, steps.at(-1), type))
        return refuse(
          `index ${index} at level ${level} is out of range: the array has ${type.length} elements`,
        );
      const size = view.sizeOf(element.id);
      if (size === undefined) return refuse(`type ${element.id} has no size`);
      steps.push({ typeId: element.id, index, name: undefined });
      bitOffset += index * size * 8;
      id = element.id;
    } else {
      return refuse(`level ${level} must be a struct, union or array: it is ${type.kind}`);
    }
  }
  if (bitOffset > 0xffff_ffff) return refuse("the offset needs more than 32 bits");
  return { ok: true, spec: { ...empty, steps, raw, bitOffset } };
}

function parseIndexes(accessor: string): readonly number[] | string {
  if (!/^\d{1,10}(?::\d{1,10})*$/.test(accessor))
    return `an accessor is indexes joined by colons: it is "${accessor.slice(0, 80)}"`;
  const raw = accessor.split(":").map(Number);
  if (raw.length > MAX_ACCESS_LENGTH)
    return `an accessor has up to ${MAX_ACCESS_LENGTH} levels: it has ${raw.length}`;
  const large = raw.find((index) => index > 0x7fff_ffff);
  return large === undefined ? raw : `an index has 31 bits: it is ${large}`;
}

function refuse(reason: string): AccessResult {
  return { ok: false, reason };
}
