import { errorAt, success, type Btf, type Diagnostic, type Result } from "@ocelli/bpf";

import type { Layout } from "../author/layout.ts";
import type { ContextField } from "../lower/context.ts";
import { tracepointContext } from "../lower/tracepoint.ts";
import { parseModule } from "../parse/parse.ts";
import { hookSignature } from "../types/kernel.ts";
import { scalarType } from "../types/type.ts";
import { createKernelNames, type KernelNames } from "./kernel-names.ts";
import { scalarName } from "./scalar-name.ts";
import { legalName } from "./legal-name.ts";
import { usedNames } from "./used-names.ts";

/** What declarations are made of. */
export interface DeclareOptions {
  /** The kernel's types; may be a getter. */
  readonly kernel?: Btf | undefined;
  /** The text of a tracepoint's `format` file, by `category/name`. */
  readonly tracepointFormat?: (name: string) => string | undefined;
  /** More kernel structs and unions to declare, by name. */
  readonly types?: readonly string[];
  /** Declares every member of the structs that are reached, for looking around in an editor. */
  readonly all?: boolean;
}

/** The interface of `@ocelli/compiler/hooks` that each maker of programs reads. */
const INTERFACES: Readonly<
  Record<
    string,
    | "Tracepoints"
    | "BtfTracepoints"
    | "KernelFunctions"
    | "LsmHooks"
    | "Iterators"
    | "KernelStructs"
  >
> = {
  tracepoint: "Tracepoints",
  tpBtf: "BtfTracepoints",
  fentry: "KernelFunctions",
  fexit: "KernelFunctions",
  fmodRet: "KernelFunctions",
  kprobe: "KernelFunctions",
  kretprobe: "KernelFunctions",
  lsm: "LsmHooks",
  iter: "Iterators",
  kernelStruct: "KernelStructs",
};

/**
 * Writes the declarations that kernel programs need to be checked by `tsc`: the hooks that the sources name and the part of
 * the kernel's structs that they reach. `sources` are texts of `.bpf.ts` files. Spans of diagnostics are offsets in the source
 * that names the hook.
 */
export function declareKernel(
  sources: readonly string[],
  options: DeclareOptions = {},
): Result<string> {
  const diagnostics: Diagnostic[] = [];
  const members = new Set<string>();
  const hooks = new Map<string, Map<string, string>>();
  const names = createKernelNames(options.kernel);
  for (const text of sources) {
    const parsed = parseModule(text);
    const used = usedNames(parsed.module);
    for (const member of used.members) members.add(member);
    for (const { maker, name } of used.hooks) {
      const target = INTERFACES[maker];
      if (target === undefined) continue;
      const known = hooks.get(target) ?? new Map<string, string>();
      hooks.set(target, known);
      if (known.has(name)) continue;
      const type = hookType(target, name, names, options);
      if (type !== undefined) known.set(name, type);
      else
        diagnostics.push(
          errorAt(
            target === "Tracepoints" ? "no-tracepoint" : "no-hook",
            { offset: Math.max(0, text.indexOf(name)), length: name.length },
            `Cannot declare ${maker}("${name}"): this kernel has no such hook, or its types are not at hand`,
            "Check the spelling; compile as root where tracefs is, on a kernel with BTF",
          ),
        );
    }
  }
  for (const type of options.types ?? []) names.reach(type);
  const structs = names.declare((member) => options.all === true || members.has(member));
  if (diagnostics.length > 0) return { ok: false, diagnostics };
  return success(print(hooks, structs), diagnostics);
}

