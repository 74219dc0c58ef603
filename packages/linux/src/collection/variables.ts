import { nearHint, type CollectionSpec, type VariableSpec } from "@ocelli/bpf";

import { LinuxError } from "../error.ts";

/** What a global variable can be set to: its bytes, or a number that fits into them. */
export type VariableValue = Uint8Array | number | bigint | boolean;

/**
 * Contents of the data sections with variables set, as copies; the blueprint stays as it is. Throws `not-found` for a
 * variable that is not there and RangeError for a value that does not fit.
 */
export function setVariables(
  spec: CollectionSpec,
  values: Readonly<Record<string, VariableValue>>,
): ReadonlyMap<string, Uint8Array> {
  const sections = new Map<string, Uint8Array>();
  for (const [name, { data }] of spec.maps)
    if (data !== undefined) sections.set(name, data.slice());
  for (const [name, value] of Object.entries(values)) {
    const variable = spec.variables.get(name);
    const section = variable === undefined ? undefined : sections.get(variable.map);
    if (variable === undefined || section === undefined)
      throw new LinuxError(
        "not-found",
        `Cannot set variable "${name}": the object has none of that name${nearHint(name, spec.variables.keys())}`,
      );
    section.set(encode(variable, value), variable.offset);
  }
  return sections;
}

function encode({ name, size }: VariableSpec, value: VariableValue): Uint8Array {
  if (value instanceof Uint8Array) {
    if (value.length === size) return value;
    throw new RangeError(
      `Cannot set variable "${name}" as it has ${size} bytes: given are ${value.length}`,
    );
  }
  const number = BigInt(value);
  const bits = size * 8;
  if (
    size > 8 ||
    (BigInt.asUintN(bits, number) !== number && BigInt.asIntN(bits, number) !== number)
  )
    throw new RangeError(`Cannot set variable "${name}" of ${size} bytes: ${number} does not fit`);
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, number), true);
  return bytes.subarray(0, size);
}
