import { readFileSync } from "node:fs";

import { FILE_TYPES, nearHint } from "@ocelli/bpf";

import { LinuxError } from "../error.ts";
import { openKernel } from "../port/koffi.ts";
import type { Program } from "../program/program.ts";
import { attachAction, missingFeature, requireType } from "./explain.ts";
import { attachAll, groupLinks, type LinkGroup } from "./group.ts";
import type { Link } from "./link.ts";
import { openTracedFile, type TracedFile } from "./traced-file.ts";
import { attachUprobesAt } from "./uprobe-multi.ts";
import { attachUprobeAt } from "./uprobe.ts";
import { parseUsdtArguments, type UsdtArgument, type UsdtMachine } from "./usdt-arguments.ts";
import { freeSpec, openUsdtMaps, takeSpec, type UsdtMaps } from "./usdt-maps.ts";
import { readUsdtProbes, type UsdtProbe } from "./usdt-notes.ts";
import { encodeUsdtSpec } from "./usdt-spec.ts";

const MACHINES: Readonly<Record<number, UsdtMachine>> = { 62: "x64", 183: "arm64" };

/** Which static probe of which file. */
export interface UsdtOptions {
  /** An executable or library: a path, or a bare name that is looked for as the loader or the shell would. */
  readonly path: string;
  readonly provider: string;
  readonly name: string;
  /** One process; all by default. Kernels before Linux 5.15 need one to tell the places of a library apart. */
  readonly pid?: number;
  /** What the program gets from `bpf_usdt_cookie()`; without that header, from `bpf_get_attach_cookie()`. */
  readonly cookie?: bigint;
}

/** A place of a static probe, with its arguments; `undefined` where their notation is not known. */
export interface UsdtPlace extends UsdtProbe {
  readonly arguments: readonly UsdtArgument[] | undefined;
}

/** The static probes of a file. Throws `not-found` or `invalid` when there is no such file or it is no ELF file. */
export function listUsdtProbes(path: string): UsdtPlace[] {
  using file = openTracedFile(openKernel(), "Cannot list static probes", path);
  return placesOf(file);
}

function placesOf(file: TracedFile): UsdtPlace[] {
  const machine = MACHINES[file.elf.machine];
  return readUsdtProbes(file.elf).map((probe) =>
    Object.assign(probe, {
      arguments:
        machine === undefined ? undefined : parseUsdtArguments(probe.argumentText, machine),
    }),
  );
}

/**
 * Attaches to every place of a static probe, and switches the probe on where it has a counter. A program that was
 * written with libbpf's `bpf/usdt.bpf.h` finds its arguments. Since Linux 4.20.
 */
export function attachUsdt(program: Program, options: UsdtOptions): LinkGroup {
  const title = `${options.provider}:${options.name}`;
  const target = `static probe "${title}" of "${options.path}"`;
  requireType(program, target, "kprobe");
  const action = attachAction(program, target);
  using file = openTracedFile(program.kernel, action, options.path);
  const all = placesOf(file);
  const places = all.filter(
    ({ provider, name }) => provider === options.provider && name === options.name,
  );
  if (places.length === 0) {
    const names = new Set(all.map(({ provider, name }) => `${provider}:${name}`));
    const why = names.size === 0 ? "it has no static probes" : `it has no such probe`;
    throw new LinuxError("not-found", `${action}: "${file.path}": ${why}${nearHint(title, names)}`);
  }
  const maps = openUsdtMaps(program);
  if (maps === undefined) {
    const cookie = options.cookie;
    const links = attachPlaces(program, target, file, places, options.pid, () => cookie);
    return groupLinks("usdt", target, links);
  }
  return attachWithSpecs(program, target, file, places, maps, options);
}

function attachWithSpecs(
  program: Program,
  target: string,
  file: TracedFile,
  places: readonly UsdtPlace[],
  maps: UsdtMaps,
  options: UsdtOptions,
): LinkGroup {
  const action = attachAction(program, target);
  const specs = new Map<string, number>();
  const addresses: Uint8Array[] = [];
  const { specs: specsMap, places: placesMap } = maps;
  const mapId = specsMap.id;
  const release = (): void => {
    for (const index of specs.values()) freeSpec(mapId, index);
    for (const address of addresses) placesMap?.delete(address);
    maps[Symbol.dispose]();
  };
  try {
    for (const place of places) {
      if (specs.has(place.argumentText)) continue;
      const spec = describe(action, file, place, options.cookie ?? 0n, specsMap.valueSize);
      specs.set(place.argumentText, takeSpec(action, specsMap, spec));
    }
    const indexOf = (place: UsdtPlace): number => specs.get(place.argumentText) ?? 0;
    const cookies = missingFeature(program.kernel, "cookie") === undefined;
    if (!cookies) {
      for (const place of places) {
        const address = new Uint8Array(
          BigUint64Array.of(processAddress(action, file, place, options.pid)).buffer,
        );
        placesMap?.update(address, new Uint8Array(Uint32Array.of(indexOf(place)).buffer));
        addresses.push(address);
      }
    }
    const links = attachPlaces(program, target, file, places, options.pid, (place) =>
      cookies ? BigInt(indexOf(place)) : undefined,
    );
    return releasing(groupLinks("usdt", target, links), release);
  } catch (error) {
    release();
    throw error;
  }
}

