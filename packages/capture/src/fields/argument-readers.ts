import type { FieldNotation, FieldType, FieldValue } from "@ocelli/event";

import type { CaptureEvent } from "../event/capture-event.ts";
import { EVENTS, eventId, PARAMETER, type ParameterInfo } from "../events/event-table.ts";
import { AT_FDCWD, cwdOf } from "../state/directory.ts";
import { joinPath } from "../text/join-path.ts";
import { argumentText } from "./argument-text.ts";
import { parameterIndex } from "./call-readers.ts";
import { indexOf, type MakeReading } from "./reader.ts";

// Where each kind of event has a parameter of some name; -1 where it has none.
const INDEXES = new Map<string, Int8Array>();

function indexesOf(name: string): Int8Array {
  let indexes = INDEXES.get(name);
  if (indexes === undefined) {
    indexes = Int8Array.from(EVENTS, ({ id }) => parameterIndex(id, name));
    INDEXES.set(name, indexes);
  }
  return indexes;
}

// The parameter that an argument asks for: by place or by name; undefined when no event has it.
function locate(argument: string | undefined): ((event: CaptureEvent) => number) | undefined {
  const place = indexOf(argument);
  if (place !== undefined) return ({ count }) => (place < count ? place : -1);
  if (argument === undefined) return undefined;
  const indexes = indexesOf(argument);
  if (indexes.every((index) => index === -1)) return undefined;
  return ({ type, count }) => {
    const index = indexes[type] ?? -1;
    return index < count ? index : -1;
  };
}

function neverThere(argument: string | undefined, type: number | undefined): boolean {
  if (type === undefined || argument === undefined) return false;
  const place = indexOf(argument);
  if (place !== undefined) return place >= (EVENTS[type]?.parameters.length ?? 0);
  return parameterIndex(type, argument) === -1;
}

function readRaw(event: CaptureEvent, index: number, type: number): FieldValue | undefined {
  switch (type) {
    case PARAMETER.charbuf:
    case PARAMETER.fspath:
    case PARAMETER.fsrelpath:
      return event.text(index);
    case PARAMETER.bytebuf:
    case PARAMETER.sockaddr:
    case PARAMETER.socktuple:
    case PARAMETER.fdlist:
    case PARAMETER.dyn:
      return event.has(index) ? event.data(index) : undefined;
    case PARAMETER.bool:
      return event.has(index) ? event.u32(index) !== 0 : undefined;
    default:
      if (!event.has(index)) return undefined;
      return isSigned(type) ? event.signed(index) : event.unsigned(index);
  }
}

function isSigned(type: number): boolean {
  return (
    type <= PARAMETER.int64 ||
    type === PARAMETER.errno ||
    type === PARAMETER.fd ||
    type === PARAMETER.pid ||
    type === PARAMETER.fd32 ||
    type === PARAMETER.pid32
  );
}

function typeOf({ type }: ParameterInfo): Exclude<FieldType, "dynamic"> {
  switch (type) {
    case PARAMETER.charbuf:
    case PARAMETER.fspath:
    case PARAMETER.fsrelpath:
      return "text";
    case PARAMETER.bytebuf:
    case PARAMETER.sockaddr:
    case PARAMETER.socktuple:
    case PARAMETER.fdlist:
    case PARAMETER.dyn:
      return "bytes";
    case PARAMETER.bool:
      return "bool";
    case PARAMETER.reltime:
      return "reltime";
    case PARAMETER.abstime:
      return "abstime";
    case PARAMETER.port:
      return "port";
    default:
      return isSigned(type) ? "int64" : "uint64";
  }
}

function notationOf({ format }: ParameterInfo): FieldNotation {
  if (format === 2) return "hexadecimal";
  if (format === 3) return "nine-digits";
  return format === 6 ? "octal" : "decimal";
}

