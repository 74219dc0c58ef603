import {
  fieldByName,
  type Field,
  type FieldAccess,
  type FieldCandidates,
  type FieldNotation,
  type FieldProvider,
} from "@ocelli/event";

import type { CaptureEvent } from "../event/capture-event.ts";
import { CATEGORY, EVENT_FLAG, eventId, EVENTS, isExit } from "../events/event-table.ts";
import { systemCallNames } from "../events/value-names.ts";
import { ancestorCandidates, ANCESTOR_READINGS } from "./ancestor-readers.ts";
import { ARGUMENT_READINGS } from "./argument-readers.ts";
import { CALL_READERS } from "./call-readers.ts";
import { CONTAINER_READERS, CONTAINER_READINGS } from "./container-readers.ts";
import { EVENT_READERS, EVENT_READINGS } from "./event-readers.ts";
import { endCandidates, FD_READERS, FD_READINGS } from "./fd-readers.ts";
import { FDLIST_READERS } from "./fdlist-readers.ts";
import { PATH_READERS } from "./path-readers.ts";
import { PROCESS_READERS } from "./process-readers.ts";
import type { MakeReading, Read } from "./reader.ts";
import { USER_READERS } from "./user-readers.ts";

const GENERIC = eventId("generic_x");
const ASYNC = eventId("asyncevent_e");

const READERS: ReadonlyMap<string, Read> = new Map(
  Object.entries({
    ...EVENT_READERS,
    ...CALL_READERS,
    ...PROCESS_READERS,
    ...USER_READERS,
    ...FD_READERS,
    ...PATH_READERS,
    ...FDLIST_READERS,
    ...CONTAINER_READERS,
  }),
);
const READINGS: ReadonlyMap<string, MakeReading> = new Map(
  Object.entries({
    ...EVENT_READINGS,
    ...ARGUMENT_READINGS,
    ...ANCESTOR_READINGS,
    ...FD_READINGS,
    ...CONTAINER_READINGS,
  }),
);
const NOTATIONS: ReadonlyMap<string, FieldNotation> = new Map<string, FieldNotation>([
  ["fd.dev", "hexadecimal"],
  ["evt.rawtime.ns", "nine-digits"],
  ["evt.reltime", "nine-digits"],
  ["evt.reltime.ns", "nine-digits"],
  ["evt.deltatime.ns", "nine-digits"],
]);

const REMEMBERING: ReadonlySet<string> = new Set([
  "evt.deltatime",
  "evt.deltatime.s",
  "evt.deltatime.ns",
  "thread.exectime",
  "thread.totexectime",
]);

// Kinds that reach rules: what is neither unused nor old, of system calls the exits.
const TYPES: readonly number[] = EVENTS.filter(
  ({ id, flags, category }) =>
    (flags & (EVENT_FLAG.unused | EVENT_FLAG.oldVersion)) === 0 &&
    ((category & CATEGORY.systemCall) === 0 || isExit(id)),
).map(({ id }) => id);
const BY_NAME: ReadonlyMap<string, readonly number[]> = Map.groupBy(
  TYPES,
  (type) => EVENTS[type]?.name ?? "",
);
const GENERIC_NAMES: ReadonlySet<string> = new Set(systemCallNames());

/** How rules read the events of captures: a provider for the source `syscall`. */
export function createCaptureProvider(): FieldProvider<CaptureEvent> {
  // Readings that remember events do so for all kinds together, wherever they are asked for.
  const remembering = new Map<string, FieldAccess<CaptureEvent> | undefined>();
  return {
    source: "syscall",
    eventTypes: TYPES,
    nameOfType: (type) => (type === GENERIC || type === ASYNC ? undefined : EVENTS[type]?.name),
    typesOfName: typesOf,
    resolve: (name, argument, type) => {
      if (!REMEMBERING.has(name)) return resolveCaptureField(name, argument, type);
      const known = remembering.get(name);
      if (known !== undefined) return known;
      const made = resolveCaptureField(name, argument);
      remembering.set(name, made);
      return made;
    },
  };
}

// A name that no kind has is that of a system call without a kind of its own, or of an event that happened aside.
function typesOf(name: string): readonly number[] {
  const own = BY_NAME.get(name) ?? [];
  if (GENERIC_NAMES.has(name)) return own.length === 0 ? [GENERIC] : own;
  return own.length === 0 ? [ASYNC] : own;
}

/** Whether captures can fill in the field of that name; otherwise it is known and its value always missing. */
export function isCaptureField(name: string): boolean {
  if (READERS.has(name) || READINGS.has(name)) return true;
  return endCandidates(name) !== undefined || ancestorCandidates(name, undefined) !== undefined;
}

function resolveCaptureField(
  name: string,
  argument: string | undefined,
  type?: number,
): FieldAccess<CaptureEvent> | undefined {
  const field = fieldByName(name);
  if (field === undefined) return undefined;
  const candidates =
    field.class === "process" ? ancestorCandidates(name, argument) : endCandidates(name);
  const read = READERS.get(name);
  if (read !== undefined) return access(field, { read }, candidates);
  const make = READINGS.get(name);
  const reading = make?.(argument, type);
  if (reading !== undefined) return access(field, reading, candidates);
  // Fields that only compare, and those that are known and never have a value.
  return make === undefined ? access(field, { read: () => undefined }, candidates) : undefined;
}

function access(
  field: Field,
  reading: NonNullable<ReturnType<MakeReading>>,
  candidates: FieldCandidates<CaptureEvent> | undefined,
): FieldAccess<CaptureEvent> {
  const notation = reading.notation ?? NOTATIONS.get(field.name);
  return {
    type: reading.type ?? (field.type === "dynamic" ? "int64" : field.type),
    list: field.list,
    read: reading.read,
    ...(candidates === undefined ? {} : { candidates }),
    ...(reading.readJson === undefined ? {} : { readJson: reading.readJson }),
    ...(notation === undefined ? {} : { notation }),
    ...(field.class === "container" ? { verbatim: true } : {}),
  };
}
