import type { Reference } from "../asm/instruction.ts";
import type { BtfType } from "../btf/types.ts";
import { SYMBOL_BINDINGS, SYMBOL_TYPES } from "../elf/types.ts";
import type { Draft } from "./draft.ts";
import type { KnownVariables } from "./known-variables.ts";
import type { CollectionSpec, KconfigSpec } from "./spec.ts";

/** Writes what the object wants from the kernel: undefined symbols, and the sections `.kconfig` and `.ksyms` of its BTF. */
export function writeExterns(
  draft: Draft,
  { programs, functions, kconfig }: CollectionSpec,
  known: KnownVariables,
): void {
  const values = [...kconfig.values()].map((value) => {
    addSymbol(draft, value);
    const typeId =
      known.find(".kconfig", value.name)?.typeId ?? draft.btf.add(kconfigType(draft, value));
    const id = known.variable(".kconfig", value.name, { typeId, linkage: "extern" });
    return { typeId: id, offset: 0, size: value.size };
  });
  if (values.length > 0) known.section(".kconfig", 0, values);

  const symbols = new Map<string, number>();
  for (const { instructions } of [...programs.values(), ...functions.values()]) {
    for (const { reference } of instructions) {
      if (reference?.kind !== "ksym" && reference?.kind !== "kfunc") continue;
      if (symbols.has(reference.name)) continue;
      addSymbol(draft, reference);
      symbols.set(reference.name, typeOf(draft, reference));
    }
  }
  const isListed = [...symbols.keys()].every((name) => known.find(".ksyms", name) !== undefined);
  if (isListed) return;
  known.section(
    ".ksyms",
    0,
    [...symbols.values()].map((typeId) => ({ typeId, offset: 0, size: 0 })),
  );
}

function addSymbol(
  draft: Draft,
  { name, weak }: { readonly name: string; readonly weak: boolean },
): void {
  const bind = weak ? SYMBOL_BINDINGS.weak : SYMBOL_BINDINGS.global;
  draft.symbol(`extern:${name}`, { name, value: 0, size: 0, type: SYMBOL_TYPES.none, bind });
}

function typeOf(
  { btf, sink }: Draft,
  reference: Extract<Reference, { kind: "ksym" | "kfunc" }>,
): number {
  const { kind, name, typeId } = reference;
  if (typeId !== 0) return typeId;
  if (kind === "ksym")
    return btf.add({
      kind: "var",
      name,
      typeId: btf.add({ kind: "const", typeId: 0 }),
      linkage: "extern",
    });
  sink.error(
    "object-write-kfunc",
    { offset: 0, length: 0 },
    `Cannot write the call of "${name}": kernel functions are called through a FUNC type, and none is given`,
    "Add the function's prototype to the collection's BTF",
  );
  return 0;
}

function kconfigType({ btf }: Draft, { kind, size, signed }: KconfigSpec): BtfType {
  const int = (bytes: number, encoding: "bool" | "signed" | "unsigned", name: string): BtfType => ({
    kind: "int",
    name,
    size: bytes,
    bits: bytes * 8,
    offsetBits: 0,
    encoding,
  });
  const sign = signed ? "signed" : "unsigned";
  switch (kind) {
    case "bool":
      return int(1, "bool", "_Bool");
    case "char":
      return int(1, sign, "char");
    case "int":
      return int(size, sign, `${sign} ${size}`);
    case "tristate": {
      const values = ["TRI_NO", "TRI_YES", "TRI_MODULE"].map((name, value) => ({ name, value }));
      return { kind: "enum", name: "libbpf_tristate", size: 4, signed: false, values };
    }
    case "char-array": {
      const typeId = btf.add(int(1, "signed", "char"));
      const indexTypeId = btf.add(int(4, "signed", "int"));
      return { kind: "array", typeId, indexTypeId, length: size };
    }
    default:
      return kind satisfies never;
  }
}
