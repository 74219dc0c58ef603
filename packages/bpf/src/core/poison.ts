import type { SourceLine } from "../asm/instruction.ts";
import { describePath, describeType } from "./describe.ts";
import { subjectOf } from "./access.ts";
import { essentialName } from "./essential-name.ts";
import type { CoreRelocation } from "./relocation.ts";
import type { Resolution } from "./resolve.ts";

/**
 * An instruction that asks for something that this kernel does not have. It was replaced by a call that the verifier
 * refuses, unless the code around it makes sure that it is never reached.
 */
export interface PoisonedInstruction {
  /** Index in the list of relocated instructions. */
  readonly index: number;
  /** Slot in the program, which is how the verifier's log counts. */
  readonly slot: number;
  readonly relocation: CoreRelocation;
  /** What the object accesses, e.g. `struct task_struct.foo (0:12 @ offset 104)`. */
  readonly description: string;
  /** For a person: `Field "foo" of "struct task_struct" does not exist on this kernel (file.c:12)`. */
  readonly message: string;
  readonly source: SourceLine | undefined;
}

/** Says what the kernel lacks, with the line of the program that wants it. */
export function explainMissing(
  resolution: Extract<Resolution, { ok: true }>,
  source: SourceLine | undefined,
): string {
  const where = source === undefined ? "" : ` (${source.file}:${source.line})`;
  return `${sentence(resolution)} on this kernel${where}`;
}

function sentence({ local, target, mismatch, value }: Extract<Resolution, { ok: true }>): string {
  const root = essentialName(describeType(local.view, local.rootId));
  const whole = describePath(local).replace(/^\./, "");
  if (target !== undefined)
    return `Field "${whole}" of "${root}" cannot be accessed like this: it has ${value.targetSize} bytes instead of ${value.localSize}`;
  if (mismatch === undefined) return `Type "${root}" does not exist`;
  if (subjectOf(local.kind) === "enumerator")
    return `Enumerator "${local.steps[0]?.name ?? ""}" of "${root}" does not exist`;
  const field = describePath(local, mismatch.step + 1).replace(/^\./, "");
  switch (mismatch.why) {
    case "absent":
      return `Field "${field}" of "${root}" does not exist`;
    case "shape":
      return `Field "${field}" of "${root}" has another type`;
    case "bounds":
      return `Element "${field}" of "${root}" is out of range`;
  }
}
