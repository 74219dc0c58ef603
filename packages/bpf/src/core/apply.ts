import type { Instruction } from "../asm/instruction.ts";
import type { Btf } from "../btf/types.ts";
import { errorAt, failure, type Result, success } from "../diagnostic.ts";
import { addDiagnostic, createDiagnosticList, listDiagnostics } from "../diagnostic-list.ts";
import { type CandidateSearch, type CoreTargets, createCandidateSearch } from "./candidates.ts";
import { describeAccess } from "./describe.ts";
import { patchInstruction } from "./patch.ts";
import { explainMissing, type PoisonedInstruction } from "./poison.ts";
import { type CoreResolver, createCoreResolver } from "./resolve.ts";

/** What to say about the program that is relocated. */
export interface CoreOptions {
  /** Name of the program or function, for messages. */
  readonly program?: string;
}

/** Instructions that fit the kernel. The number of slots is unchanged, so jumps stay right. */
export interface CoreRelocated {
  readonly instructions: readonly Instruction[];
  /** What the kernel does not have. Only a fault if the verifier reaches it. */
  readonly poisoned: readonly PoisonedInstruction[];
}

interface Shared {
  readonly search: CandidateSearch;
  readonly byObject: WeakMap<Btf, CoreResolver>;
}

/** What was found out about a kernel and each object lives as long as they do. */
const shared = new WeakMap<CoreTargets, Shared>();

/**
 * Fits a program to a kernel: patches every instruction that carries a CO-RE relocation with the kernel's offset, size or
 * value, and takes the relocation off. What the kernel lacks is poisoned and reported, not refused.
 *
 * Pass the same `targets` object for all programs of all objects: the work done for a type is shared. The kernel's types that
 * were needed stay decoded as long as `targets` is referenced.
 *
 * Errors: `core-malformed` and `core-mismatch` (the object contradicts itself), `core-ambiguous` (the kernel has several
 * types of that name that differ), `core-incomparable` (types that cannot be compared or measured), `core-byte-order`.
 */
export function applyCoreRelocations(
  instructions: readonly Instruction[],
  localBtf: Btf,
  targets: CoreTargets,
  options: CoreOptions = {},
): Result<CoreRelocated> {
  const relocated: Instruction[] = [];
  const poisoned: PoisonedInstruction[] = [];
  const errors = createDiagnosticList();
  const resolver = resolverFor(localBtf, targets);
  const subject = options.program === undefined ? "" : ` of "${options.program}"`;
  let slot = 0;

  if (localBtf.littleEndian !== targets.kernel.littleEndian) {
    const order = localBtf.littleEndian ? "little-endian" : "big-endian";
    const message = `Cannot relocate${subject.replace(" of", "")} against types of the other byte order: the object is ${order}`;
    const hint = `Build the object for the kernel's byte order`;
    return failure(errorAt("core-byte-order", { offset: 0, length: 0 }, message, hint));
  }

  for (const instruction of instructions) {
    const { relocation, source } = instruction;
    if (relocation === undefined) {
      relocated.push(instruction);
    } else {
      const span = { offset: slot * 8, length: 8 };
      const where = source === undefined ? "" : ` (${source.file}:${source.line})`;
      const place = `instruction ${slot}${subject}${where}`;
      const resolution = resolver.resolve(relocation);
      if (!resolution.ok) {
        const { code, description, reason } = resolution;
        const message = `Cannot relocate ${place}, ${relocation.kind} of ${description}: ${reason}`;
        addDiagnostic(errors, errorAt(code, span, message, HINTS[code]));
      } else {
        const patched = patchInstruction(instruction, resolution.value);
        const description = describeAccess(resolution.local);
        if (patched.kind === "refused") {
          const message = `Cannot patch ${place}, ${relocation.kind} of ${description}: ${patched.reason}`;
          addDiagnostic(errors, errorAt("core-mismatch", span, message, HINTS["core-mismatch"]));
        } else if (patched.kind === "patched") {
          relocated.push(patched.instruction);
        } else {
          const index = relocated.length;
          const message = explainMissing(resolution, source);
          poisoned.push({ index, slot, relocation, description, message, source });
          relocated.push(...patched.instructions);
        }
      }
    }
    slot += instruction.imm2 === undefined ? 1 : 2;
  }
  return errors.found > 0
    ? failure(listDiagnostics(errors))
    : success({ instructions: relocated, poisoned });
}

const HINTS = {
  "core-malformed": "Build the object again: its BTF and its relocations do not belong together",
  "core-ambiguous": "Name a type that the kernel has once, or access a field on which they agree",
  "core-incomparable": "Access a smaller part of the type",
  "core-mismatch":
    "Build the object again: its instructions and its relocations do not belong together",
} as const;

function resolverFor(localBtf: Btf, targets: CoreTargets): CoreResolver {
  let known = shared.get(targets);
  if (known === undefined) {
    known = { search: createCandidateSearch(targets), byObject: new WeakMap() };
    shared.set(targets, known);
  }
  let resolver = known.byObject.get(localBtf);
  if (resolver === undefined) {
    resolver = createCoreResolver(localBtf, known.search);
    known.byObject.set(localBtf, resolver);
  }
  return resolver;
}
