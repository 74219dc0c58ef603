import { constants } from "node:os";

import { nameNumber, type CallParameter } from "@ocelli/probes";

import type { Users } from "../host/users.ts";
import { redactArguments } from "../process/redact.ts";
import { readAddress } from "./address.ts";
import { readText, readTexts, readU64 } from "./record-reader.ts";
import type { SensorEvent } from "./sensor-event.ts";

const ERRORS: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.errno).map(([name, number]) => [number, name]),
);
const AT_FDCWD = -100;

/** The name of an error number, `ENOENT` for 2; undefined for one without name. */
export function errorName(number: number): string | undefined {
  return ERRORS.get(number);
}

/** A result as `evt.res` has it: SUCCESS, or the error's name. */
export function resultName(result: number): string {
  return result >= 0 ? "SUCCESS" : (errorName(-result) ?? String(result));
}

/** A parameter as a number; undefined where it is a text or could not be read. */
export function parameterNumber(event: SensorEvent, parameter: CallParameter): number | undefined {
  const { argument, member, format } = parameter;
  if (argument === undefined) return event.result;
  if (member !== undefined) {
    const at = event.dataOffset(argument);
    if (at < 0 || event.dataSize(argument) < member.offset + member.size) return undefined;
    return member.size === 8
      ? readU64(event.memory, at + member.offset)
      : event.memory.view.getInt32(at + member.offset, true);
  }
  switch (format) {
    case "path":
    case "text":
    case "texts":
    case "address":
      return undefined;
    case "fd":
    case "int":
    case "pid":
      return event.argumentInt(argument);
    case "uid":
    case "gid":
    case "octal":
    case "names":
      return event.argumentInt(argument) >>> 0;
    default:
      return event.argument(argument);
  }
}

/** A parameter as text alone, as `evt.arg.NAME` has it: names for numbers that have some. */
export function parameterText(
  event: SensorEvent,
  parameter: CallParameter,
  users: Users,
): string | undefined {
  const { argument, format } = parameter;
  const number = parameterNumber(event, parameter);
  if (number === undefined) return argument === undefined ? undefined : dataText(event, parameter);
  const inWords = numberWords(number, parameter, users);
  if (inWords !== undefined) return inWords;
  return format === "octal"
    ? octal(number)
    : format === "hex"
      ? hexadecimal(number)
      : String(number);
}

/** A parameter as `evt.args` prints it: the number, and in parentheses what it means. */
export function printParameter(event: SensorEvent, parameter: CallParameter, users: Users): string {
  const number = parameterNumber(event, parameter);
  if (number === undefined) return parameterText(event, parameter, users) ?? "<NA>";
  const inWords = numberWords(number, parameter, users);
  if (parameter.format === "octal") return octal(number);
  if (parameter.format === "hex") return hexadecimal(number);
  if (inWords === undefined || parameter.format === "result")
    return number < 0 && inWords !== undefined ? `${number}(${inWords})` : String(number);
  return `${number}(${inWords})`;
}

function numberWords(
  number: number,
  { argument, format, names }: CallParameter,
  users: Users,
): string | undefined {
  if (argument === undefined && number < 0) return errorName(-number);
  switch (format) {
    case "result":
      return resultName(number);
    case "names":
      return names === undefined ? undefined : nameNumber(names, number);
    case "fd":
      return number === AT_FDCWD && argument !== undefined ? "AT_FDCWD" : undefined;
    case "uid":
      return users.user(number)?.name;
    case "gid":
      return users.group(number);
    default:
      return undefined;
  }
}

function octal(number: number): string {
  return number === 0 ? "0" : `0${number.toString(8)}`;
}

function hexadecimal(number: number): string {
  return number < 0 ? String(number) : number.toString(16).toUpperCase();
}

function dataText(event: SensorEvent, { argument, format }: CallParameter): string | undefined {
  if (argument === undefined) return undefined;
  const at = event.dataOffset(argument);
  if (at < 0) return undefined;
  const size = event.dataSize(argument);
  if (format === "texts") return redactArguments(readTexts(event.memory, at, size)).join(" ");
  if (format === "address") return readAddress(event.memory, at, size)?.text;
  return readText(event.memory, at, size);
}
