import {
  resolveType,
  sizeOf,
  WIDE_SOURCE,
  constant64,
  type Instruction,
  type MapSpec,
} from "@ocelli/bpf";

import { writeRegister, type Analysis, type VerifyEnvironment } from "./analysis.ts";
import type { Code } from "./code.ts";
import { reject, Rejection } from "./reject.ts";
import { constantScalar } from "./scalar.ts";
import type { State } from "./state.ts";
import { pointerTo, POINTER_FLAG, type Value } from "./value.ts";

/** Follows a 64-bit immediate load: a constant, a map, a map's value, a function or a kernel symbol. */
export function checkWide(analysis: Analysis, state: State, instruction: Instruction): void {
  writeRegister(state, instruction.dst, valueOf(analysis, state, instruction));
}

function valueOf(analysis: Analysis, state: State, instruction: Instruction): Value {
  const { reference, src } = instruction;
  switch (reference?.kind) {
    case "map":
      return pointerTo("map", { map: mapOf(analysis, reference.name) });
    case "map-value":
      return mapValue(mapOf(analysis, reference.name), reference.offset);
    case "kconfig": {
      const offset = analysis.environment.kconfig?.get(reference.name)?.offset ?? 0;
      return mapValue(mapOf(analysis, ".kconfig"), offset);
    }
    case "ksym":
      return symbol(analysis, reference.name, reference.weak);
    default:
      break;
  }
  if (src === WIDE_SOURCE.constant) return constantScalar(constant64(instruction) ?? 0n);
  if (src === WIDE_SOURCE.function) {
    const target = analysis.code.functionOf[analysis.code.targets[state.instruction] ?? 0] ?? 0;
    return pointerTo("func", { target });
  }
  return reject(
    "vm-verify-instruction",
    `The 64-bit load has source ${src} and names nothing`,
    "Load maps and kernel symbols by name, through a collection",
  );
}

function mapOf({ environment: { maps } }: Analysis, name: string): MapSpec {
  const map = maps.get(name);
  if (map !== undefined) return map;
  return reject(
    "vm-verify-map",
    `There is no map "${name}"`,
    "Give the maps that the program uses",
  );
}

/** Refuses addresses of map values that do not exist, wherever they are taken. */
export function checkMapValues({ maps }: VerifyEnvironment, code: Code): void {
  for (const [index, { reference }] of code.instructions.entries()) {
    const map = reference?.kind === "map-value" ? maps.get(reference.name) : undefined;
    if (map === undefined || reference?.kind !== "map-value") continue;
    try {
      mapValue(map, reference.offset);
    } catch (error) {
      if (error instanceof Rejection) error.instruction = index;
      throw error;
    }
  }
}

function mapValue(map: MapSpec, offset: number): Value {
  const hasAddress = (map.type === "array" && map.maxEntries === 1) || map.type === "arena";
  if (!hasAddress)
    return reject(
      "vm-verify-map",
      `The address of a value of map "${map.name}" of type ${map.type} is taken`,
      "Only the value of an array of one entry has a known address: look others up",
    );
  if (map.type === "arena") return pointerTo("arena");
  if (offset < 0 || offset >= map.valueSize)
    return reject(
      "vm-verify-bounds",
      `The address of byte ${offset} of map "${map.name}" is taken: its value has ${map.valueSize}`,
      "Stay inside the value",
    );
  return pointerTo("map-value", { map, offset });
}

/** A variable of the kernel's: by its type, or an address of which nothing is known. */
function symbol(analysis: Analysis, name: string, weak: boolean): Value {
  const { kernel } = analysis.environment;
  const id = kernel?.idsByName(name, "var")[0];
  const variable = kernel?.type(id ?? 0);
  if (kernel === undefined || variable?.kind !== "var") {
    const isFunction = kernel !== undefined && kernel.idsByName(name, "func").length > 0;
    return weak && !isFunction
      ? constantScalar(0n)
      : pointerTo("mem", { flags: POINTER_FLAG.readonly });
  }
  const type = resolveType(kernel, variable.typeId);
  const isPercpu = kernel.idsByName(".data..percpu", "datasec").some((section) => {
    const data = kernel.type(section);
    return data?.kind === "datasec" && data.variables.some((one) => one.typeId === id);
  });
  const flags = isPercpu ? POINTER_FLAG.percpu : 0;
  if (type?.type.kind === "struct" || type?.type.kind === "union")
    return pointerTo("btf", { target: type.id, flags });
  if (isPercpu) return pointerTo("btf", { target: type?.id ?? 0, flags });
  const size = type === undefined ? 0 : (sizeOf(kernel, type.id) ?? 0);
  return pointerTo("mem", { range: size, flags: POINTER_FLAG.readonly });
}
