import type { Users } from "../host/users.ts";
import { commandLine, parentOf } from "../process/process.ts";
import { parameterText, printParameter, resultName } from "./parameters.ts";
import { descriptorName } from "./fd-fields.ts";
import type { SensorEvent } from "./sensor-event.ts";

/** An event as it is kept, sent and written as JSON. */
export interface EventSummary {
  readonly number: number;
  /** Nanoseconds since 1970, in decimal digits: a number would lose some. */
  readonly timeNs: string;
  readonly type: string;
  readonly cpu: number;
  readonly pid: number;
  readonly tid: number;
  readonly name: string;
  readonly commandLine: string;
  readonly exePath: string;
  readonly parentPid: number;
  readonly user: string;
  readonly container: string;
  /** SUCCESS or the error's name; absent for what is no call. */
  readonly result?: string;
  readonly value?: number;
  /** The file or address that it is about. */
  readonly about?: string;
  readonly args: readonly EventArgument[];
}

/** A parameter of an event. */
export interface EventArgument {
  readonly name: string;
  /** Its value alone. */
  readonly text: string;
  /** Its value as `evt.args` prints it. */
  readonly printed: string;
}

/** Reads everything of an event that lists and outputs show. */
export function describeEvent(event: SensorEvent, users: Users): EventSummary {
  const { process, isCall, name } = event;
  const about = isCall ? descriptorName(event) : name === "execve" ? process.exePath : undefined;
  return {
    number: event.number,
    timeNs: String(event.timeNs),
    type: name,
    cpu: event.cpu,
    pid: event.pid,
    tid: event.tid,
    name: process.name,
    commandLine: commandLine(process),
    exePath: process.exePath,
    parentPid: parentOf(process)?.pid ?? process.parentPid,
    user: users.user(process.euid)?.name ?? String(process.euid),
    container: process.container?.id ?? "host",
    ...(name === "procexit" ? {} : { result: resultName(event.result), value: event.result }),
    ...(about === undefined ? {} : { about }),
    args: argumentsOf(event, users),
  };
}

function argumentsOf(event: SensorEvent, users: Users): EventArgument[] {
  const { process, isCall, name, call } = event;
  if (!isCall) {
    if (name !== "execve") return [];
    const args = process.args.join(" ");
    return [
      { name: "filename", text: process.exePath, printed: process.exePath },
      { name: "exe", text: process.exe, printed: process.exe },
      { name: "args", text: args, printed: args },
    ];
  }
  if (call === undefined)
    return Array.from({ length: 6 }, (_, index) => {
      const text = `0x${event.argument(index).toString(16)}`;
      return { name: `arg${index}`, text, printed: text };
    });
  return call.parameters
    .filter(({ argument }) => argument !== undefined)
    .map((parameter) => ({
      name: parameter.name,
      text: parameterText(event, parameter, users) ?? "<NA>",
      printed: printParameter(event, parameter, users),
    }));
}
