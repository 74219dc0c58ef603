import type { FieldAccess, FieldValue } from "@ocelli/event";
import type { CallParameter } from "@ocelli/probes";

import type { Users } from "../host/users.ts";
import { joinPath } from "../host/paths.ts";
import { parameterNumber, parameterText, printParameter, resultName } from "./parameters.ts";
import type { SensorEvent } from "./sensor-event.ts";

/** Reads one field of a `SensorEvent`. */
export type SensorAccess = FieldAccess<SensorEvent>;
type Read = (event: SensorEvent) => FieldValue | undefined;

const O_ACCMODE = 3;
const O_CREAT = 0x40;

function access(type: SensorAccess["type"], read: Read): SensorAccess {
  return { type, list: false, read };
}

/** The parameter of that name, or at that place, of an event's call. */
export function parameterOf(event: SensorEvent, wanted: string): CallParameter | undefined {
  const parameters = event.isCall ? event.call?.parameters : undefined;
  return parameters?.find(({ name }) => name === wanted) ?? parameters?.[place(wanted)];
}

function place(wanted: string): number {
  return /^\d+$/.test(wanted) ? Number(wanted) : -1;
}

/** Every parameter as `name=value`: `evt.args`. */
export function printParameters(event: SensorEvent, users: Users): string {
  const { process } = event;
  if (!event.isCall)
    return event.name === "procexit"
      ? ""
      : `res=0 exe=${process.exe} args=${process.args.join(" ")} filename=${process.exePath}`;
  const { call } = event;
  if (call === undefined) {
    const args = Array.from({ length: 6 }, (_, index) => event.argument(index).toString(16));
    return `res=${event.result} args=${args.join(",")}`;
  }
  return call.parameters
    .map((parameter) => `${parameter.name}=${printParameter(event, parameter, users)}`)
    .join(" ");
}

/**
 * The file that a call names, made absolute; `which` counts its paths from 0. What was opened is named by the kernel, links
 * resolved; other paths are joined with the folder that they start from.
 */
export function pathOf(event: SensorEvent, which: number, absolute = true): string | undefined {
  const parameters = event.isCall ? (event.call?.parameters ?? []) : [];
  if (absolute && which === 0 && isOpen(event) && event.result >= 0) {
    const path = event.filePath();
    if (path !== undefined) return path;
  }
  const found = parameters.filter(({ format }) => format === "path")[which];
  if (found?.argument === undefined) return undefined;
  const path = parameterText(event, found, NOBODY);
  if (path === undefined || !absolute || path.startsWith("/"))
    return path === undefined || !absolute ? path : joinPath("/", path);
  // The probe tells of the first folder that a call was given; the second path's is the same one, or the working directory.
  const folder = parameters[parameters.indexOf(found) - 1];
  const number = folder?.argument === undefined ? AT_FDCWD : event.argumentInt(folder.argument);
  const isGiven = folder?.format === "fd" && number !== AT_FDCWD && event.isOfDescriptor;
  return joinPath(isGiven ? (event.filePath() ?? "") : event.process.cwd, path);
}

const AT_FDCWD = -100;
const NOBODY: Users = { user: () => undefined, group: () => undefined };

function isOpen({ name, isCall }: SensorEvent): boolean {
  return isCall && (name === "open" || name === "openat" || name === "openat2" || name === "creat");
}

function openFlags(event: SensorEvent): number | undefined {
  if (!isOpen(event) || event.result < 0) return undefined;
  if (event.name === "creat") return 1 | O_CREAT;
  const flags = event.call?.parameters.find(({ name }) => name === "flags");
  return flags === undefined ? undefined : parameterNumber(event, flags);
}

