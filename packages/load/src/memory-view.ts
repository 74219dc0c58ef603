import { sizeOfLayout, type Layout, type StructLayout } from "@ocelli/compiler";

import { codecOf } from "./codec.ts";

/** Memory that a program reads and writes as values of a layout. */
export interface Memory {
  readonly view: DataView;
  readonly offset: number;
}

/** A value of a layout as a kernel program has it: numbers by themselves, structs, arrays and buffers as views of the memory. */
export function readMemory(layout: Layout, memory: Memory): unknown {
  switch (layout.kind) {
    case "struct":
      return structView(layout, memory);
    case "array":
      return arrayView(layout, memory);
    case "char":
      return new TextView(memory, layout.length);
    default:
      return codecOf(layout).read(memory.view, memory.offset);
  }
}

/** Writes a value as a kernel program does: numbers wrap at their width; structs, arrays and buffers are copied. */
export function writeMemory(layout: Layout, memory: Memory, value: unknown): void {
  const { view, offset } = memory;
  switch (layout.kind) {
    case "int":
    case "be":
      writeNumber(view, offset, layout.bits, value);
      return;
    case "char":
      codecOf(layout).write(view, offset, String(value));
      return;
    case "array":
      Array.from({ length: layout.length }, (_, index) => {
        const size = sizeOfLayout(layout.element);
        // Views answer to numbers, as arrays do.
        const one = (value as readonly unknown[])[index];
        writeMemory(layout.element, { view, offset: offset + index * size }, one ?? 0);
      });
      return;
    case "struct":
      for (const { name, offset: at, layout: own, shift } of layout.fields) {
        const part = (value as Readonly<Record<string, unknown>>)[name];
        if (own.kind === "bits") writeBits(layout, name, memory, part);
        else if (part !== undefined) writeMemory(own, { view, offset: offset + at + shift }, part);
      }
      return;
    default:
      codecOf(layout).write(view, offset, value);
  }
}

function writeNumber(view: DataView, offset: number, bits: 8 | 16 | 32 | 64, value: unknown): void {
  const exact = BigInt(value as number | bigint | boolean);
  // DataView takes a number modulo its width.
  if (bits === 64) view.setBigUint64(offset, BigInt.asUintN(64, exact), true);
  else if (bits === 32) view.setUint32(offset, Number(BigInt.asUintN(32, exact)), true);
  else if (bits === 16) view.setUint16(offset, Number(BigInt.asUintN(16, exact)), true);
  else view.setUint8(offset, Number(BigInt.asUintN(8, exact)));
}

/** A bit field's place is known to its struct only: it is read and written as a struct with that one member. */
function bitsOf(layout: StructLayout, name: string): ReturnType<typeof codecOf> {
  return codecOf({ ...layout, fields: layout.fields.filter((field) => field.name === name) });
}

function writeBits(layout: StructLayout, name: string, memory: Memory, value: unknown): void {
  const field = layout.fields.find((one) => one.name === name);
  if (value === undefined || field?.layout.kind !== "bits") return;
  const { width, unit } = field.layout;
  const { view, offset } = memory;
  const at = offset + field.offset;
  const mask = ((1n << BigInt(width)) - 1n) << BigInt(field.shift);
  const kept = BigInt(Number(codecOf({ kind: "int", bits: unit, signed: false }).read(view, at)));
  const moved = (BigInt(value as number) << BigInt(field.shift)) & mask;
  writeNumber(view, at, unit, (kept & ~mask) | moved);
}

function structView(layout: StructLayout, memory: Memory): object {
  const made = {};
  for (const { name, offset, layout: own } of layout.fields) {
    const place = { view: memory.view, offset: memory.offset + offset };
    Object.defineProperty(made, name, {
      enumerable: true,
      get: () =>
        own.kind === "bits"
          ? (bitsOf(layout, name).read(memory.view, memory.offset) as Record<string, unknown>)[name]
          : readMemory(own, place),
      set: (value: unknown) => {
        if (own.kind === "bits") writeBits(layout, name, memory, value);
        else writeMemory(own, place, value);
      },
    });
  }
  return made;
}

/** An index behind the end means the last element, as in a compiled program. */
function arrayView(layout: Layout & { readonly kind: "array" }, memory: Memory): object {
  const size = sizeOfLayout(layout.element);
  const place = (index: string): Memory => {
    const at = Math.min(Number(index), layout.length - 1);
    return { view: memory.view, offset: memory.offset + at * size };
  };
  return new Proxy(Array.from({ length: layout.length }), {
    get: (target, key): unknown =>
      typeof key === "string" && /^\d+$/.test(key)
        ? readMemory(layout.element, place(key))
        : Reflect.get(target, key),
    set: (_target, key, value) => {
      writeMemory(layout.element, place(String(key)), value);
      return true;
    },
  });
}

/** A string buffer. */
export class TextView {
  readonly length: number;
  readonly #memory: Memory;

  /** Made by `readMemory()`. */
  constructor(memory: Memory, length: number) {
    this.length = length;
    this.#memory = memory;
  }

  /** The text up to the first NUL. */
  toString(): string {
    const { view, offset } = this.#memory;
    return String(codecOf({ kind: "char", length: this.length }).read(view, offset));
  }

  /** Copies a text with a NUL behind it, cut where the buffer ends; gives the bytes that were written. */
  write(text: string): number {
    const bytes = new TextEncoder().encode(text).subarray(0, this.length - 1);
    const { view, offset } = this.#memory;
    const target = new Uint8Array(view.buffer, view.byteOffset + offset, this.length);
    target.fill(0).set(bytes);
    return bytes.length + 1;
  }
}