function hookType(
  target: string,
  name: string,
  names: KernelNames,
  { kernel, tracepointFormat }: DeclareOptions,
): string | undefined {
  if (target === "Tracepoints") {
    const format = tracepointFormat?.(name);
    if (format === undefined) return undefined;
    const fields = [...tracepointContext(format).fields].map(
      ([field, member]) => `readonly ${field}: ${contextMember(member)}`,
    );
    return `{ ${fields.join("; ")} }`;
  }
  if (kernel === undefined) return undefined;
  if (target === "KernelStructs") return names.reach(name);
  const isTracepoint = target === "BtfTracepoints";
  const prefix = target === "LsmHooks" ? "bpf_lsm_" : target === "Iterators" ? "bpf_iter_" : "";
  const wanted = `${prefix}${name}`;
  const signature = hookSignature(kernel, isTracepoint ? "tp-btf" : "function", wanted);
  if (signature === undefined) return undefined;
  const parameters = signature.parameters.map((one, index) => {
    const legal = /^[A-Za-z_]\w*$/.test(one.name) ? one.name : `arg${index}`;
    return `${legalName(legal)}: ${names.typeOf(one.typeId)}`;
  });
  if (target === "Iterators") {
    const members = signature.parameters.map((one) => {
      const absent = one.name === "meta" ? "" : " | undefined";
      const type = names.typeOf(one.typeId);
      return `readonly ${one.name}: ${type}${isScalarName(type) ? "" : absent}`;
    });
    return `{ ${members.join("; ")} }`;
  }
  const returns =
    isTracepoint || signature.returns === 0 ? "void" : names.typeOf(signature.returns);
  return `(${parameters.join(", ")}) => ${returns}`;
}

function isScalarName(type: string): boolean {
  return /^(?:[iu](?:8|16|32|64)|be(?:16|32|64)|boolean)$/.test(type);
}

function contextMember(field: ContextField): string {
  switch (field.kind) {
    case "scalar":
      return scalarName(field.type);
    case "text":
      return 'Addr<"char">';
    default:
      return layoutType(field.layout);
  }
}

function layoutType(layout: Layout): string {
  if (layout.kind === "char") return `CharBuf<${layout.length}>`;
  if (layout.kind === "array") return `readonly ${layoutType(layout.element)}[]`;
  const type = scalarType(layout);
  return type === undefined ? "unknown" : scalarName(type);
}

const NAMES = "Addr CharBuf UserPtr be16 be32 be64 i16 i32 i64 i8 u16 u32 u64 u8".split(" ");

function print(
  hooks: ReadonlyMap<string, ReadonlyMap<string, string>>,
  structs: readonly string[],
): string {
  const lines: string[] = [];
  if (hooks.size > 0) {
    lines.push('declare module "@ocelli/compiler/hooks" {');
    for (const [target, known] of [...hooks].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      lines.push(`  interface ${target} {`);
      for (const [name, type] of [...known].toSorted(([a], [b]) => (a < b ? -1 : 1)))
        lines.push(`    ${/^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name)}: ${type};`);
      lines.push("  }");
    }
    lines.push("}", "");
  }
  const body = lines.join("\n");
  const kernelNames = structs
    .flatMap((text) => /interface (\w+)/.exec(text)?.[1] ?? [])
    .filter((name) => new RegExp(`\\b${name}\\b`).test(body));
  if (structs.length > 0) {
    lines.push('declare module "@ocelli/compiler/vmlinux" {');
    for (const text of structs) lines.push(text.replaceAll(/^/gm, "  "));
    lines.push("}", "");
  }
  const text = lines.join("\n");
  const used = NAMES.filter((name) => new RegExp(`\\b${name}\\b`).test(text));
  const head = [
    "// Written by `ocelli btf types`: the hooks and the kernel types that the sources beside it name.",
    ...(used.length > 0 ? [`import type { ${used.join(", ")} } from "@ocelli/compiler";`] : []),
    ...(kernelNames.length > 0
      ? [`import type { ${kernelNames.toSorted().join(", ")} } from "@ocelli/compiler/vmlinux";`]
      : []),
    ...(used.length + kernelNames.length === 0 ? ["export {};"] : []),
    "",
  ];
  return `${head.join("\n")}\n${text}`;
}
