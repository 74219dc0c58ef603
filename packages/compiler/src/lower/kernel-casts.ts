import type { Span } from "@ocelli/bpf";

import type { Value } from "../ir/ir.ts";
import type { Expression } from "../parse/ast.ts";
import { intType, type Type } from "../types/type.ts";
import { toTyped } from "./convert.ts";
import { kernelAddress } from "./kernel.ts";
import type { Lowerer } from "./lowerer.ts";
import { FAILED, type Operand } from "./operand.ts";

type Call = Expression & { readonly kind: "call" };

/** Where something of the kernel lies: an address, a number that is one, a pointer, or a member. */
function address(low: Lowerer, operand: Operand, span: Span): Value | undefined {
  if (operand.kind === "failed") return undefined;
  if (operand.kind === "kernel-place") return kernelAddress(low, operand);
  const typed = toTyped(low, operand, span);
  if (typed === undefined) return undefined;
  const { type, value } = typed;
  const isAddress = type.kind === "address" && type.space === "kernel";
  const isNumber = type.kind === "int" && type.bits === 64;
  if (isAddress || isNumber || type.kind === "kernel") return value;
  low.refuse(
    "no-kernel-pointer",
    span,
    "Cannot take this as a place in the kernel: it is no address",
    "Give a kernel struct, a member of one, or an Addr",
  );
  return undefined;
}

function missing(low: Lowerer, name: string, node: Call): Operand {
  return low.refuse(
    "missing-argument",
    node.span,
    `Cannot call ${name}(): an argument is missing`,
    "Give all arguments that the editor shows",
  );
}

/** Lowers `addrOf(place)`: the address as a number. */
export function addrOf(low: Lowerer, node: Call): Operand {
  const [argument] = node.args;
  if (argument === undefined) return missing(low, "addrOf", node);
  const value = address(low, low.expression(argument), argument.span);
  return value === undefined ? FAILED : { kind: "value", type: intType(64, false), value };
}

/** Lowers `kernelStruct(name, from)`: a pointer whose members are read by a helper, at places that loading finds. */
export function kernelStruct(low: Lowerer, node: Call): Operand {
  const [name, from] = node.args;
  const { kernel } = low;
  if (name?.kind !== "string" || from === undefined) return missing(low, "kernelStruct", node);
  const struct = name.value;
  const typeId =
    kernel?.idsByName(struct, "struct").at(0) ?? kernel?.idsByName(struct, "union").at(0);
  if (typeId === undefined)
    return low.refuse(
      "no-kernel-struct",
      name.span,
      `Cannot find the kernel's struct "${struct}": ${kernel === undefined ? "no kernel BTF was given" : "these BTF types have none of that name"}`,
      "Look it up with: ocelli btf dump --type NAME",
    );
  const value = address(low, low.expression(from), from.span);
  if (value === undefined) return FAILED;
  const type: Type = { kind: "kernel", struct, typeId, access: "probe" };
  return { kind: "value", type, value };
}
