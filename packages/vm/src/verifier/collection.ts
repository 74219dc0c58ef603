import {
  applyCoreRelocations,
  formatDiagnostic,
  linkProgram,
  type CollectionSpec,
  type CoreTargets,
  type Instruction,
  type MapSpec,
  type ProgramSpec,
  type Result,
} from "@ocelli/bpf";

import { VmError } from "../error.ts";
import { fillConfiguration, type VmConfiguration } from "../load/kconfig.ts";
import { Rejection } from "./reject.ts";
import { createReport } from "./report.ts";
import { verify, type Verification } from "./verify.ts";

/** What the programs of a collection are verified against. */
export interface VerifyCollectionOptions {
  /** The kernel's types: for CO-RE, kernel pointers and kernel functions. */
  readonly types?: CoreTargets | undefined;
  /** The kernel's configuration, which programs see as constants: if absent nothing is known of it. */
  readonly kconfig?: VmConfiguration | undefined;
}

/**
 * Verifies one program of a collection: linked, and with its CO-RE relocations applied. What cannot be linked or relocated
 * is not accepted either. Never throws.
 */
export function verifyProgram(
  spec: CollectionSpec,
  program: ProgramSpec,
  options: VerifyCollectionOptions = {},
): Verification {
  const linked = linkProgram(spec, program);
  if (!linked.ok) return unlinked(linked);
  const relocated = relocate(spec, program, linked.value, options.types);
  if (!relocated.ok) return unlinked(relocated);
  return verify(program, relocated.value, {
    maps: knownMaps(spec, options.kconfig),
    btf: spec.btf,
    kconfig: spec.kconfig,
    kernel: options.types?.kernel,
  });
}

function relocate(
  { btf }: CollectionSpec,
  { name }: ProgramSpec,
  linked: readonly Instruction[],
  types: CoreTargets | undefined,
): Result<readonly Instruction[]> {
  const needs = linked.some(({ relocation }) => relocation !== undefined);
  if (!needs) return { ok: true, value: linked, diagnostics: [] };
  if (btf === undefined || types === undefined) {
    const message = `Program "${name}" asks for the layout of kernel types, which are not at hand`;
    const hint = "Give the types of the kernel that it is for";
    return {
      ok: false,
      diagnostics: [
        { code: "vm-verify-btf", severity: "error", span: { offset: 0, length: 0 }, message, hint },
      ],
    };
  }
  const applied = applyCoreRelocations(linked, btf, types, { program: name });
  return applied.ok ? { ok: true, value: applied.value.instructions, diagnostics: [] } : applied;
}

function unlinked({ diagnostics }: Pick<Result<unknown>, "diagnostics">): Verification {
  const [first] = diagnostics;
  const code = first?.code === "vm-verify-btf" ? first.code : "vm-verify-structure";
  const message =
    code === "vm-verify-btf"
      ? (first?.message ?? "")
      : diagnostics.map(formatDiagnostic).join("; ");
  const rejection = new Rejection(code, message, first?.hint ?? "", [], 0);
  return { ok: false, processed: 0, report: createReport(undefined, rejection, undefined) };
}

/** Values of the kernel's configuration are not known before they are filled in. */
function knownMaps(
  { maps, kconfig: externs }: CollectionSpec,
  kconfig: VmConfiguration | undefined,
): ReadonlyMap<string, MapSpec> {
  const map = maps.get(".kconfig");
  if (map?.data === undefined) return maps;
  const { data, ...open } = map;
  if (kconfig === undefined) return new Map([...maps, [".kconfig", open]]);
  const filled = data.slice();
  try {
    fillConfiguration(externs, filled, kconfig);
  } catch (error) {
    // What the configuration lacks is for the loader to say.
    if (!(error instanceof VmError)) throw error;
    return new Map([...maps, [".kconfig", open]]);
  }
  return new Map([...maps, [".kconfig", { ...map, data: filled }]]);
}
