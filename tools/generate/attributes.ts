// The layouts of `union bpf_attr`, of what BPF_OBJ_GET_INFO_BY_FD writes, and of `struct perf_event_attr`.
import type { Btf } from "@ocelli/bpf";

import { aggregateOf, flatFields, structNamed, type Aggregate } from "./struct-fields.ts";
import { generated, typedAs, type GeneratedFile } from "./text.ts";

// The nameless structs of the union, by their first field. Those with a name keep it.
const NAME_BY_FIRST_FIELD: Readonly<Record<string, string>> = {
  map_type: "map_create",
  map_fd: "map_elem",
  prog_type: "prog_load",
  pathname: "obj",
  target_fd: "prog_attach",
  start_id: "get_id",
  btf: "btf_load",
};

function layout(btf: Btf, name: string, type: Aggregate): string {
  const seen = new Set<string>();
  const fields = flatFields(btf, type)
    .filter(({ name: field }) => !seen.has(field) && seen.add(field) !== undefined)
    .map(({ name: field, offset, size }) => {
      const key = field.includes(".") ? `"${field}"` : field;
      return `      ${key}: [${offset}, ${size}],\n`;
    });
  return `  ${name}: {\n    size: ${type.size},\n    fields: {\n${fields.join("")}    },\n  },\n`;
}

function attributeLayouts(btf: Btf): string {
  const union = structNamed(btf, "bpf_attr");
  return union.members
    .map((member) => {
      const type = aggregateOf(btf, member.typeId);
      if (type === undefined) throw new Error(`Member "${member.name}" of bpf_attr is no struct`);
      const first = flatFields(btf, type)[0]?.name ?? "";
      const name = member.name === "" ? NAME_BY_FIRST_FIELD[first] : member.name;
      if (name === undefined)
        throw new Error(
          `A nameless member of bpf_attr starts with "${first}": give it a name here`,
        );
      return layout(btf, name, type);
    })
    .join("");
}

/** The table of layouts at the syscall port, as a file. */
export function attributeFile(btf: Btf): GeneratedFile {
  const infos = ["prog", "map", "btf", "link"]
    .map((kind) => layout(btf, kind, structNamed(btf, `bpf_${kind}_info`)))
    .join("");
  const perf = layout(btf, "perf_event_attr", structNamed(btf, "perf_event_attr"));
  const text = [
    generated("attributes.ts", "`union bpf_attr` and the `bpf_*_info` structs"),
    typedAs(
      "The members of `union bpf_attr`: each field as [offset, size] in bytes.",
      "ATTRIBUTES",
      attributeLayouts(btf),
    ),
    "\n",
    typedAs(
      "What BPF_OBJ_GET_INFO_BY_FD writes: each field as [offset, size] in bytes.",
      "INFOS",
      infos,
    ),
    "\n",
    typedAs(
      "`struct perf_event_attr`: each field as [offset, size] in bytes.",
      "PERF_ATTRIBUTES",
      perf,
    ),
  ];
  return { path: "packages/linux/src/port/attributes.gen.ts", text: text.join("") };
}
