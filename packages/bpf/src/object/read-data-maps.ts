import type { ObjectContext } from "./context.ts";
import type { Externs } from "./read-externs.ts";
import { emptyMap } from "./map-spec.ts";
import { isDataRole } from "./section-roles.ts";
import type { MapSpec } from "./spec.ts";

/** BPF_F_RDONLY_PROG (Linux 5.2). */
const READ_ONLY = 0x80;
/** BPF_F_MMAPABLE (Linux 5.5). */
const MMAPABLE = 0x400;
/** Zeroed sections take no space in the file, so their size says nothing about the memory that is at hand. */
const MAX_ZEROED_BYTES = 256 * 1024 * 1024;

/** One array map with one value for each data section, and one for the externs of the kernel's configuration. */
export function readDataMaps(context: ObjectContext, externs: Externs): MapSpec[] {
  const maps: MapSpec[] = [];
  let zeroed = 0;
  for (const section of context.elf.sections) {
    const role = context.roles[section.index] ?? "other";
    if (!isDataRole(role) || section.size === 0) continue;
    if (role === "bss") zeroed += section.size;
    if (zeroed > MAX_ZEROED_BYTES) {
      context.sink.error(
        "object-bss-size",
        { offset: section.offset, length: 0, section: section.name },
        `Cannot hold section "${section.name}": with it there are ${zeroed} bytes of zeroed variables, and ${MAX_ZEROED_BYTES} are the limit`,
        "Put large tables into maps of their own",
      );
      return maps;
    }
    const data = role === "bss" ? new Uint8Array(section.size) : Uint8Array.from(section.data);
    maps.push(dataMap(context, section.name, data, role === "rodata"));
  }
  if (externs.kconfigSize > 0)
    maps.push(dataMap(context, ".kconfig", new Uint8Array(externs.kconfigSize), true));
  return maps;
}

function dataMap(
  context: ObjectContext,
  name: string,
  data: Uint8Array,
  readonly: boolean,
): MapSpec {
  const section = context.types?.section(name);
  return {
    ...emptyMap(name, name),
    type: "array",
    keySize: 4,
    valueSize: data.length,
    maxEntries: 1,
    flags: (readonly ? READ_ONLY : 0) | (isShared(context, name) ? MMAPABLE : 0),
    valueTypeId: section?.id ?? 0,
    data,
    frozen: readonly,
  };
}

/** Whether user space may map the section: if one of its variables can be seen from outside. */
function isShared(context: ObjectContext, name: string): boolean {
  const variables = context.types?.section(name)?.variables ?? [];
  return variables.some(
    (variable) => variable.linkage !== "static" && !context.hidden.has(variable.name),
  );
}
