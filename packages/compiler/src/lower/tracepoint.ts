import { intType, type Type } from "../types/type.ts";
import type { ContextField, ProgramContext } from "./context.ts";

const FIELD =
  /^\s*field:(.+?)\s*([A-Za-z_]\w*)(\[[^\]]*\])?;\s*offset:(\d+);\s*size:(\d+);\s*signed:([01]);/;

/**
 * The context of a tracepoint, from its `format` file in tracefs: a line per field with its C type, offset, size and sign. Pointers
 * of system calls lead to user space, others into the kernel; arrays are left out.
 */
export function tracepointContext(text: string): ProgramContext {
  const fields = new Map<string, ContextField>();
  const isSyscall = /^name: sys_(?:enter|exit)/m.test(text);
  for (const line of text.split("\n")) {
    const match = FIELD.exec(line);
    const [, declared = "", name = "", dimensions, offset = "", size = "", signed = ""] =
      match ?? [];
    if (match === null || dimensions !== undefined || name.startsWith("common_")) continue;
    const bytes = Number(size);
    if (bytes !== 1 && bytes !== 2 && bytes !== 4 && bytes !== 8) continue;
    const pointer = declared.includes("*");
    const type: Type = pointer
      ? { kind: "address", space: isSyscall ? "user" : "kernel" }
      : intType((bytes * 8) as 8 | 16 | 32 | 64, signed === "1");
    fields.set(name, { type, offset: Number(offset), size: bytes });
  }
  return { fields };
}
