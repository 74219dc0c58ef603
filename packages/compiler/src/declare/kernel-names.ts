import { resolveType, type Btf, type BtfType } from "@ocelli/bpf";

import { kernelType } from "../types/kernel.ts";
import { legalName } from "./legal-name.ts";
import { scalarName } from "./scalar-name.ts";

/** Names kernel types for declarations, and remembers which structs were named. */
export interface KernelNames {
  /** A type as TypeScript; a struct that it names will be declared. */
  typeOf(typeId: number): string;
  /** Has a struct or union declared by its name; gives its name here, `undefined` when there is none. */
  reach(name: string): string | undefined;
  /** Interfaces of all structs that were named, with the members that are wanted, and of those that these name. */
  declare(wanted: (member: string) => boolean): readonly string[];
}

/** Starts with no struct named. */
export function createKernelNames(kernel: Btf | undefined): KernelNames {
  const reached = new Map<string, number>();
  const name = (struct: string, typeId: number): string => {
    if (!reached.has(struct)) reached.set(struct, typeId);
    return legalName(struct);
  };
  const typeOf = (typeId: number, wanted?: (member: string) => boolean): string => {
    if (kernel === undefined) return "unknown";
    const type = kernelType(kernel, typeId);
    switch (type.kind) {
      case "scalar":
        return type.type.kind === "address" ? pointerName(kernel, typeId) : scalarName(type.type);
      case "pointer":
        return name(type.struct, type.typeId);
      case "array":
        return type.isText && type.length > 0
          ? `CharBuf<${type.length}>`
          : `readonly ${typeOf(type.elementId, wanted)}[]`;
      case "struct":
        if (type.struct !== "") return name(type.struct, type.typeId);
        return wanted === undefined
          ? "unknown"
          : `{ ${membersOf(kernel, type.typeId, wanted).join("; ")} }`;
      default:
        return "unknown";
    }
  };
  const membersOf = (
    btf: Btf,
    typeId: number,
    wanted: (member: string) => boolean,
    depth = 0,
  ): string[] => {
    const type = resolveType(btf, typeId)?.type;
    if ((type?.kind !== "struct" && type?.kind !== "union") || depth > NESTING) return [];
    return type.members.flatMap((member) => {
      if (member.name === "") return membersOf(btf, member.typeId, wanted, depth + 1);
      if (!wanted(member.name)) return [];
      return [`readonly ${member.name}: ${typeOf(member.typeId, wanted)}`];
    });
  };
  return {
    typeOf: (typeId) => typeOf(typeId),
    reach(struct) {
      const id =
        kernel?.idsByName(struct, "struct").at(0) ?? kernel?.idsByName(struct, "union").at(0);
      return id === undefined ? undefined : name(struct, id);
    },
    declare(wanted) {
      if (kernel === undefined) return [];
      const texts = new Map<string, string>();
      // A map takes what is added while it is walked: structs that members name come at its end.
      for (const [struct, typeId] of reached) {
        const members = [...new Set(membersOf(kernel, typeId, wanted))];
        const body = members.map((one) => `  ${one};\n`).join("");
        texts.set(
          struct,
          `export interface ${legalName(struct)} {${body === "" ? "" : `\n${body}`}}`,
        );
      }
      return [...texts].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text);
    },
  };
}

const NESTING = 16;

/** Pointers that are not followed as structs: into user space where BTF tags them so (Linux 5.18), else into the kernel. */
function pointerName(btf: Btf, typeId: number): string {
  const pointer = resolveType(btf, typeId)?.type;
  if (pointer?.kind !== "ptr") return "Addr";
  let target: BtfType | undefined = btf.type(pointer.typeId);
  let user = false;
  for (let depth = 0; depth < NESTING && target !== undefined; depth += 1) {
    if (target.kind === "type_tag") user ||= target.name === "user";
    else if (target.kind !== "const" && target.kind !== "volatile" && target.kind !== "typedef")
      break;
    target = btf.type(target.typeId);
  }
  const isText = target?.kind === "int" && target.size === 1;
  if (!user && !isText) return "Addr";
  return `${user ? "UserPtr" : "Addr"}<${isText ? '"char"' : "unknown"}>`;
}
