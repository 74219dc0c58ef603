import type { Analysis } from "./analysis.ts";
import { loadTracingArgument } from "./btf-context.ts";
import type { Access } from "./region.ts";
import { contextLayout, findField, type ContextField } from "./context-fields.ts";
import { freshId } from "./analysis.ts";
import { reject } from "./reject.ts";
import { isConstant, unsignedScalar } from "./scalar.ts";
import { pointerTo, type Pointer, type Value } from "./value.ts";

/** A load from the context, or a store to it. */
export function loadContext(analysis: Analysis, access: Access, pointer: Pointer): Value {
  const { kind } = analysis;
  const { register, offset, size, write } = access;
  if (kind === "syscall") {
    const at = offset + pointer.offset;
    const inside = isConstant(pointer.variable) && at >= 0 && at + size <= 0xffff;
    if (inside && at % size === 0) return unsignedScalar(size);
    return refuse(analysis, access, offset + pointer.offset);
  }
  if (pointer.offset !== 0 || !isConstant(pointer.variable) || pointer.variable.value !== 0n)
    reject(
      "vm-verify-context",
      `r${register} is the context with something added to it`,
      "Use the context itself, with constant offsets in loads and stores; a compiler that adds first needs volatile accesses",
      [register],
    );
  if (offset < 0 || offset % size !== 0) return refuse(analysis, access, offset);
  switch (kind) {
    case "kprobe":
      if (write || offset + size > 168) return refuse(analysis, access, offset);
      return unsignedScalar(size);
    case "tracepoint":
      if (write || offset < 8 || offset + size > 8192) return refuse(analysis, access, offset);
      return unsignedScalar(size);
    case "tp_btf":
    case "fentry":
    case "lsm":
    case "iter":
    case "netfilter":
      if (write) return refuse(analysis, access, offset);
      return loadTracingArgument(analysis, access);
    default:
      return loadField(analysis, access);
  }
}

function loadField(analysis: Analysis, access: Access): Value {
  const { offset, size, write } = access;
  const layout = contextLayout(analysis.kind);
  if (layout === undefined)
    return reject(
      "vm-verify-unsupported",
      `The context of programs of type ${analysis.kind} is not known to this verifier`,
      "Verify the program with the kernel",
    );
  const field = findField(layout, offset, size);
  if (field === undefined || (write && !mayWrite(field, size)))
    return refuse(analysis, access, offset);
  if (analysis.kind === "xdp" && field.start === 20 && analysis.program.attachType !== "xdp_devmap")
    return refuse(analysis, access, offset);
  if (field.pointer === undefined || write) return unsignedScalar(size);
  const { nullable } = field;
  return pointerTo(field.pointer, { nullable, id: nullable ? freshId(analysis) : 0 });
}

/** Only fields of several members take stores narrower than themselves. */
function mayWrite(field: ContextField, size: number): boolean {
  return field.write && field.pointer === undefined && (size === field.size || field.size === 8);
}

function refuse(analysis: Analysis, { register, size, write }: Access, offset: number): never {
  const layout = contextLayout(analysis.kind);
  return reject(
    "vm-verify-context",
    `${size} bytes at ${offset} of the context${layout === undefined ? "" : ` (struct ${layout.name})`} are ${write ? "written" : "read"}: programs of type ${analysis.kind} have nothing there that may be`,
    `Access whole fields${write ? " that are writable" : ""}, at their own offsets`,
    [register],
  );
}
