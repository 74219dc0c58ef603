import { ATTRIBUTES } from "./attributes.gen.ts";
import type { Kernel } from "./kernel.ts";

/** A member of `union bpf_attr`: the arguments of one or a few commands. */
export type AttributeName = keyof typeof ATTRIBUTES;

/** What a field can be set to. A buffer stands for its address; a string for its bytes, cut to the field. */
export type AttributeValue = number | bigint | Uint8Array | string;

/** Fields of an attribute by name, `link.field` inside a nested struct. Fields left out are zero. */
export type AttributeFields<A extends AttributeName> = {
  readonly [F in keyof (typeof ATTRIBUTES)[A]["fields"]]?: AttributeValue | undefined;
};

const encoder = new TextEncoder();

// An address alone does not keep a buffer from being collected, and a local variable ends with its last use.
const held = new WeakMap<Uint8Array, Uint8Array[]>();

/**
 * Lays out an attribute for bpf(2), zero-padded. Buffers given as fields are passed by address, and live as long as
 * the attribute does.
 */
export function encodeAttribute<A extends AttributeName>(
  kernel: Kernel,
  name: A,
  values: AttributeFields<A>,
): Uint8Array {
  const layout = ATTRIBUTES[name];
  const bytes = new Uint8Array(layout.size);
  const view = new DataView(bytes.buffer);
  const buffers: Uint8Array[] = [];
  // The table's fields and the keys of `values` are the same set, by the type above.
  const fields: Readonly<Record<string, readonly [number, number]>> = layout.fields;
  for (const [field, value] of Object.entries<AttributeValue | undefined>(values)) {
    const place = fields[field];
    if (value === undefined || place === undefined) continue;
    const [offset, size] = place;
    if (value instanceof Uint8Array) {
      view.setBigUint64(offset, kernel.address(value), true);
      buffers.push(value);
    } else if (typeof value === "string")
      bytes.set(encoder.encode(value).subarray(0, size - 1), offset);
    else if (size === 8) view.setBigUint64(offset, BigInt.asUintN(64, BigInt(value)), true);
    else if (size === 4) view.setUint32(offset, Number(value) >>> 0, true);
    else if (size === 2) view.setUint16(offset, Number(value), true);
    else view.setUint8(offset, Number(value));
  }
  if (buffers.length > 0) held.set(bytes, buffers);
  return bytes;
}

/** Reads a field that the kernel wrote into an attribute; 32 bits wide or less. */
export function attributeField<A extends AttributeName>(
  name: A,
  attribute: Uint8Array,
  field: keyof (typeof ATTRIBUTES)[A]["fields"] & string,
): number {
  const fields: Readonly<Record<string, readonly [number, number]>> = ATTRIBUTES[name].fields;
  const place = fields[field];
  if (place === undefined)
    throw new RangeError(
      `Cannot read field "${field}" of attribute "${name}": it has no such field`,
    );
  const view = new DataView(attribute.buffer, attribute.byteOffset, attribute.byteLength);
  return view.getUint32(place[0], true);
}