function describe(
  action: string,
  file: TracedFile,
  place: UsdtPlace,
  cookie: bigint,
  sizeBytes: number,
): Uint8Array {
  const machine = MACHINES[file.elf.machine];
  if (machine === undefined)
    throw new LinuxError(
      "unsupported",
      `${action}: "${file.path}" is for another machine (ELF machine ${file.elf.machine}); x86-64 and arm64 are known`,
    );
  const spec =
    place.arguments === undefined
      ? undefined
      : encodeUsdtSpec(place.arguments, cookie, machine, sizeBytes);
  if (spec !== undefined) return spec;
  throw new LinuxError(
    "unsupported",
    `${action}: its arguments "${place.argumentText}" cannot be passed on: at most 12 in constants, integer registers and memory are possible, and indexed memory only for programs built with libbpf 1.7`,
  );
}

function attachPlaces(
  program: Program,
  target: string,
  { path }: TracedFile,
  places: readonly UsdtPlace[],
  pid: number | undefined,
  cookieOf: (place: UsdtPlace) => bigint | undefined,
): Link[] {
  if (program.attachType === "trace_uprobe_multi")
    return [
      attachUprobesAt(program, "usdt", target, path, {
        offsets: places.map(({ offset }) => offset),
        cookies: places.map((place) => cookieOf(place) ?? 0n),
        counterOffsets: places.map(({ counterOffset }) => counterOffset),
        ...(pid === undefined ? {} : { pid }),
      }),
    ];
  return attachAll(places, (place) => {
    const cookie = cookieOf(place);
    return attachUprobeAt(program, "usdt", target, path, place.offset, {
      counterOffset: place.counterOffset,
      ...(pid === undefined ? {} : { pid }),
      ...(cookie === undefined ? {} : { cookie }),
    });
  });
}

// Where a process has a probe's instruction: kernels without cookies tell places apart by address alone.
function processAddress(
  action: string,
  file: TracedFile,
  place: UsdtPlace,
  pid: number | undefined,
): bigint {
  if (file.elf.type === FILE_TYPES.executable) return BigInt(place.address);
  if (pid === undefined)
    throw new LinuxError(
      "unsupported",
      `${action}: on kernels before Linux 5.15 libraries and position-independent programs need a process: give "pid"`,
    );
  for (const line of readFileSync(`/proc/${pid}/maps`, "utf8").split("\n")) {
    const [, start, end, offset, path] =
      /^([0-9a-f]+)-([0-9a-f]+) \S{4} ([0-9a-f]+) \S+ \d+\s+(.*)$/.exec(line) ?? [];
    if (path !== file.path) continue;
    const from = Number.parseInt(offset ?? "", 16);
    const first = Number.parseInt(start ?? "", 16);
    const size = Number.parseInt(end ?? "", 16) - first;
    if (place.offset >= from && place.offset < from + size)
      return BigInt(first + place.offset - from);
  }
  throw new LinuxError("not-found", `${action}: process ${pid} has not loaded "${file.path}"`);
}

function releasing(group: LinkGroup, release: () => void): LinkGroup {
  let released = false;
  const once = (end: () => void): void => {
    try {
      end();
    } finally {
      if (!released) release();
      released = true;
    }
  };
  return {
    kind: group.kind,
    target: group.target,
    links: group.links,
    fd: group.fd,
    get closed() {
      return group.closed;
    },
    info: () => group.info(),
    update(program, expected) {
      group.update(program, expected);
    },
    detach() {
      once(() => {
        group.detach();
      });
    },
    pin(path) {
      group.pin(path);
    },
    unpin() {
      group.unpin();
    },
    [Symbol.dispose]() {
      once(() => {
        group[Symbol.dispose]();
      });
    },
  };
}
