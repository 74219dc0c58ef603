import { mapTypeName } from "../abi/map-types.ts";
import type { BtfMember } from "../btf/types.ts";
import type { DiagnosticSink } from "./diagnostic-sink.ts";
import type { Span } from "../diagnostic.ts";
import { emptyMap } from "./map-spec.ts";
import type { ObjectTypes } from "./object-types.ts";
import type { MapSpec } from "./spec.ts";

/** Where a definition stands, and how it is spoken of. */
export interface DefinitionPlace {
  readonly name: string;
  readonly section: string;
  readonly span: Span;
  readonly sink: DiagnosticSink;
  readonly types: ObjectTypes;
}

/** A map as a struct type defines it. */
export interface MapDefinition {
  readonly map: MapSpec;
  /** Where the `values` member starts, in bytes; `undefined` without one. */
  readonly valuesOffset: number | undefined;
}

const MAPS_OF_MAPS: ReadonlySet<string> = new Set(["array_of_maps", "hash_of_maps"]);
const HINT = "Define the map with __uint(), __type(), __array() and __ulong() of bpf_helpers.h";

/**
 * Reads the struct behind a variable of `.maps`: a number n is a pointer to an array of n ints or to an enum with one value, a type is
 * a pointer to it, and `values` is an array of pointers to functions or to inner maps. `undefined` after an error.
 */
export function readMapDefinition(
  place: DefinitionPlace,
  typeId: number,
  isInner = false,
): MapDefinition | undefined {
  const { name, section, span, sink, types } = place;
  const type = types.resolve(typeId)?.type;
  const fail = (reason: string): undefined => {
    sink.error("object-map-definition", span, `Cannot read map "${name}": ${reason}`, HINT);
    return undefined;
  };
  if (type?.kind !== "struct") return fail(`its type is ${type?.kind ?? "missing"}, not a struct`);
  const map = emptyMap(name, section);
  const seen = new Set<string>();
  let valuesOffset: number | undefined;
  let typeNumber: number | undefined;
  for (const member of type.members) {
    if (seen.has(member.name)) return fail(`it says "${member.name}" twice`);
    seen.add(member.name);
    if (member.name === "values") {
      valuesOffset = member.offsetBits / 8;
      continue;
    }
    if (member.name === "key" || member.name === "value") {
      const reason = setType(map, member, types);
      if (reason !== undefined) return fail(reason);
      continue;
    }
    const value = numberOf(types, member.typeId);
    if (value === undefined) return fail(`"${member.name}" is not a number`);
    if (member.name === "type") typeNumber = Number(value);
    const reason = setNumber(map, member.name, value, isInner);
    if (reason !== undefined) return fail(reason);
  }
  if (typeNumber === undefined) return fail("it has no type");
  const typeName = mapTypeName(typeNumber);
  if (typeName === undefined) return fail(`there is no map type ${typeNumber}`);
  map.type = typeName;
  const values = type.members.find((member) => member.name === "values");
  if (values !== undefined) {
    const reason = readValues(map, place, values.typeId, isInner);
    if (reason !== undefined) return reason === "" ? undefined : fail(reason);
  }
  return { map, valuesOffset };
}

function setType(map: MapSpec, member: BtfMember, types: ObjectTypes): string | undefined {
  const field = member.name === "key" ? "keySize" : "valueSize";
  const pointer = types.resolve(member.typeId)?.type;
  if (pointer?.kind !== "ptr") return `"${member.name}" is not a pointer to a type`;
  const size = types.sizeOf(pointer.typeId);
  if (size === undefined || size > 0xffff_ffff) return `the type of "${member.name}" has no size`;
  if (map[field] !== 0 && map[field] !== size)
    return `"${member.name}" has ${size} bytes and "${member.name}_size" is ${map[field]}`;
  map[field] = size;
  map[member.name === "key" ? "keyTypeId" : "valueTypeId"] = pointer.typeId;
  return undefined;
}

function numberOf(types: ObjectTypes, typeId: number): bigint | undefined {
  const pointer = types.resolve(typeId)?.type;
  if (pointer?.kind !== "ptr") return undefined;
  const target = types.resolve(pointer.typeId)?.type;
  if (target?.kind === "array") return BigInt(target.length);
  if (target?.kind !== "enum" && target?.kind !== "enum64") return undefined;
  const [value, ...others] = target.values;
  return value === undefined || others.length > 0 ? undefined : BigInt(value.value);
}

function setNumber(
  map: MapSpec,
  name: string,
  value: bigint,
  isInner: boolean,
): string | undefined {
  if (name === "map_extra") {
    map.mapExtra = BigInt.asUintN(64, value);
    return undefined;
  }
  if (value < 0n || value > 0xffff_ffffn) return `"${name}" is ${value}, not a number of 32 bits`;
  const number = Number(value);
  switch (name) {
    case "type":
      return undefined;
    case "max_entries":
      map.maxEntries = number;
      return undefined;
    case "map_flags":
      map.flags = number;
      return undefined;
    case "numa_node":
      map.numaNode = number;
      return undefined;
    case "key_size":
    case "value_size": {
      const field = name === "key_size" ? "keySize" : "valueSize";
      if (map[field] !== 0 && map[field] !== number)
        return `"${name}" is ${number} and its type has ${map[field]} bytes`;
      map[field] = number;
      return undefined;
    }
    case "pinning":
      if (isInner) return "an inner map cannot be pinned";
      if (number > 1) return `"pinning" is ${number}, not 0 (none) or 1 (by name)`;
      map.pinning = number === 1 ? "by-name" : "none";
      return undefined;
    default:
      return `"${name}" is no property of a map`;
  }
}

/** Reads the element type of `values`. Gives the reason when it is wrong, `""` when the reason was already given. */
function readValues(
  map: MapSpec,
  place: DefinitionPlace,
  typeId: number,
  isInner: boolean,
): string | undefined {
  const { types } = place;
  const ofMaps = MAPS_OF_MAPS.has(map.type);
  if (isInner) return "an inner map cannot have values";
  if (!ofMaps && map.type !== "prog_array")
    return `its type is ${map.type}, and only maps of maps and program arrays have values`;
  if (map.valueSize !== 0 && map.valueSize !== 4)
    return `its values have ${map.valueSize} bytes, and 4 are needed`;
  map.valueSize = 4;
  const array = types.resolve(typeId)?.type;
  const pointer = array?.kind === "array" ? types.resolve(array.typeId)?.type : undefined;
  const target = pointer?.kind === "ptr" ? pointer.typeId : undefined;
  if (target === undefined) return `"values" is not an array of pointers`;
  if (!ofMaps) {
    return types.resolve(target)?.type.kind === "func_proto"
      ? undefined
      : `"values" is not an array of pointers to functions`;
  }
  const inner = readMapDefinition({ ...place, name: `${place.name}.inner` }, target, true);
  if (inner === undefined) return "";
  map.inner = inner.map;
  return undefined;
}
