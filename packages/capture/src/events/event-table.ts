import { EVENT_TABLE } from "./event-table.gen.ts";

/** One parameter of a kind of event. Types are the numbers of `PARAMETER`. */
export interface ParameterInfo {
  readonly name: string;
  readonly type: number;
  /** How numbers print: 0 and 1 decimal, 2 hexadecimal, 3 padded to nine digits, 4 id, 5 directory, 6 octal. */
  readonly format: number;
  /** Name of the table of flags or of dynamic types; of a relative path the index of its directory's parameter. */
  readonly table?: string;
}

/** A kind of event, one direction of it. */
export interface EventInfo {
  /** Index in the table: even enters, odd exits. */
  readonly id: number;
  /** The library's own name with its version, in lower case: `syscall_openat_2_x`. */
  readonly symbol: string;
  /** As `evt.type` reads: `openat`. */
  readonly name: string;
  /** Group in the low bits, origin above: `CATEGORY`. */
  readonly category: number;
  /** Bits of `EVENT_FLAG`. */
  readonly flags: number;
  readonly parameters: readonly ParameterInfo[];
}

/** Bits of an event's flags (`ppm_event_flags` of libs' `driver/ppm_events_public.h`). */
export const EVENT_FLAG = {
  createsFd: 1,
  destroysFd: 2,
  usesFd: 4,
  readsFromFd: 8,
  writesToFd: 16,
  modifiesState: 32,
  unused: 64,
  waits: 128,
  skipsState: 256,
  oldVersion: 512,
  largePayload: 2048,
  converted: 4096,
} as const;

/** Bits of a category that say where an event comes from, and the base of those that do input or output. */
export const CATEGORY = {
  ioBase: 32,
  systemCall: 512,
  meta: 4096,
} as const;

/** Numbers of the parameter types that code asks for by name. */
export const PARAMETER = {
  int8: 1,
  int16: 2,
  int32: 3,
  int64: 4,
  uint8: 5,
  uint16: 6,
  uint32: 7,
  uint64: 8,
  charbuf: 9,
  bytebuf: 10,
  errno: 11,
  sockaddr: 12,
  socktuple: 13,
  fd: 14,
  pid: 15,
  fdlist: 16,
  fspath: 17,
  syscallId: 18,
  sigtype: 19,
  reltime: 20,
  abstime: 21,
  port: 22,
  bool: 25,
  dyn: 27,
  flags8: 28,
  flags16: 29,
  flags32: 30,
  uid: 31,
  gid: 32,
  sigset: 34,
  charbufArray: 35,
  charbufPairArray: 36,
  mode: 42,
  fsrelpath: 43,
  enum8: 44,
  enum16: 45,
  enum32: 46,
  fd32: 47,
  pid32: 48,
} as const;

/** Every kind of event by its id. */
export const EVENTS: readonly EventInfo[] = EVENT_TABLE.trim().split("\n").map(readEvent);

const BY_SYMBOL: ReadonlyMap<string, EventInfo> = new Map(
  EVENTS.map((info) => [info.symbol, info]),
);

/** The id of the kind of event with that symbol. Throws on one that is not in the table: symbols are part of programs. */
export function eventId(symbol: string): number {
  const info = BY_SYMBOL.get(symbol);
  if (info === undefined) throw new RangeError(`No event has the symbol "${symbol}"`);
  return info.id;
}

/** Whether events of that kind are exits (or have no direction and stand for themselves). */
export function isExit(type: number): boolean {
  return (type & 1) === 1;
}

function readEvent(line: string): EventInfo {
  const [id, symbol = "", name = "", category, flags, ...parameters] = line.split(" ");
  return {
    id: Number(id),
    symbol,
    name,
    category: Number(category),
    flags: Number(flags),
    parameters: parameters.map(readParameter),
  };
}

function readParameter(text: string): ParameterInfo {
  const [name = "", type, format, table] = text.split(":");
  const info = { name, type: Number(type), format: Number(format) };
  return table === undefined ? info : { ...info, table };
}
