import { createCursor } from "../elf/cursor.ts";
import { decodeText } from "../elf/text.ts";
import { failure, success, type Result } from "../diagnostic.ts";
import { sectionsOf, type ObjectContext } from "./context.ts";
import { createDiagnosticSink } from "./diagnostic-sink.ts";
import { finishBtf } from "./finish-btf.ts";
import { openObject } from "./open-object.ts";
import { readBtfMaps, type DefinedMap } from "./read-btf-maps.ts";
import { readCode } from "./read-code.ts";
import { readDataMaps } from "./read-data-maps.ts";
import { readExterns } from "./read-externs.ts";
import { readLegacyMaps } from "./read-legacy-maps.ts";
import { readMapValues } from "./read-map-values.ts";
import { readPrograms, type ObjectHeader } from "./read-programs.ts";
import { readStructOps } from "./read-struct-ops.ts";
import { readVariables } from "./read-variables.ts";
import type { Targets } from "./references.ts";
import { isDataRole } from "./section-roles.ts";
import type { CollectionSpec, MapSpec, ProgramSpec } from "./spec.ts";
import { tailCallPlace } from "./tail-calls.ts";

/**
 * Reads a BPF object file: what clang and other compilers write, of either byte order, with or without BTF, linked by
 * `bpftool gen object` or not. The result depends on the bytes alone. Maps of data sections go by their section's name,
 * e.g. `.rodata`.
 *
 * Fails with diagnostics that name place, reason and remedy; programs whose section name is unknown are only a warning, and get
 * type `unspec`. Time and memory are bounded by the file's size and 256 MiB of zeroed variables.
 */
export function readCollection(bytes: Uint8Array): Result<CollectionSpec> {
  const sink = createDiagnosticSink();
  const context = openObject(bytes, sink);
  if (context === undefined) return failure(sink.list);
  const header = readHeader(context);
  const externs = readExterns(context);
  const legacy = readLegacyMaps(context);
  const defined = [...legacy.maps, ...readBtfMaps(context)];
  const arena = placeArena(context, defined);
  const code = readCode(context);
  const targets: Targets = {
    code,
    externs,
    mapsByPlace: new Map(
      defined.map(({ map, section, offset }) => [`${section.index}:${offset}`, map.name]),
    ),
    dataMaps: dataMapNames(context, arena),
  };
  const { programs, functions } = readPrograms(context, targets, header);
  readMapValues(context, defined, code, programs);
  placeTailCalls(programs, legacy.byId);
  const maps = [
    ...defined.map(({ map }) => map),
    ...readStructOps(context, code, programs),
    ...readDataMaps(context, externs),
  ];
  const variables = readVariables(context, arena?.name);
  const collection: CollectionSpec = {
    littleEndian: context.elf.littleEndian,
    license: header.license,
    maps: byName(context, maps),
    programs,
    functions,
    variables,
    kconfig: new Map(externs.kconfig),
    btf: finishBtf(context, externs),
  };
  return sink.failed ? failure(sink.list) : success(collection, sink.list);
}

function readHeader(context: ObjectContext): ObjectHeader {
  const [license] = sectionsOf(context, "license");
  const [version] = sectionsOf(context, "version");
  const text = license?.data.subarray(0, 128) ?? new Uint8Array();
  const end = text.indexOf(0);
  return {
    license: decodeText(end === -1 ? text : text.subarray(0, end)),
    kernelVersion:
      version !== undefined && version.data.length >= 4
        ? createCursor(version.data, context.elf.littleEndian, true).u32(0)
        : 0,
  };
}

/** Gives the arena the contents of its variables; returns the arena. */
function placeArena(context: ObjectContext, maps: readonly DefinedMap[]): MapSpec | undefined {
  const [section] = sectionsOf(context, "arena");
  const arena = maps.find(({ map }) => map.type === "arena")?.map;
  if (section === undefined || section.size === 0) return arena;
  if (arena !== undefined) arena.data = Uint8Array.from(section.data);
  else {
    context.sink.error(
      "object-arena",
      { offset: section.offset, length: section.size, section: section.name },
      "Cannot place the arena's variables: the object defines no map of type arena",
      "Define one in section .maps",
    );
  }
  return arena;
}

function dataMapNames(context: ObjectContext, arena: MapSpec | undefined): Map<number, string> {
  const names = new Map<number, string>();
  for (const { index, name, size } of context.elf.sections) {
    const role = context.roles[index] ?? "other";
    if (isDataRole(role) && size > 0) names.set(index, name);
    else if (role === "arena" && arena !== undefined) names.set(index, arena.name);
  }
  return names;
}

/** Puts programs in sections named `ID/INDEX`, as iproute2 has them, into the program array with that id. */
function placeTailCalls(
  programs: ReadonlyMap<string, ProgramSpec>,
  arrays: ReadonlyMap<number, DefinedMap>,
): void {
  for (const { name, section } of programs.values()) {
    const place = tailCallPlace(section);
    const array = place === undefined ? undefined : arrays.get(place.id)?.map;
    if (place !== undefined && array?.type === "prog_array")
      array.entries.push({ key: place.index, program: name });
  }
}

function byName({ sink }: ObjectContext, list: readonly MapSpec[]): Map<string, MapSpec> {
  const maps = new Map<string, MapSpec>();
  for (const map of list) {
    if (maps.has(map.name)) {
      sink.error(
        "object-map-twice",
        { offset: 0, length: 0, section: map.section },
        `Cannot read map "${map.name}": there is another of that name`,
        "Give every map and data section a name of its own",
      );
    }
    maps.set(map.name, map);
  }
  return maps;
}
