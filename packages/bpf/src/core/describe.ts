import { type AccessSpec, subjectOf } from "./access.ts";
import type { BtfType } from "../btf/types.ts";
import { isEnum, nameOfType, type TypeView } from "./type-view.ts";

/** `struct task_struct`, as a C programmer writes it; `typedef u32` and `int` name the kind where C does not. */
export function describeType(view: TypeView, id: number): string {
  const type = view.type(id);
  return type === undefined ? `type ${id}` : describe(type);
}

/**
 * The access in one line: `struct task_struct.comm[3] (0:12:3 @ offset 104)`, `enum color::RED = 1` or just the type.
 * The offset is in bytes, with the bit behind a point for a bit field that does not start at a byte.
 */
export function describeAccess(spec: AccessSpec): string {
  const root = describeType(spec.view, spec.rootId);
  switch (subjectOf(spec.kind)) {
    case "type":
      return root;
    case "enumerator": {
      const [step] = spec.steps;
      const type = step === undefined ? undefined : spec.view.type(step.typeId);
      const value = type !== undefined && isEnum(type) ? type.values[step?.index ?? -1] : undefined;
      return value === undefined ? root : `${root}::${value.name} = ${value.value}`;
    }
    case "field": {
      const bit = spec.bitOffset % 8;
      const offset = `${Math.floor(spec.bitOffset / 8)}${bit === 0 ? "" : `.${bit}`}`;
      return `${root}${describePath(spec)} (${spec.raw.join(":")} @ offset ${offset})`;
    }
  }
}

/** The access behind its root: `.comm[3]`, `[2].x`; `upTo` leaves out the steps from that one on. */
export function describePath(spec: AccessSpec, upTo: number = spec.steps.length): string {
  return spec.steps
    .slice(0, upTo)
    .map(({ name, index }, position) => {
      if (name !== undefined) return `.${name}`;
      return position > 0 || index > 0 ? `[${index}]` : "";
    })
    .join("");
}

function describe(type: BtfType): string {
  const kind = type.kind === "enum64" ? "enum" : type.kind;
  return `${kind} ${nameOfType(type) || "<anonymous>"}`;
}
