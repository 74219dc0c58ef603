import { errorAt, failure, success, type Result } from "../diagnostic.ts";
import { BTF_LAYOUTS, kindNumberOf, vlenOf, type BtfLayout } from "./format.ts";
import type { BtfHeader } from "./header.ts";

/**
 * The byte offset of every type in the file, in order of ids. One pass; every element is known to be there afterwards,
 * so that decoding needs no checks. 4 bytes a type: 0.5 MB for vmlinux.
 */
export function indexTypes(view: DataView, header: BtfHeader): Result<Uint32Array> {
  const { littleEndian, typesOffset, typesLength } = header;
  const layouts = layoutsOf(view, header);
  // Flat, because the loop runs once per type.
  const once = Uint32Array.from(layouts, (layout) => layout?.once ?? 0xffffffff);
  const each = Uint32Array.from(layouts, (layout) => layout?.each ?? 0);
  const end = typesOffset + typesLength;
  const offsets = new Uint32Array(Math.floor(typesLength / 12));
  let count = 0;
  for (let at = typesOffset; at < end;) {
    if (end - at < 12) {
      return truncated(
        at,
        end - at,
        `type ${count + 1} of this file needs 12 bytes of ${end - at}`,
      );
    }
    const info = view.getUint32(at + 4, littleEndian);
    const kind = kindNumberOf(info);
    const fixed = once[kind];
    if (fixed === undefined || fixed === 0xffffffff) {
      return failure(
        errorAt(
          "btf-kind",
          { offset: at, length: 12 },
          `Cannot read BTF: type ${count + 1} of this file has the unknown kind ${kind}`,
          "Give BTF whose kinds are 1 to 19, or that describes its kinds in a layout section",
        ),
      );
    }
    const size = 12 + fixed + (each[kind] ?? 0) * vlenOf(info);
    if (size > end - at) {
      return truncated(
        at,
        end - at,
        `type ${count + 1} of this file needs ${size} bytes of ${end - at}`,
      );
    }
    offsets[count] = at;
    count += 1;
    at += size;
  }
  // A copy, so that the upper bound of the first allocation does not stay in memory.
  return success(offsets.slice(0, count));
}

function truncated(offset: number, length: number, found: string): Result<Uint32Array> {
  const message = `Cannot read BTF: ${found}`;
  return failure(
    errorAt("btf-type-truncated", { offset, length }, message, "Build the file again"),
  );
}

/** Known layouts by kind number, and those of newer kinds from the layout section: u8 once, u8 each, u16 flags. */
function layoutsOf(view: DataView, header: BtfHeader): (BtfLayout | undefined)[] {
  const layouts: (BtfLayout | undefined)[] = [undefined, ...BTF_LAYOUTS.slice(1)];
  const count = Math.min(header.layoutLength >> 2, 128);
  for (let kind = layouts.length; kind < count; kind += 1) {
    const at = header.layoutOffset + kind * 4;
    layouts.push({ once: view.getUint8(at), each: view.getUint8(at + 1) });
  }
  return layouts;
}
