import type { Instruction } from "../asm/instruction.ts";
import { annotate } from "./annotate.ts";
import type { ObjectContext } from "./context.ts";
import type { CodeFunction } from "./read-code.ts";
import { resolveFunction, type Targets } from "./references.ts";
import { nearestSectionName, parseSectionName, type SectionMeaning } from "./section-names.ts";
import type { FunctionSpec, ProgramSpec } from "./spec.ts";

/** BPF_F_SLEEPABLE (Linux 5.10) and BPF_F_XDP_HAS_FRAGS (Linux 5.18). */
const SLEEPABLE = 0x10;
const FRAGS = 0x20;

/** What the sections `license` and `version` say. */
export interface ObjectHeader {
  readonly license: string;
  readonly kernelVersion: number;
}

/** The code of an object, sorted into entry points and functions that these call. */
export interface Programs {
  readonly programs: Map<string, ProgramSpec>;
  readonly functions: Map<string, FunctionSpec>;
}

/** Resolves all functions and decides which of them are programs. */
export function readPrograms(
  context: ObjectContext,
  targets: Targets,
  header: ObjectHeader,
): Programs {
  const programs = new Map<string, ProgramSpec>();
  const functions = new Map<string, FunctionSpec>();
  const resolved = targets.code.functions.map((code) => ({
    code,
    instructions: context.sink.full
      ? []
      : annotate(context, code, resolveFunction(context, targets, code)),
  }));
  const called = calledNames(resolved.map(({ instructions }) => instructions));
  for (const { code, instructions } of resolved) {
    const { name, linkage } = code;
    const section = code.section.name;
    const meaning = parseSectionName(section);
    const isEntry = section !== ".text" && linkage !== "static";
    if (isEntry && (meaning !== undefined || !called.has(name))) {
      if (meaning === undefined) warnAboutSection(context, code);
      programs.set(name, makeProgram(name, section, instructions, meaning, header));
    } else functions.set(name, { name, section, linkage, instructions });
  }
  return { programs, functions };
}

function calledNames(functions: readonly (readonly Instruction[])[]): Set<string> {
  const names = new Set<string>();
  for (const instructions of functions) {
    for (const { reference } of instructions) {
      if (reference?.kind === "function") names.add(reference.name);
    }
  }
  return names;
}

function makeProgram(
  name: string,
  section: string,
  instructions: Instruction[],
  meaning: SectionMeaning | undefined,
  { license, kernelVersion }: ObjectHeader,
): ProgramSpec {
  return {
    name,
    section,
    type: meaning?.type ?? "unspec",
    attachType: meaning?.attachType,
    attachTo: meaning?.attachTo ?? "",
    flags: (meaning?.sleepable === true ? SLEEPABLE : 0) | (meaning?.frags === true ? FRAGS : 0),
    license,
    kernelVersion,
    instructions,
    autoload: meaning?.autoload ?? !section.startsWith("?"),
  };
}

function warnAboutSection({ sink }: ObjectContext, { name, section }: CodeFunction): void {
  sink.warn(
    "object-section-name",
    { offset: section.offset, length: section.size, section: section.name },
    `Cannot tell the type of program "${name}": section "${section.name}" is none that is known`,
    `Did you mean "${nearestSectionName(section.name)}"? Otherwise set the program's type before loading`,
  );
}
