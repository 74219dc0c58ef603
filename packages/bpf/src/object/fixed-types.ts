import type { BtfBuilder } from "../btf/build.ts";

/** The few types that definitions of maps and externs are made of. */
export interface FixedTypes {
  /** A signed int of 4 bytes. */
  readonly int: number;
  pointerTo(typeId: number): number;
  array(typeId: number, length: number): number;
  /** An enum with one value, which stands for a number of 64 bits. */
  constant(value: bigint): number;
  /** A function that takes a context and returns an int. */
  programType(): number;
}

/** Prepares the types; each is added once. */
export function fixedTypes(btf: BtfBuilder): FixedTypes {
  const known = new Map<string, number>();
  const once = (key: string, add: () => number): number => {
    const id = known.get(key) ?? add();
    known.set(key, id);
    return id;
  };
  const int = btf.add({
    kind: "int",
    name: "int",
    size: 4,
    bits: 32,
    offsetBits: 0,
    encoding: "signed",
  });
  const pointerTo = (typeId: number): number =>
    once(`pointer ${typeId}`, () => btf.add({ kind: "ptr", typeId }));
  return {
    int,
    pointerTo,
    array: (typeId, length) =>
      once(`array ${typeId} ${length}`, () =>
        btf.add({ kind: "array", typeId, indexTypeId: int, length }),
      ),
    constant: (value) =>
      once(`constant ${value}`, () =>
        btf.add({
          kind: "enum64",
          name: "",
          size: 8,
          signed: false,
          values: [{ name: `value_${value}`, value }],
        }),
      ),
    programType: () =>
      once("program", () =>
        btf.add({
          kind: "func_proto",
          returnTypeId: int,
          parameters: [{ name: "", typeId: pointerTo(0) }],
        }),
      ),
  };
}
