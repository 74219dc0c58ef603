import { createBtfBuilder, extendBtf } from "../btf/build.ts";
import { writeBtfExt } from "../btf/write-ext.ts";
import { failure, success, type Result } from "../diagnostic.ts";
import { encodeText } from "../elf/text.ts";
import { writeElf } from "../elf/write.ts";
import { createDiagnosticSink } from "./diagnostic-sink.ts";
import { createDraft, WRITABLE, type Draft } from "./draft.ts";
import { knownVariables } from "./known-variables.ts";
import { SECTION_DEFINITIONS } from "./section-names.ts";
import type { CollectionSpec, ProgramSpec } from "./spec.ts";
import { placeAddresses, writeFunction, type ExtDraft } from "./write-code.ts";
import { isDataMap, writeData } from "./write-data.ts";
import { writeExterns } from "./write-externs.ts";
import { writeMaps } from "./write-maps.ts";
import { writeStructOps } from "./write-struct-ops.ts";

/**
 * Writes a collection as an object file that every loader takes: `readCollection()` gives it back, but for BTF types that were
 * added. Maps of legacy `maps` sections move to `.maps`. Programs and functions without a section get one from their type.
 *
 * Fails when something has no place in an object file, e.g. entries with keys of bytes, and when a name is not defined.
 */
export function writeCollection(collection: CollectionSpec): Result<Uint8Array> {
  const { littleEndian } = collection;
  const sink = createDiagnosticSink();
  const builder =
    collection.btf === undefined ? createBtfBuilder({ littleEndian }) : extendBtf(collection.btf);
  const known = knownVariables(collection.btf, builder);
  const draft = createDraft(littleEndian, builder, sink);
  const ext: ExtDraft = {
    functions: new Map(),
    lines: new Map(),
    relocations: new Map(),
    addresses: [],
  };
  for (const code of collection.functions.values())
    writeFunction(draft, ext, { ...code, section: code.section === "" ? ".text" : code.section });
  for (const program of collection.programs.values()) {
    const section = program.section === "" ? sectionOf(program) : program.section;
    writeFunction(draft, ext, { ...program, section, linkage: "global" });
  }
  placeAddresses(draft, ext);
  writeData(draft, collection, known);
  writeExterns(draft, collection, known);
  writeStructOps(draft, collection, known);
  const maps = [...collection.maps.values()].filter(
    (map) => !isDataMap(map) && map.name !== ".kconfig" && map.type !== "struct_ops",
  );
  writeMaps(draft, maps, known);
  writeHeader(draft, collection);
  checkReferences(draft);
  if (!sink.failed) writeTypes(draft, ext);
  return sink.failed ? failure(sink.list) : success(writeElf(draft.model()), sink.list);
}

function writeTypes(draft: Draft, ext: ExtDraft): void {
  const { btf } = draft;
  try {
    // The strings of .BTF.ext lie in .BTF, so that is encoded last.
    const hasExt = ext.functions.size + ext.lines.size + ext.relocations.size > 0;
    const encodedExt = hasExt ? writeBtfExt(ext, btf) : undefined;
    if (btf.endId > btf.firstId) draft.append(draft.section(".BTF", { align: 4 }), btf.write(), 1);
    if (encodedExt !== undefined)
      draft.append(draft.section(".BTF.ext", { align: 4 }), encodedExt, 1);
  } catch (error) {
    // The builder throws for values that BTF has no room for, and the collection may hold any.
    if (!(error instanceof RangeError)) throw error;
    draft.sink.error(
      "object-write-btf",
      { offset: 0, length: 0, section: ".BTF" },
      error.message,
      "Mend the type in the collection's BTF",
    );
  }
}

function sectionOf({ type, attachType, attachTo, flags, autoload }: ProgramSpec): string {
  const definition = SECTION_DEFINITIONS.find(
    (candidate) =>
      candidate.type === type &&
      candidate.attachType === attachType &&
      (attachTo === "" || candidate.target === "optional") &&
      candidate.sleepable === ((flags & 0x10) !== 0) &&
      candidate.frags === ((flags & 0x20) !== 0),
  );
  const name = definition?.name ?? type;
  return `${autoload ? "" : "?"}${name}${attachTo === "" ? "" : `/${attachTo}`}`;
}

function writeHeader(draft: Draft, { license, programs }: CollectionSpec): void {
  const section = draft.section("license", { flags: WRITABLE });
  draft.append(section, Uint8Array.of(...encodeText(license), 0), 1);
  const version = [...programs.values()].find(({ kernelVersion }) => kernelVersion !== 0);
  if (version === undefined) return;
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, version.kernelVersion, draft.littleEndian);
  draft.append(draft.section("version", { flags: WRITABLE, align: 4 }), bytes, 4);
}

function checkReferences({ sections, sink, hasSymbol }: Draft): void {
  for (const { name, relocations } of sections()) {
    for (const { symbol, offset } of relocations) {
      if (hasSymbol(symbol)) continue;
      const [kind = "", target = ""] = symbol.split(/:(.*)/s);
      sink.error(
        "object-write-undefined",
        { offset, length: 8, section: name },
        `Cannot write byte ${offset} of section "${name}": the collection has no ${kind === "value" ? "data section" : kind} "${target}"`,
        "Add it to the collection",
      );
    }
  }
}
