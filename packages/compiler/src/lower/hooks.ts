import type { Span } from "@ocelli/bpf";

import type { ProgramKind } from "../author/programs.ts";
import { hookSignature, kernelType, type HookSignature } from "../types/kernel.ts";
import { intType, type Type } from "../types/type.ts";
import { cutLoaded } from "./context.ts";
import type { Lowerer } from "./lowerer.ts";
import type { Operand } from "./operand.ts";
import { REGISTERS } from "./registers.ts";

/** What the kernel calls the function that a hook's programs stand for. */
function functionName(kind: ProgramKind, name: string): string {
  return kind === "lsm" ? `bpf_lsm_${name}` : kind === "iter" ? `bpf_iter_${name}` : name;
}

const WHAT: Readonly<Partial<Record<ProgramKind, readonly [what: string, fix: string]>>> = {
  "tp-btf": ["tracepoint", "Look at /sys/kernel/tracing/available_events, or check the spelling"],
  lsm: ["hook", "Look for bpf_lsm_ in: ocelli btf dump, or check the spelling"],
  iter: ["iterator", "Look for bpf_iter_ in: ocelli btf dump, or check the spelling"],
};

/** The prototype of a hook, from the kernel's types; `undefined` after saying what is missing. */
export function findSignature(
  low: Lowerer,
  attachTo: string,
  span: Span,
): HookSignature | undefined {
  const { kernel, kind } = low;
  const [what, fix] = WHAT[kind] ?? [
    "function",
    "Check the spelling; functions that are inlined everywhere have no type",
  ];
  if (kernel === undefined) {
    low.refuse(
      "no-kernel-types",
      span,
      `Cannot type the arguments of ${what} "${attachTo}": no kernel BTF was given`,
      "Compile where /sys/kernel/btf/vmlinux is, or name a BTF file",
    );
    return undefined;
  }
  const signature = hookSignature(
    kernel,
    kind === "tp-btf" ? "tp-btf" : "function",
    functionName(kind, attachTo),
  );
  if (signature === undefined)
    low.refuse(
      "no-hook",
      span,
      `Cannot find ${what} "${attachTo}": the kernel's BTF types have none of that name`,
      fix,
    );
  return signature;
}

/** A kernel value of 64 bits as an operand of its type. */
function typedValue(
  low: Lowerer,
  typeId: number,
  value: number,
  access: "direct" | "probe",
  nullable = false,
): Operand {
  const found = low.kernel === undefined ? undefined : kernelType(low.kernel, typeId);
  const type: Type =
    found?.kind === "scalar"
      ? found.type
      : found?.kind === "pointer"
        ? { kind: "kernel", struct: found.struct, typeId: found.typeId, access, nullable }
        : { kind: "address", space: "kernel" };
  return { kind: "value", type, value: cutLoaded(low, type, 8, value) };
}

/** Hooks whose result is handed on to their programs. */
const WITH_RESULT: ReadonlySet<ProgramKind> = new Set<ProgramKind>(["fexit", "fmod-ret", "lsm"]);

/** The arguments of a BTF hook: eight bytes each, in the order of the prototype. */
export function hookArguments(
  low: Lowerer,
  attachTo: string,
  wanted: number,
  span: Span,
): readonly Operand[] | undefined {
  const signature = findSignature(low, attachTo, span);
  if (signature === undefined) return undefined;
  const { builder } = low;
  const ids = signature.parameters.map(({ typeId }) => typeId);
  const args = ids.slice(0, wanted).map((id, index) => {
    const value = builder.load(8, builder.context(), index * 8);
    return typedValue(low, id, value, "direct");
  });
  if (!WITH_RESULT.has(low.kind) || wanted <= ids.length) return args;
  const value = builder.load(8, builder.context(), ids.length * 8);
  if (low.kind === "fexit") return [...args, typedValue(low, signature.returns, value, "probe")];
  const type = intType(32, true);
  return [...args, { kind: "value", type, value: cutLoaded(low, type, 8, value) }];
}

/** The arguments of a function, or its result, from the registers where a kprobe stopped the processor. */
export function probeArguments(
  low: Lowerer,
  attachTo: string,
  wanted: number,
  span: Span,
): readonly Operand[] | undefined {
  const signature = findSignature(low, attachTo, span);
  if (signature === undefined) return undefined;
  const { builder } = low;
  const map = REGISTERS[low.arch];
  const read = (offset: number, typeId: number): Operand =>
    typedValue(low, typeId, builder.load(8, builder.context(), offset), "probe");
  if (low.kind === "kretprobe") return [read(map.result, signature.returns)];
  return signature.parameters.slice(0, wanted).map(({ typeId, name }, index) => {
    const offset = map.args[index];
    return offset === undefined
      ? low.refuse(
          "argument-number",
          span,
          `Cannot read argument "${name}" of "${attachTo}": it is in no register`,
          `Use the first ${map.args.length} arguments, or fentry()`,
        )
      : read(offset, typeId);
  });
}

/** The members of an iterator's context: what the iterator visits may be absent, which is how it says that it has ended. */
export function iteratorElement(
  low: Lowerer,
  attachTo: string,
  span: Span,
): ReadonlyMap<string, Operand> | undefined {
  const signature = findSignature(low, attachTo, span);
  if (signature === undefined) return undefined;
  const { builder } = low;
  return new Map(
    signature.parameters.map(({ name, typeId }, index) => {
      const found = low.kernel === undefined ? undefined : kernelType(low.kernel, typeId);
      // Numbers are loaded as wide as they are: the rest of their eight bytes is no member.
      const width = found?.kind === "scalar" ? found.size : 8;
      const value = builder.load(width, builder.context(), index * 8);
      return [name, typedValue(low, typeId, value, "direct", name !== "meta")];
    }),
  );
}
