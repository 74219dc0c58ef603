import type { Btf } from "../btf/types.ts";
import { parseAccess } from "./access.ts";
import { describeAccess } from "./describe.ts";
import type { CoreRelocation } from "./relocation.ts";
import { createTypeView } from "./type-view.ts";

/**
 * Words for the relocations of an object, whose own types `btf` are: `CO-RE <field_byte_offset> struct p.y (0:1 @ offset 4)`.
 * Made for the option `describeRelocation` of `formatListing()`. What the types do not explain is described by its numbers
 * and the reason.
 */
export function relocationDescriber(btf: Btf): (relocation: CoreRelocation) => string {
  // BPF has 64-bit pointers whatever the kernel has.
  const view = createTypeView(btf, 8);
  return (relocation) => {
    const { kind, typeId, accessor } = relocation;
    const access = parseAccess(view, relocation);
    return access.ok
      ? `CO-RE <${kind}> ${describeAccess(access.spec)}`
      : `CO-RE <${kind}> [${typeId}] (${accessor}): ${access.reason}`;
  };
}
