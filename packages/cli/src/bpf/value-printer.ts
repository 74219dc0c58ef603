import type { Btf, MapSpec } from "@ocelli/bpf";
import { codecFromBtf, decodeValue, type Codec } from "@ocelli/linux";

/** Turns a key, a value or a record into something that prints: by its BTF type where there is one, else bytes. */
export type ValuePrinter = (bytes: Uint8Array) => unknown;

/** The printer for a type; bytes as they are when there is no type, or one without values. */
export function valuePrinter(btf: Btf | undefined, typeId: number): ValuePrinter {
  const codec = btf === undefined || typeId === 0 ? undefined : codecOrNothing(btf, typeId);
  if (codec === undefined) return (bytes) => bytes;
  return (bytes) => (bytes.length < codec.size ? bytes : decodeValue(codec, bytes));
}

/** Printers for the keys and values of a map. */
export function mapPrinters(
  btf: Btf | undefined,
  spec: MapSpec | undefined,
): { readonly key: ValuePrinter; readonly value: ValuePrinter } {
  return {
    key: valuePrinter(btf, spec?.keyTypeId ?? 0),
    value: valuePrinter(btf, spec?.valueTypeId ?? 0),
  };
}

function codecOrNothing(btf: Btf, typeId: number): Codec<unknown> | undefined {
  try {
    return codecFromBtf(btf, typeId, { enums: "name" });
  } catch {
    // A type that has no values, such as a function: its bytes are shown.
    return undefined;
  }
}
