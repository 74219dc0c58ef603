import { SECTION_FLAGS, SECTION_TYPES, type ElfSection } from "../elf/types.ts";

/** What a section of an object file is for. */
export type SectionRole =
  | "code"
  | "data"
  | "bss"
  | "rodata"
  | "arena"
  | "btf-maps"
  | "legacy-maps"
  | "struct-ops"
  | "license"
  | "version"
  | "btf"
  | "btf-ext"
  | "other";

function isNamed(name: string, base: string): boolean {
  return name === base || name.startsWith(`${base}.`);
}

/** Tells a section's role by its type, flags and name, as libbpf does. */
export function sectionRole({ name, type, flags, size }: ElfSection): SectionRole {
  if (type === SECTION_TYPES.nobits) return isNamed(name, ".bss") && size > 0 ? "bss" : "other";
  if (type !== SECTION_TYPES.progbits) return "other";
  switch (name) {
    case "license":
    case "version":
      return name;
    case ".BTF":
      return "btf";
    case ".BTF.ext":
      return "btf-ext";
    case ".maps":
      return "btf-maps";
    case "maps":
      return "legacy-maps";
    case ".addr_space.1":
      return "arena";
    case ".struct_ops":
    case ".struct_ops.link":
    case "?.struct_ops":
    case "?.struct_ops.link":
    case "struct_ops":
      if ((flags & SECTION_FLAGS.execute) === 0) return "struct-ops";
      break;
    default:
  }
  if (size === 0) return "other";
  if ((flags & SECTION_FLAGS.execute) !== 0) return "code";
  if (isNamed(name, ".data")) return "data";
  if (isNamed(name, ".rodata")) return "rodata";
  return "other";
}

/** Roles whose sections become a map with one value. */
export function isDataRole(role: SectionRole): role is "data" | "bss" | "rodata" {
  return role === "data" || role === "bss" || role === "rodata";
}
