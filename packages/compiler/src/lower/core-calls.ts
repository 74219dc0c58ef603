import type { CoreKind } from "@ocelli/bpf";

import type { KernelField } from "../ir/ir.ts";
import type { Expression } from "../parse/ast.ts";
import { enumeratorValue } from "../types/kernel.ts";
import { intType, type KernelPointer } from "../types/type.ts";
import type { Lowerer } from "./lowerer.ts";
import { FAILED, type Operand } from "./operand.ts";

type Call = Expression & { readonly kind: "call" };

/** Lowers questions about the kernel's own types, which loading answers. */
export function callCore(low: Lowerer, name: string, node: Call): Operand {
  const { kernel, builder } = low;
  if (kernel === undefined)
    return low.refuse(
      "no-kernel-types",
      node.span,
      `Cannot ask for kernel types with ${name}(): no kernel BTF was given`,
      "Compile where /sys/kernel/btf/vmlinux is, or name a BTF file",
    );
  const [first, second] = node.args;
  if (name === "exists") return first === undefined ? FAILED : fieldExists(low, first);
  const type = first?.kind === "string" ? first.value : undefined;
  const wantsName = name === "enumValue" || name === "enumExists";
  const enumerator = second?.kind === "string" ? second.value : undefined;
  if (type === undefined || (wantsName && enumerator === undefined))
    return low.refuse(
      "no-type-name",
      node.span,
      `Cannot ask with this: ${name}() takes names that stand in the source`,
      wantsName ? 'Write enumValue("tcp_state", "TCP_LISTEN")' : `Write ${name}("task_struct")`,
    );
  const field: KernelField = {
    struct: type,
    path: enumerator === undefined || !wantsName ? [] : [enumerator],
  };
  // The instruction holds what is true of the object's own types: there, what it names exists.
  const fact = (kind: CoreKind, value: bigint): number => builder.core(kind, field, value);
  switch (name) {
    case "typeExists":
      return { kind: "value", type: { kind: "bool" }, value: fact("type_exists", 1n) };
    case "typeSize": {
      const [id] = [...kernel.idsByName(type, "struct"), ...kernel.idsByName(type, "union")];
      const found = id === undefined ? undefined : kernel.type(id);
      const size = found?.kind === "struct" || found?.kind === "union" ? BigInt(found.size) : 0n;
      return { kind: "value", type: intType(32, false), value: fact("type_size", size) };
    }
    case "enumExists":
      return { kind: "value", type: { kind: "bool" }, value: fact("enumval_exists", 1n) };
    default: {
      const value = enumeratorValue(kernel, type, enumerator ?? "");
      if (value === undefined)
        return low.refuse(
          "no-enumerator",
          node.span,
          `Cannot find "${enumerator}" in enum "${type}": the kernel's BTF types have no such name`,
          "Look it up with: ocelli btf dump --type NAME",
        );
      return { kind: "value", type: intType(64, true), value: fact("enumval_value", value) };
    }
  }
}

/** `exists(task.field)`: whether the kernel that loads the program has the field. Nothing is read on the last step. */
function fieldExists(low: Lowerer, node: Expression): Operand {
  const { kernel, builder } = low;
  if (kernel === undefined) return FAILED;
  if (node.kind === "member") {
    const object = low.expression(node.object);
    if (object.kind === "failed") return FAILED;
    const pointer: KernelPointer | undefined =
      object.kind === "value" && object.type.kind === "kernel" ? object.type : undefined;
    const start =
      pointer !== undefined
        ? { typeId: pointer.typeId, field: { struct: pointer.struct, path: [] } }
        : object.kind === "kernel-place"
          ? object
          : undefined;
    if (start !== undefined) {
      const field = { struct: start.field.struct, path: [...start.field.path, node.name] };
      const value = builder.core("field_exists", field, 1n);
      return { kind: "value", type: { kind: "bool" }, value };
    }
  }
  return low.refuse(
    "no-kernel-field",
    node.span,
    "Cannot ask whether this exists: it is no member of a kernel struct",
    "Write exists(task.member)",
  );
}
