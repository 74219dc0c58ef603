import { kernelType } from "../types/kernel.ts";
import type { Value, Width } from "../ir/ir.ts";
import type { Expression } from "../parse/ast.ts";
import { describeOperand } from "./convert.ts";
import { utf8 } from "./data.ts";
import { kernelAddress, readKernelBytes } from "./kernel.ts";
import type { Lowerer } from "./lowerer.ts";
import type { Operand } from "./operand.ts";

type Call = Expression & { readonly kind: "call" };

/** Lowers `buffer.equals("text")` and `buffer.startsWith("text")`: comparisons of up to eight bytes at once. */
export function compareText(low: Lowerer, object: Operand, name: string, node: Call): Operand {
  const { builder } = low;
  const [argument] = node.args;
  if (argument?.kind !== "string")
    return low.refuse(
      "no-text",
      node.span,
      `Cannot compare with this: ${name}() takes a string that stands in the source`,
      'Write buffer.equals("text")',
    );
  const place = textPlace(low, object);
  if (place === undefined)
    return low.refuse(
      "no-buffer",
      node.span,
      `Cannot compare ${describeOperand(object)} with a string: it is no string buffer`,
      "Name a member of type char(n)",
    );
  const text = utf8(argument.value);
  const bytes = name === "equals" && text.length < place.length ? [...text, 0] : text;
  const result = builder.variable();
  const no = builder.block();
  const done = builder.block();
  builder.span = node.span;
  // A string ends at its first NUL, and no buffer holds a longer one.
  if (bytes.length > place.length || text.includes(0))
    return { kind: "value", type: { kind: "bool" }, value: builder.constant(0n) };
  const base = builder.variable(true);
  builder.write(base, place.base);
  let at = 0;
  while (at < bytes.length) {
    const width = widthAt(place.offset + at, place.align, bytes.length - at);
    let wanted = 0n;
    for (let index = width - 1; index >= 0; index -= 1)
      wanted = (wanted << 8n) | BigInt(bytes[at + index] ?? 0);
    const next = builder.block();
    const loaded = builder.load(width, builder.read(base), place.offset + at);
    builder.branch("==", loaded, builder.constant(wanted), next, no);
    builder.enter(next);
    at += width;
  }
  builder.write(result, builder.constant(1n));
  builder.jump(done);
  builder.enter(no);
  builder.write(result, builder.constant(0n));
  builder.jump(done);
  builder.enter(done);
  return { kind: "value", type: { kind: "bool" }, value: builder.read(result) };
}

interface TextPlace {
  readonly base: Value;
  readonly offset: number;
  readonly length: number;
  /** What the base is a multiple of. */
  readonly align: number;
}

/** Where the bytes are; those in the kernel are copied to the stack first. */
function textPlace(low: Lowerer, object: Operand): TextPlace | undefined {
  const { builder } = low;
  if (object.kind === "place" && object.layout.kind === "char") {
    const made = builder.program.values.get(object.base);
    // A variable index, and a packet, may lie anywhere.
    const isAligned = made?.op !== "arithmetic" && object.memory !== "packet";
    const { base, offset } = object;
    return { base, offset, length: object.layout.length, align: isAligned ? 8 : 1 };
  }
  if (object.kind !== "kernel-place" || low.kernel === undefined) return undefined;
  const type = kernelType(low.kernel, object.typeId);
  if (type.kind !== "array" || !type.isText || type.length < 1 || type.length > MOST_TEXT)
    return undefined;
  const slot = builder.slot(Math.ceil(type.length / 8) * 8);
  readKernelBytes(low, slot, type.length, kernelAddress(low, object));
  return { base: slot, offset: 0, length: type.length, align: 8 };
}

/** Longer texts of the kernel do not go over the stack. */
const MOST_TEXT = 256;

function widthAt(offset: number, align: number, left: number): Width {
  for (const width of [8, 4, 2] as const)
    if (width <= align && offset % width === 0 && left >= width) return width;
  return 1;
}
