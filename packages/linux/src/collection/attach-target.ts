import { readBtf, type Btf, type BtfKind, type ProgramSpec, nearHint } from "@ocelli/bpf";

import { summarizeDiagnostics } from "../diagnostics.ts";
import { LinuxError } from "../error.ts";
import { objectInfo } from "../port/info.ts";
import type { Kernel } from "../port/kernel.ts";
import { openById } from "../program/ids.ts";
import { programInfo } from "../program/info.ts";
import type { Program } from "../program/program.ts";
import { findKernelType, type KernelTypeId } from "./kernel-lookup.ts";
import type { KernelTypes } from "./kernel-types.ts";

/** How the kernel's types call what a program attaches to. */
export interface TargetName {
  readonly kind: BtfKind;
  readonly name: string;
  /** For messages. */
  readonly words: string;
}

/** The kernel type that a program attaches to by its blueprint; `undefined` for programs that load without one. */
export function targetName({ type, attachType, attachTo }: ProgramSpec): TargetName | undefined {
  if (type === "lsm") return { kind: "func", name: `bpf_lsm_${attachTo}`, words: "LSM hook" };
  if (type === "ext") return { kind: "func", name: attachTo, words: "function" };
  if (type !== "tracing") return undefined;
  switch (attachType) {
    case "trace_raw_tp":
      return { kind: "typedef", name: `btf_trace_${attachTo}`, words: "tracepoint" };
    case "trace_iter":
      return { kind: "func", name: `bpf_iter_${attachTo}`, words: "iterator" };
    default:
      return { kind: "func", name: attachTo, words: "function" };
  }
}

/** Finds the target in the running kernel. Throws `not-found` with names that are near. */
export function findTarget(
  types: KernelTypes,
  program: ProgramSpec,
  target: TargetName,
): KernelTypeId {
  const { attachTo, name } = program;
  const action = `Cannot load program "${name}" (${program.section})`;
  if (attachTo === "")
    throw new LinuxError(
      "invalid",
      `${action}: its section names no ${target.words}; write it behind a slash, or set attachTo`,
    );
  const found = findKernelType(types, target.name, target.kind);
  if (found !== undefined) return found;
  const prefix = target.name.slice(0, target.name.length - attachTo.length);
  const hint = nearHint(attachTo, namesWithPrefix(types.kernel, prefix, target.kind));
  throw new LinuxError(
    "not-found",
    `${action}: the kernel has no ${target.words} "${attachTo}" that programs attach to${hint}`,
  );
}

function* namesWithPrefix(btf: Btf, prefix: string, kind: BtfKind): Generator<string> {
  for (let id = 1; id < btf.endId; id += 1) {
    if (btf.kindOf(id) !== kind) continue;
    const name = btf.nameOf(id);
    if (name.startsWith(prefix)) yield name.slice(prefix.length);
  }
}

/**
 * The type id of a function of a loaded program, for programs that attach to programs. Throws `not-found` when the
 * program has no BTF, or no function of that name.
 */
export function functionOfProgram(kernel: Kernel, target: Program, name: string): number {
  const action = `Cannot attach to function "${name}" of program "${target.name}"`;
  const { btfId } = programInfo(kernel, target.fd);
  const fd = btfId === 0 ? undefined : openById(kernel, "btf", btfId);
  if (fd === undefined) throw new LinuxError("not-found", `${action}: the program has no BTF`);
  using _open = fd;
  const bytes = new Uint8Array(objectInfo(kernel, "btf", fd.value).number("btf_size"));
  objectInfo(kernel, "btf", fd.value, { btf: bytes, btf_size: bytes.length });
  const btf = readBtf(bytes);
  if (!btf.ok)
    throw new LinuxError("invalid", `${action}: ${summarizeDiagnostics(btf.diagnostics)}`);
  const id = btf.value.idsByName(name, "func").at(0);
  if (id === undefined) throw new LinuxError("not-found", `${action}: it has no such function`);
  return id;
}
