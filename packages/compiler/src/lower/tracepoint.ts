import type { Layout } from "../author/layout.ts";
import { intType, type Type } from "../types/type.ts";
import type { ContextField, ProgramContext } from "./context.ts";

const FIELD =
  /^\s*field:(.+?)\s*(?:\[\] )?([A-Za-z_]\w*)(\[[^\]]*\])?;\s*offset:(\d+);\s*size:(\d+);\s*signed:([01]);/;

/**
 * The context of a tracepoint, from its `format` file in tracefs: a line per field with its C type, offset, size and sign. Pointers
 * of system calls lead to user space, others into the kernel. Texts of variable length are said by `__data_loc`.
 */
export function tracepointContext(text: string): ProgramContext {
  const fields = new Map<string, ContextField>();
  const isSyscall = /^name: sys_(?:enter|exit)/m.test(text);
  for (const line of text.split("\n")) {
    const match = FIELD.exec(line);
    const [, declared = "", name = "", dimensions, offset = "", size = "", signed = ""] =
      match ?? [];
    if (match === null || name.startsWith("common_")) continue;
    const bytes = Number(size);
    const at = Number(offset);
    if (declared.startsWith("__data_loc")) {
      fields.set(name, { kind: "text", offset: at });
      continue;
    }
    if (dimensions !== undefined) {
      const layout = arrayLayout(declared, Number(dimensions.slice(1, -1)), bytes, signed === "1");
      if (layout !== undefined) fields.set(name, { kind: "memory", layout, offset: at });
      continue;
    }
    if (bytes !== 1 && bytes !== 2 && bytes !== 4 && bytes !== 8) continue;
    const pointer = declared.includes("*");
    const type: Type = pointer
      ? { kind: "address", space: isSyscall ? "user" : "kernel" }
      : intType((bytes * 8) as 8 | 16 | 32 | 64, signed === "1");
    fields.set(name, { kind: "scalar", type, offset: at, size: bytes });
  }
  return { fields };
}

/** The layout of an array, from its C type, its length and its bytes; `undefined` when they do not say what an element is. */
function arrayLayout(
  declared: string,
  length: number,
  bytes: number,
  signed: boolean,
): Layout | undefined {
  if (/^(?:const )?char$/.test(declared) && bytes > 0) return { kind: "char", length: bytes };
  if (!Number.isInteger(length) || length < 1) return undefined;
  const size = bytes / length;
  if (size !== 1 && size !== 2 && size !== 4 && size !== 8) return undefined;
  return { kind: "array", element: intType((size * 8) as 8 | 16 | 32 | 64, signed), length };
}
