import { slotCount, type CollectionSpec, type Instruction } from "@ocelli/bpf";

/** What `ocelli bpf inspect --json` prints. Sizes in bytes; `instructions` counts 8-byte slots, as the kernel does. */
export interface CollectionSummary {
  readonly license: string;
  readonly littleEndian: boolean;
  readonly btfTypes: number | undefined;
  readonly programs: readonly ProgramSummary[];
  readonly functions: readonly {
    name: string;
    section: string;
    linkage: string;
    instructions: number;
  }[];
  readonly maps: readonly MapSummary[];
  readonly variables: readonly {
    name: string;
    section: string;
    offset: number;
    size: number;
    readonly: boolean;
  }[];
  readonly externs: readonly string[];
}

/** One program of a summary. */
export interface ProgramSummary {
  readonly name: string;
  readonly type: string;
  readonly attachType: string | undefined;
  readonly attachTo: string;
  readonly section: string;
  readonly autoload: boolean;
  readonly instructions: number;
  /** Number of CO-RE relocations. */
  readonly relocations: number;
  /** Maps, functions and kernel symbols that its own instructions name. */
  readonly uses: readonly string[];
}

/** One map of a summary. */
export interface MapSummary {
  readonly name: string;
  readonly type: string;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: number;
  readonly pinned: boolean;
  readonly inner: string | undefined;
}

/** Sums up a blueprint for a person or a script. */
export function summarize(spec: CollectionSpec): CollectionSummary {
  const programs = [...spec.programs.values()].map((program) => ({
    name: program.name,
    type: program.type,
    attachType: program.attachType,
    attachTo: program.attachTo,
    section: program.section,
    autoload: program.autoload,
    instructions: slotsOf(program.instructions),
    relocations: program.instructions.filter((item) => item.relocation !== undefined).length,
    uses: namesIn(program.instructions),
  }));
  const functions = [...spec.functions.values()].map(
    ({ name, section, linkage, instructions }) => ({
      name,
      section,
      linkage,
      instructions: slotsOf(instructions),
    }),
  );
  const maps = [...spec.maps.values()].map((map) => ({
    name: map.name,
    type: map.type,
    keySize: map.keySize,
    valueSize: map.valueSize,
    maxEntries: map.maxEntries,
    flags: map.flags,
    pinned: map.pinning === "by-name",
    inner: map.inner?.type,
  }));
  const variables = [...spec.variables.values()].map(({ name, map, offset, size, readonly }) => ({
    name,
    section: map,
    offset,
    size,
    readonly,
  }));
  const bodies = [...spec.programs.values(), ...spec.functions.values()];
  return {
    license: spec.license,
    littleEndian: spec.littleEndian,
    btfTypes: spec.btf === undefined ? undefined : spec.btf.endId - spec.btf.firstId,
    programs,
    functions,
    maps,
    variables,
    externs: externsIn(bodies.flatMap((body) => body.instructions)),
  };
}

function slotsOf(instructions: readonly Instruction[]): number {
  return instructions.reduce((sum, instruction) => sum + slotCount(instruction), 0);
}

function namesIn(instructions: readonly Instruction[]): string[] {
  const names = new Set<string>();
  for (const { reference } of instructions) {
    if (reference !== undefined && reference.kind !== "label") names.add(reference.name);
  }
  return [...names];
}

function externsIn(instructions: readonly Instruction[]): string[] {
  const names = new Set<string>();
  for (const { reference } of instructions) {
    const isExtern =
      reference?.kind === "kconfig" || reference?.kind === "ksym" || reference?.kind === "kfunc";
    if (isExtern) names.add(reference.name);
  }
  return [...names].toSorted();
}