/** Fields of the event itself. */
export function evtField(
  name: string,
  argument: string | undefined,
  users: Users,
): SensorAccess | undefined {
  switch (name) {
    case "evt.num":
      return access("uint64", (event) => event.number);
    case "evt.type":
      return access("text", (event) => event.name);
    case "syscall.type":
      return access("text", (event) => (event.name === "procexit" ? undefined : event.name));
    case "evt.source":
      return access("text", () => "syscall");
    case "evt.cpu":
      return access("int16", (event) => event.cpu);
    case "evt.rawtime":
      return access("abstime", (event) => event.timeNs);
    case "evt.time":
      return {
        ...access("text", (event) => clockText(event.timeNs)),
        readJson: (event) => event.timeNs,
      };
    case "evt.time.s":
      return access("text", (event) => clockText(event.timeNs).slice(0, 8));
    case "evt.time.iso8601":
      return {
        ...access("text", (event) => isoText(event.timeNs)),
        readJson: (event) => event.timeNs,
      };
    case "evt.args":
    case "evt.info":
      return access("text", (event) => printParameters(event, users));
    case "evt.arg":
      return argument === undefined ? undefined : access("text", argumentReader(argument, users));
    case "evt.rawarg":
      return argument === undefined
        ? undefined
        : access("int64", (event) => {
            const parameter = parameterOf(event, argument);
            return parameter === undefined ? undefined : parameterNumber(event, parameter);
          });
    case "evt.rawres":
      return access("int64", (event) => (event.name === "procexit" ? undefined : event.result));
    case "evt.res":
      return access("text", (event) =>
        event.name === "procexit" ? undefined : resultName(event.result),
      );
    case "evt.failed":
      return access("bool", (event) => event.result < 0);
    case "evt.count":
      return access("uint32", () => 1);
    case "evt.is_async":
      return access("bool", () => false);
    case "evt.is_open_read":
      return access("bool", (event) => {
        const flags = openFlags(event);
        return flags !== undefined && (flags & O_ACCMODE) !== 1;
      });
    case "evt.is_open_write":
      return access("bool", (event) => {
        const flags = openFlags(event);
        return flags !== undefined && (flags & O_ACCMODE) !== 0;
      });
    case "evt.is_open_create":
      return access("bool", (event) => ((openFlags(event) ?? 0) & O_CREAT) !== 0);
    case "evt.is_open_exec":
      return access("bool", (event) => {
        if (((openFlags(event) ?? 0) & O_CREAT) === 0) return false;
        const mode = event.call?.parameters.find((one) => one.name === "mode");
        return mode !== undefined && ((parameterNumber(event, mode) ?? 0) & 0o111) !== 0;
      });
    case "evt.abspath":
      return access("text", (event) => pathOf(event, argument === "dst" ? 1 : 0));
    case "fs.path.name":
      return access("text", (event) => pathOf(event, 0));
    case "fs.path.nameraw":
      return access("text", (event) => pathOf(event, 0, false));
    case "fs.path.source":
      return access("text", (event) =>
        pathOf(event, 1) === undefined ? undefined : pathOf(event, 0),
      );
    case "fs.path.target":
      return access("text", (event) => pathOf(event, 1));
    default:
      return undefined;
  }
}

function argumentReader(argument: string, users: Users): Read {
  return (event) => {
    if (event.isCall) {
      const parameter = parameterOf(event, argument);
      return parameter === undefined ? undefined : parameterText(event, parameter, users);
    }
    if (event.name === "procexit") return undefined;
    switch (argument) {
      case "res":
        return "SUCCESS";
      case "exe":
        return event.process.exe;
      case "args":
        return event.process.args.join(" ");
      case "filename":
      case "trusted_exepath":
        return event.process.exePath;
      case "comm":
        return event.process.name;
      case "cwd":
        return event.process.cwd;
      default:
        return undefined;
    }
  };
}

const NS = 1_000_000_000n;

/** Time of day in this time zone with nanoseconds. */
export function clockText(ns: bigint): string {
  const date = new Date(Number(ns / 1_000_000n));
  const two = (value: number): string => String(value).padStart(2, "0");
  const rest = String(ns % NS).padStart(9, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${rest}`;
}

/** Date and time in UTC with nanoseconds. */
export function isoText(ns: bigint): string {
  const whole = new Date(Number(ns / 1_000_000n)).toISOString().slice(0, 19);
  return `${whole}.${String(ns % NS).padStart(9, "0")}+0000`;
}