// Calls with a directory descriptor, and which parameters hold it and the path: of both paths, the one asked for.
const PATHS: ReadonlyMap<number, readonly (readonly [string, string])[]> = new Map([
  ...both("syscall_renameat_x", ["olddirfd", "oldpath"], ["newdirfd", "newpath"]),
  ...both("syscall_renameat2_x", ["olddirfd", "oldpath"], ["newdirfd", "newpath"]),
  ...both("syscall_linkat_2_x", ["olddir", "oldpath"], ["newdir", "newpath"]),
  ...one("syscall_symlinkat_x", ["linkdirfd", "linkpath"]),
  ...one("syscall_openat_2_x", ["dirfd", "name"]),
  ...one("syscall_openat2_x", ["dirfd", "name"]),
  ...one("syscall_unlinkat_2_x", ["dirfd", "name"]),
  ...one("syscall_mkdirat_x", ["dirfd", "path"]),
  ...one("syscall_fchmodat_x", ["dirfd", "filename"]),
  ...one("syscall_fchownat_x", ["dirfd", "pathname"]),
]);
const BY_HANDLE = eventId("syscall_open_by_handle_at_x");

type Pair = readonly [string, string];

function both(symbol: string, from: Pair, to: Pair): [number, readonly Pair[]][] {
  return [[eventId(symbol), [from, to]]];
}

function one(symbol: string, path: Pair): [number, readonly Pair[]][] {
  return [[eventId(symbol), [path, path]]];
}

function absolutePath(event: CaptureEvent, which: 0 | 1): string | undefined {
  const { thread } = event;
  if (thread === undefined) return undefined;
  if (event.type === BY_HANDLE) return event.result > 0 ? joinPath("", event.text(3)) : undefined;
  const pair = PATHS.get(event.type)?.[which];
  if (pair === undefined) return undefined;
  const directory = parameterIndex(event.type, pair[0]);
  const index = parameterIndex(event.type, pair[1]);
  if (!event.has(directory) || !event.has(index)) return undefined;
  const path = event.text(index);
  const number = event.i64(directory);
  if (path.startsWith("/")) return joinPath(".", path);
  if (number === AT_FDCWD) return joinPath(cwdOf(thread), path);
  const fd = thread.fdTable?.get(number);
  return joinPath(fd === undefined ? "<UNKNOWN>/" : `${fd.name}/`, path);
}

/** Fields that take an argument: parameters of the event, and what goes by its number or time. */
export const ARGUMENT_READINGS: Readonly<Record<string, MakeReading>> = {
  "evt.arg": (argument, type) => {
    const find = neverThere(argument, type) ? undefined : locate(argument);
    if (find === undefined) return undefined;
    return {
      read: (event) => {
        const index = find(event);
        if (index === -1) return undefined;
        const { raw, resolved } = argumentText(event, index);
        return resolved === "" ? raw : resolved;
      },
    };
  },
  "evt.rawarg": (argument, type) => {
    const find = neverThere(argument, type) ? undefined : locate(argument);
    if (find === undefined || argument === undefined) return undefined;
    const info = sampleOf(argument, type);
    if (info === undefined) return undefined;
    return {
      type: typeOf(info),
      notation: notationOf(info),
      read: (event) => {
        const index = find(event);
        const own = event.info.parameters[index];
        return own === undefined ? undefined : readRaw(event, index, own.type);
      },
    };
  },
  "evt.abspath": (argument) => ({
    read: (event) => absolutePath(event, argument === "dst" ? 1 : 0),
  }),
  "evt.type.is": (argument) => {
    const id = indexOf(argument);
    return {
      read: ({ type, info }) => (type === id || info.name === argument ? 1 : 0),
    };
  },
};

// The parameter that an argument stands for: of the kind of event that is asked for, else of the first that has it.
function sampleOf(argument: string, type: number | undefined): ParameterInfo | undefined {
  const events = type === undefined ? EVENTS : EVENTS.slice(type, type + 1);
  const place = indexOf(argument);
  for (const { parameters } of events) {
    const found =
      place === undefined ? parameters.find(({ name }) => name === argument) : parameters[place];
    if (found !== undefined) return found;
  }
  return undefined;
}
