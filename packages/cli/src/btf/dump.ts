import {
  nearHint,
  printC,
  printTs,
  readBtf,
  readElf,
  typeToJson,
  type Btf,
  type Result,
} from "@ocelli/bpf";

import type { CliContext } from "../context.ts";
import { RefusedError } from "../exit.ts";
import { readInput } from "../input.ts";
import { refuseInput } from "../output/refuse-input.ts";

/** Flags of `ocelli btf dump`. */
export interface DumpFlags {
  readonly type?: readonly string[];
  readonly format: "c" | "ts" | "json";
}

const KERNEL_TYPES = "/sys/kernel/btf/vmlinux";

/** `ocelli btf dump`. */
export async function dump(
  context: CliContext,
  flags: DumpFlags,
  file: string | undefined,
): Promise<void> {
  const path = file ?? KERNEL_TYPES;
  const btf = await openTypes(path);
  const roots = flags.type?.flatMap((name) => findType(btf, path, name));
  const { stdout } = context.process;
  switch (flags.format) {
    case "c":
      stdout.write(orRefuse(path, printC(btf, roots === undefined ? {} : { roots })));
      break;
    case "ts":
      stdout.write(orRefuse(path, printTs(btf, roots === undefined ? {} : { roots })));
      break;
    case "json": {
      const ids = roots ?? allIds(btf);
      stdout.write('{"types":[');
      ids.forEach((id, index) => {
        stdout.write(`${index === 0 ? "\n" : ",\n"}${JSON.stringify(typeToJson(btf, id))}`);
      });
      stdout.write("\n]}\n");
      break;
    }
  }
}

function orRefuse(path: string, text: Result<string>): string {
  if (!text.ok) throw refuseInput(path, text.diagnostics);
  return text.value;
}

/** The types in a file: raw BTF, as in `/sys/kernel/btf`, or the `.BTF` section of an ELF file. */
export async function openTypes(path: string): Promise<Btf> {
  let bytes = await readInput(path);
  if (bytes[0] === 0x7f && bytes[1] === 0x45) {
    const elf = readElf(bytes);
    if (!elf.ok) throw refuseInput(path, elf.diagnostics);
    const section = elf.value.sections.find((one) => one.name === ".BTF");
    if (section === undefined)
      throw new RefusedError(
        `Cannot read types from "${path}": it has no section ".BTF"; compile it with -g, or name another file`,
      );
    bytes = section.data;
  }
  // A module's BTF continues the kernel's ids.
  const isModule = path.startsWith("/sys/kernel/btf/") && path !== KERNEL_TYPES;
  const base = isModule ? await openTypes(KERNEL_TYPES) : undefined;
  const result = readBtf(bytes, { base });
  if (!result.ok) throw refuseInput(path, result.diagnostics);
  return result.value;
}

function allIds(btf: Btf): number[] {
  return Array.from({ length: btf.endId - btf.firstId }, (_, index) => btf.firstId + index);
}

function findType(btf: Btf, path: string, name: string): readonly number[] {
  // `struct sock` asks for one kind, `sock` for whatever has the name.
  const [, kind, bare] = /^(struct|union|enum|typedef|func)\s+(\S+)$/.exec(name) ?? [];
  const ids = btf
    .idsByName(bare ?? name)
    .filter((id) => kind === undefined || btf.kindOf(id) === kind);
  if (ids.length > 0) return ids;
  throw new RefusedError(
    `Cannot find type "${name}" in "${path}"${nearHint(bare ?? name, namesOf(btf))}`,
  );
}

function* namesOf(btf: Btf): Generator<string, void> {
  for (const id of allIds(btf)) yield btf.nameOf(id);
}
