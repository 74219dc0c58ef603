import {
  parseSectionName,
  readBtf,
  type Btf,
  type BtfSectionVariable,
  type CollectionSpec,
  type Instruction,
  type MapSpec,
  type ProgramSpec,
  type SourceLine,
  type Span,
  type VariableSpec,
} from "@ocelli/bpf";

import { sizeOfLayout } from "../author/layout.ts";
import type { MapShape } from "../author/map-shape.ts";
import type { Code } from "../code/emit.ts";
import type { DataSection, DataSections } from "../lower/data.ts";
import type { Type } from "../types/type.ts";
import { createObjectTypes, type ObjectTypes } from "./types.ts";

/** A program on its way into the object. */
export interface CompiledCode {
  readonly name: string;
  readonly section: string;
  readonly attachTo: string;
  readonly code: Code;
}

/** A function on its way into the object. */
export interface CompiledFunction {
  readonly name: string;
  readonly linkage: "static" | "global";
  readonly parameters: readonly { readonly name: string; readonly type: Type }[];
  readonly code: Code;
}

/** Everything that the object is made of. */
export interface ObjectParts {
  readonly programs: readonly CompiledCode[];
  readonly functions: readonly CompiledFunction[];
  readonly maps: readonly { readonly name: string; readonly shape: MapShape }[];
  readonly data: DataSections;
  readonly kernel: Btf | undefined;
  readonly lineOf: (span: Span) => SourceLine;
}

const LICENSE = "GPL";
// include/uapi/linux/bpf.h
const READ_ONLY = 0x80;
const SLEEPABLE = 0x10;
const FRAGS = 0x20;

/** Puts programs, maps and data together as the blueprint that loaders take, with types, line info and relocations. */
export function makeCollection(parts: ObjectParts): CollectionSpec {
  const facts = [...parts.programs, ...parts.functions].flatMap(({ code }) =>
    code.instructions.flatMap(({ core }) => (core === undefined ? [] : [core])),
  );
  const types = createObjectTypes(parts.kernel, facts);
  const programs = parts.programs.map((one) => programSpec(one, types, parts.lineOf));
  const variables = new Map<string, VariableSpec>();
  const maps = [
    ...parts.maps.map(({ name, shape }) => mapSpec(name, shape, types)),
    ...dataMaps(parts.data, types, variables),
  ];
  const functions = new Map(
    parts.functions.map((one) => {
      const { name, linkage, parameters, code } = one;
      const typeId = types.function(name, linkage, parameters);
      const instructions = instructionsOf(name, typeId, code, types, parts.lineOf);
      return [name, { name, section: ".text", linkage, instructions }] as const;
    }),
  );
  const btf = readBtf(types.builder.write());
  return {
    littleEndian: true,
    license: LICENSE,
    maps: new Map(maps.map((map) => [map.name, map])),
    programs: new Map(programs.map((program) => [program.name, program])),
    functions,
    variables,
    kconfig: new Map(),
    btf: btf.ok ? btf.value : undefined,
  };
}

function programSpec(
  program: CompiledCode,
  types: ObjectTypes,
  lineOf: ObjectParts["lineOf"],
): ProgramSpec {
  const { name, section, attachTo, code } = program;
  const meaning = parseSectionName(section);
  const instructions = instructionsOf(name, types.program(name), code, types, lineOf);
  return {
    name,
    section,
    type: meaning?.type ?? "unspec",
    attachType: meaning?.attachType,
    attachTo,
    flags: (meaning?.sleepable === true ? SLEEPABLE : 0) | (meaning?.frags === true ? FRAGS : 0),
    license: LICENSE,
    kernelVersion: 0,
    instructions,
    autoload: true,
  };
}

function instructionsOf(
  name: string,
  functionTypeId: number,
  code: Code,
  types: ObjectTypes,
  lineOf: ObjectParts["lineOf"],
): Instruction[] {
  let last: SourceLine | undefined;
  const instructions: Instruction[] = [];
  for (const { instruction, span, core } of code.instructions) {
    const source = lineOf(span);
    const isNew = last?.line !== source.line || last.column !== source.column;
    last = source;
    instructions.push({
      ...instruction,
      ...(instructions.length === 0 && { symbol: name, functionTypeId }),
      ...(isNew && { source }),
      ...(core !== undefined && { relocation: types.relocation(core) }),
    });
  }
  return instructions;
}

function blankMap(name: string): MapSpec {
  return {
    name,
    type: "array",
    keySize: 4,
    valueSize: 0,
    maxEntries: 1,
    flags: 0,
    mapExtra: 0n,
    numaNode: 0,
    pinning: "none",
    keyTypeId: 0,
    valueTypeId: 0,
    entries: [],
    frozen: false,
    tags: [],
    section: ".maps",
  };
}

/** Map types whose keys and values are none that BTF could describe. */
const UNTYPED: ReadonlySet<string> = new Set([
  "ringbuf",
  "stack_trace",
  "perf_event_array",
  "prog_array",
  "cgroup_array",
  "array_of_maps",
  "hash_of_maps",
  "devmap",
  "devmap_hash",
  "cpumap",
  "xskmap",
  "queue",
  "stack",
  "bloom_filter",
]);

function mapSpec(name: string, shape: MapShape, types: ObjectTypes): MapSpec {
  const { mapType, key, value, maxEntries, valueSize, inner } = shape;
  const isPlain = !UNTYPED.has(mapType);
  return {
    ...blankMap(name),
    type: mapType,
    keySize: mapType === "ringbuf" || key === undefined ? 0 : sizeOfLayout(key),
    valueSize:
      mapType === "ringbuf" ? 0 : (valueSize ?? (value === undefined ? 0 : sizeOfLayout(value))),
    maxEntries,
    flags: shape.flags ?? 0,
    mapExtra: shape.mapExtra ?? 0n,
    pinning: shape.pinned === true ? "by-name" : "none",
    keyTypeId: isPlain && key !== undefined ? types.layout(key) : 0,
    valueTypeId: isPlain && value !== undefined ? types.layout(value) : 0,
    ...(inner !== undefined && { inner: mapSpec(`${name}.inner`, inner, types) }),
    entries: (shape.programs ?? []).map((program, at) => ({ key: at, program })),
  };
}

function dataMaps(
  data: DataSections,
  types: ObjectTypes,
  variables: Map<string, VariableSpec>,
): MapSpec[] {
  const made: MapSpec[] = [];
  const sections: readonly DataSection[] = [".rodata", ".data", ".bss"];
  for (const section of sections) {
    const contents = data.contents(section);
    if (contents.length === 0) continue;
    const readonly = section === ".rodata";
    const entries: BtfSectionVariable[] = [];
    for (const { name, section: own, offset, layout } of data.variables) {
      if (own !== section) continue;
      const type = types.layout(layout);
      const typeId = readonly ? types.builder.add({ kind: "const", typeId: type }) : type;
      const variable = types.builder.add({ kind: "var", name, typeId, linkage: "global" });
      const size = sizeOfLayout(layout);
      entries.push({ typeId: variable, offset, size });
      variables.set(name, { name, map: section, offset, size, typeId, readonly });
    }
    const valueTypeId =
      entries.length === 0
        ? 0
        : types.builder.add({
            kind: "datasec",
            name: section,
            size: contents.length,
            variables: entries,
          });
    made.push({
      ...blankMap(section),
      valueSize: contents.length,
      flags: readonly ? READ_ONLY : 0,
      valueTypeId,
      data: contents,
      frozen: readonly,
      section,
    });
  }
  return made;
}
