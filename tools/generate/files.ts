import type { Btf } from "@ocelli/bpf";

import { attributeFile } from "./attributes.ts";
import { enumFiles } from "./enums.ts";
import type { GeneratedFile } from "./text.ts";

/** Everything that is generated from a kernel's BTF. */
export function generateFiles(btf: Btf): GeneratedFile[] {
  return [...enumFiles(btf), attributeFile(btf)];
}
