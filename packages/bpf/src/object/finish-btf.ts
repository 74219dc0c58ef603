import { BTF_KINDS, kindNumberOf, vlenOf } from "../btf/format.ts";
import { readBtf } from "../btf/read.ts";
import type { Btf } from "../btf/types.ts";
import { SYMBOL_BINDINGS, SYMBOL_TYPES } from "../elf/types.ts";
import type { ObjectContext } from "./context.ts";
import type { Externs } from "./read-externs.ts";
import { typeOffsets } from "./type-offsets.ts";

const LINKAGE = { static: 0, global: 1 } as const;

/**
 * The object's BTF with what compilers leave to the linker filled in, as libbpf does before it hands BTF to the kernel: sizes
 * of data sections, offsets of their variables in ascending order, the layout of `.kconfig`, and static linkage for
 * hidden variables and functions. Type ids and strings stay. `.ksyms` stays as it is: what becomes of it depends on the
 * kernel.
 */
export function finishBtf(context: ObjectContext, externs: Externs): Btf | undefined {
  const { types } = context;
  if (types === undefined) return undefined;
  const bytes = Uint8Array.from(types.btf.bytes);
  const view = new DataView(bytes.buffer);
  const little = types.btf.littleEndian;
  const places = new Map(
    context.symbols
      .filter(({ bind, type }) => bind !== SYMBOL_BINDINGS.local && type === SYMBOL_TYPES.object)
      .map(({ name, value }) => [name, value]),
  );
  const sizes = new Map(context.elf.sections.map(({ name, size }) => [name, size]));
  const offsets = typeOffsets(view, little);
  const nameAt = (id: number): string => types.btf.nameOf(id);

  offsets.forEach((at, index) => {
    const info = view.getUint32(at + 4, little);
    const id = index + types.btf.firstId;
    switch (BTF_KINDS[kindNumberOf(info)]) {
      case "func":
        if (vlenOf(info) === LINKAGE.global && context.hidden.has(nameAt(id)))
          view.setUint32(at + 4, (info & ~0xffff) >>> 0, little);
        break;
      case "var":
        if (view.getUint32(at + 12, little) === LINKAGE.global && context.hidden.has(nameAt(id)))
          view.setUint32(at + 12, LINKAGE.static, little);
        else if (externs.kconfig.has(nameAt(id))) view.setUint32(at + 12, LINKAGE.global, little);
        break;
      case "datasec":
        finishSection(at, vlenOf(info), nameAt(id));
        break;
      default:
    }
  });
  const finished = readBtf(bytes);
  return finished.ok ? finished.value : undefined;

  // A data section: u32 name, info, size, then for each variable u32 type, offset, size.
  function finishSection(at: number, count: number, name: string): void {
    const isKconfig = name === ".kconfig";
    const size = isKconfig ? externs.kconfigSize : sizes.get(name);
    if (size === undefined || (view.getUint32(at + 8, little) !== 0 && !isKconfig)) return;
    view.setUint32(at + 8, size, little);
    const variables = Array.from({ length: count }, (_, index) => {
      const entry = at + 12 + index * 12;
      const typeId = view.getUint32(entry, little);
      const variable = nameAt(typeId);
      const isStatic = types?.btf.type(typeId);
      const known = isKconfig ? externs.kconfig.get(variable)?.offset : places.get(variable);
      const keeps = isStatic?.kind === "var" && isStatic.linkage === "static";
      const offset = (keeps ? undefined : known) ?? view.getUint32(entry + 4, little);
      return { typeId, offset, size: view.getUint32(entry + 8, little) };
    }).toSorted((a, b) => a.offset - b.offset);
    variables.forEach((variable, index) => {
      const entry = at + 12 + index * 12;
      view.setUint32(entry, variable.typeId, little);
      view.setUint32(entry + 4, variable.offset, little);
      view.setUint32(entry + 8, variable.size, little);
    });
  }
}
