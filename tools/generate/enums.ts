// The tables of @ocelli/bpf's abi folder: each is one enum of the kernel, by name.
import type { Btf } from "@ocelli/bpf";

import { generated, typedAs, type GeneratedFile } from "./text.ts";

interface EnumTable {
  readonly file: string;
  readonly constant: string;
  readonly comment: string;
  readonly enumName: string;
  /** What the kernel's names start with; it is cut off. */
  readonly prefix: string;
}

// A flag that is or'ed to a command, which the kernel keeps in the same enum.
const NO_COMMAND = "BPF_COMMON_ATTRS";

const TABLES: readonly EnumTable[] = [
  {
    file: "attach-types",
    constant: "ATTACH_TYPES",
    comment: "Attach types by name, numbered as in `enum bpf_attach_type`.",
    enumName: "bpf_attach_type",
    prefix: "BPF_",
  },
  {
    file: "commands",
    constant: "COMMANDS",
    comment: "Commands of bpf(2) by name, numbered as in `enum bpf_cmd`.",
    enumName: "bpf_cmd",
    prefix: "BPF_",
  },
  {
    file: "helpers",
    constant: "HELPERS",
    comment: "Helpers by name, numbered as in `enum bpf_func_id`; in C each has the prefix `bpf_`.",
    enumName: "bpf_func_id",
    prefix: "BPF_FUNC_",
  },
  {
    file: "link-types",
    constant: "LINK_TYPES",
    comment: "Link types by name, numbered as in `enum bpf_link_type`.",
    enumName: "bpf_link_type",
    prefix: "BPF_LINK_TYPE_",
  },
  {
    file: "map-types",
    constant: "MAP_TYPES",
    comment: "Map types by name, numbered as in `enum bpf_map_type`.",
    enumName: "bpf_map_type",
    prefix: "BPF_MAP_TYPE_",
  },
  {
    file: "program-types",
    constant: "PROGRAM_TYPES",
    comment: "Program types by name, numbered as in `enum bpf_prog_type`.",
    enumName: "bpf_prog_type",
    prefix: "BPF_PROG_TYPE_",
  },
];

/**
 * The names and numbers of one enum, in its order. Of several names for one number the first stands, unless it is
 * marked deprecated; ends of enums (`__MAX_…`, `MAX_…`) lack the prefix and are left out.
 */
function enumEntries(btf: Btf, table: EnumTable): Map<string, number> {
  const [id] = btf.idsByName(table.enumName, "enum");
  const type = id === undefined ? undefined : btf.type(id);
  if (type?.kind !== "enum") throw new Error(`The BTF has no enum ${table.enumName}`);
  const byNumber = new Map<number, string>();
  for (const { name, value } of type.values) {
    if (!name.startsWith(table.prefix) || name === NO_COMMAND) continue;
    const known = byNumber.get(Number(value));
    if (known === undefined || known.endsWith("_DEPRECATED")) byNumber.set(Number(value), name);
  }
  const entries = new Map<string, number>();
  for (const [value, name] of byNumber) {
    const short = name.slice(table.prefix.length).replace(/_DEPRECATED$/, "");
    entries.set(short.toLowerCase(), value);
  }
  return entries;
}

/** All tables of enums, as files. */
export function enumFiles(btf: Btf): GeneratedFile[] {
  return TABLES.map((table) => {
    const entries = [...enumEntries(btf, table)].map(([name, value]) => `  ${name}: ${value},\n`);
    const text =
      generated("enums.ts", `\`enum ${table.enumName}\``) +
      typedAs(table.comment, table.constant, entries.join(""));
    return { path: `packages/bpf/src/abi/${table.file}.gen.ts`, text };
  });
}
