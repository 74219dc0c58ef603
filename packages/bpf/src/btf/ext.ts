import type { SourceLine } from "../asm/instruction.ts";
import { CORE_KINDS, type CoreRelocation } from "../core/relocation.ts";
import { errorAt, failure, success, warningAt, type Result } from "../diagnostic.ts";
import { addDiagnostic, createDiagnosticList, listDiagnostics } from "../diagnostic-list.ts";
import { BTF_MAGIC } from "./format.ts";
import type { Btf } from "./types.ts";

/** What one section of code has, by byte offset of the instruction in that section, in ascending order. */
export type BtfExtSections<T> = ReadonlyMap<string, ReadonlyMap<number, T>>;

/** The contents of `.BTF.ext`: what the compiler says about instructions, by name of the ELF section. */
export interface BtfExt {
  /** The type id of the FUNC that starts at an instruction. */
  readonly functions: BtfExtSections<number>;
  readonly lines: BtfExtSections<SourceLine>;
  readonly relocations: BtfExtSections<CoreRelocation>;
}

//  0  u16 magic   2  u8 version   3  u8 flags   4  u32 hdr_len       offsets count from the header's end
//  8  u32 func_info_off  12 u32 func_info_len  16 u32 line_info_off  20 u32 line_info_len
// 24  u32 core_relo_off  28 u32 core_relo_len                        (hdr_len ≥ 32)
//
// each of the three parts:   u32 record size, then per ELF section  u32 name, u32 count, the records
// func_info  u32 byte offset, u32 type id
// line_info  u32 byte offset, u32 file, u32 text of the line, u32 line << 10 | column
// core_relo  u32 byte offset, u32 type id, u32 accessor, u32 kind

interface Part {
  readonly name: string;
  readonly field: number;
  readonly recordSize: number;
  /** Takes the record at byte `at`, and gives what is wrong with it, if anything. */
  readonly take: (section: string, at: number) => string | undefined;
}

/**
 * Reads a `.BTF.ext` section; its names are in the strings of `btf`. Records that are larger than this reader knows
 * are read as far as it does. A record that makes no sense is left out with a warning, a part that does not fit into
 * `bytes` is an error.
 */
export function readBtfExt(bytes: Uint8Array, btf: Btf): Result<BtfExt> {
  const span = { offset: 0, length: bytes.length, section: ".BTF.ext" };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = bytes.length >= 24 && view.getUint16(0, true) === BTF_MAGIC;
  const u32 = (offset: number): number => view.getUint32(offset, little);
  const headerLength = bytes.length < 24 ? 0 : u32(4);
  const magic = bytes.length >= 24 && view.getUint16(0, little) === BTF_MAGIC;
  if (!magic || headerLength < 24 || headerLength > bytes.length) {
    const message = `Cannot read .BTF.ext: its ${bytes.length} bytes hold no header`;
    return failure(errorAt("btf-ext-header", span, message, "Build the object again"));
  }
  const strings = new Map<number, string>();
  // Lines repeat their file, so each string is decoded once.
  const stringAt = (offset: number): string => {
    let text = strings.get(offset);
    if (text === undefined) strings.set(offset, (text = btf.stringAt(offset) ?? ""));
    return text;
  };
  const functions = new Map<string, Map<number, number>>();
  const lines = new Map<string, Map<number, SourceLine>>();
  const relocations = new Map<string, Map<number, CoreRelocation>>();
  const parts: Part[] = [
    {
      name: "function",
      field: 8,
      recordSize: 8,
      take(section, at) {
        put(functions, section, u32(at), u32(at + 4));
        return undefined;
      },
    },
    {
      name: "line",
      field: 16,
      recordSize: 16,
      take(section, at) {
        const position = u32(at + 12);
        const place = { line: position >>> 10, column: position & 0x3ff };
        const text = { file: stringAt(u32(at + 4)), text: stringAt(u32(at + 8)) };
        put(lines, section, u32(at), { ...text, ...place });
        return undefined;
      },
    },
    {
      name: "relocation",
      field: 24,
      recordSize: 16,
      take(section, at) {
        const kind = CORE_KINDS[u32(at + 12)];
        if (kind === undefined) return `its kind is ${u32(at + 12)}`;
        put(relocations, section, u32(at), {
          kind,
          typeId: u32(at + 4),
          accessor: stringAt(u32(at + 8)),
        });
        return undefined;
      },
    },
  ];
  const diagnostics = createDiagnosticList();
  for (const part of parts) {
    if (part.field + 8 > headerLength || u32(part.field + 4) === 0) continue;
    readPart(part, headerLength + u32(part.field), u32(part.field + 4));
  }
  if (diagnostics.errors > 0) return failure(listDiagnostics(diagnostics));
  return success({ functions, lines, relocations }, listDiagnostics(diagnostics));

  function readPart(part: Part, start: number, length: number): void {
    const end = start + length;
    const refuse = (at: number, found: string): void => {
      const place = {
        offset: at,
        length: Math.max(0, Math.min(end, bytes.length) - at),
        section: ".BTF.ext",
      };
      const message = `Cannot read the ${part.name} records of .BTF.ext: ${found}`;
      addDiagnostic(
        diagnostics,
        errorAt("btf-ext-truncated", place, message, "Build the object again"),
      );
    };
    if (end > bytes.length) return refuse(start, `they end at byte ${end} of ${bytes.length}`);
    const size = length < 4 ? 0 : u32(start);
    if (size < part.recordSize || size % 4 !== 0) return refuse(start, `their size is ${size}`);
    for (let at = start + 4; at < end;) {
      if (end - at < 8) return refuse(at, `a section needs 8 bytes of ${end - at}`);
      const section = stringAt(u32(at));
      const count = u32(at + 4);
      const room = end - at - 8;
      if (count * size > room)
        return refuse(at, `section "${section}" needs ${count * size} bytes of ${room}`);
      at += 8;
      for (let i = 0; i < count; i += 1, at += size) {
        const wrong = part.take(section, at);
        if (wrong === undefined) continue;
        const place = { offset: at, length: size, section: ".BTF.ext" };
        const message = `Cannot use ${part.name} record ${i} of section "${section}": ${wrong}`;
        addDiagnostic(
          diagnostics,
          warningAt("btf-ext-record", place, message, "Use a newer release of Ocelli"),
        );
      }
    }
    return undefined;
  }
}

function put<T>(
  sections: Map<string, Map<number, T>>,
  name: string,
  offset: number,
  value: T,
): void {
  let section = sections.get(name);
  if (section === undefined) sections.set(name, (section = new Map<number, T>()));
  section.set(offset, value);
}
