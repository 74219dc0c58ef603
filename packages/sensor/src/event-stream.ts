import type { RecordMemory } from "@ocelli/linux";
import {
  CALL_RECORD,
  callByNumber,
  PROCESS_RECORD,
  RECORD_KIND,
  type CallParameter,
} from "@ocelli/probes";

import { parameterNumber } from "./event/parameters.ts";
import { eventName, EVENT_TYPE, eventType } from "./event/provider.ts";
import { SensorEvent } from "./event/sensor-event.ts";
import type { Clock } from "./host/clock.ts";
import { unknownProcess } from "./process/process.ts";
import type { ProcessTable } from "./process/process-table.ts";

/** What a stream of records is told. */
export interface EventStreamOptions {
  readonly processes: ProcessTable;
  readonly clock: Clock;
  /** Whether events of that kind are for the consumer, and not for the process table alone. */
  readonly isWanted: (type: number) => boolean;
  readonly onEvent: (event: SensorEvent) => void;
}

const EXECVE = eventType("execve") ?? 59;
const EXECVEAT = eventType("execveat") ?? 322;
const PR_SET_CHILD_SUBREAPER = 36;
const KEPT = 0xffff_ffff;

/** Turns the probe's records, in the order of the ring, into events, and lets the process table follow them. */
export class EventStream {
  readonly #options: EventStreamOptions;
  #event: SensorEvent | undefined;
  #events = 0;

  /** Begins with the first event. */
  constructor(options: EventStreamOptions) {
    this.#options = options;
  }

  /** Events handed out so far. */
  get events(): number {
    return this.#events;
  }

  /** Takes in one record; one that is too short for its kind is passed over. */
  accept(memory: RecordMemory, offset: number, length: number): void {
    if (length < PROCESS_RECORD.data) return;
    const { processes } = this.#options;
    switch (memory.view.getUint16(offset + CALL_RECORD.kind, true)) {
      case RECORD_KIND.call:
        if (length >= CALL_RECORD.data) this.#call(memory, offset);
        return;
      case RECORD_KIND.exec: {
        const process = processes.exec(memory, offset);
        const event = this.#point(memory, offset, EXECVE);
        event.process = process;
        event.isCall = false;
        this.#hand(event);
        return;
      }
      case RECORD_KIND.fork:
        processes.fork(memory, offset);
        return;
      case RECORD_KIND.exit: {
        const process = processes.exit(memory, offset);
        if (process === undefined) return;
        const event = this.#point(memory, offset, EVENT_TYPE.procexit);
        event.process = process;
        event.isCall = false;
        this.#hand(event);
        return;
      }
      default:
    }
  }

  #point(memory: RecordMemory, offset: number, type: number): SensorEvent {
    this.#event ??= new SensorEvent(this.#options.clock, memory, unknownProcess(0));
    const event = this.#event;
    event.memory = memory;
    event.offset = offset;
    event.type = type;
    event.name = eventName(type);
    event.call = undefined;
    return event;
  }

  #call(memory: RecordMemory, offset: number): void {
    const number = memory.view.getUint16(offset + CALL_RECORD.call, true);
    const event = this.#point(memory, offset, number);
    event.isCall = true;
    event.call = callByNumber(number);
    // Of programs that were started the kernel's own record tells, which came before.
    if ((number === EXECVE || number === EXECVEAT) && event.result >= 0) return;
    event.process = this.#options.processes.resolve(event.pid);
    if (event.result >= 0) follow(event);
    this.#hand(event);
  }

  #hand(event: SensorEvent): void {
    if (!this.#options.isWanted(event.type)) return;
    this.#events += 1;
    event.number = this.#events;
    this.#options.onEvent(event);
  }
}

/** What a call that succeeded changed of its process. */
function follow(event: SensorEvent): void {
  const { process } = event;
  switch (event.name) {
    case "chdir":
    case "fchdir": {
      const path = event.filePath();
      if (path !== undefined) process.cwd = path;
      return;
    }
    case "setsid":
      process.sessionId = process.pid;
      process.groupId = process.pid;
      process.tty = 0;
      return;
    case "setpgid": {
      const pid = numberOf(event, "pid") ?? 0;
      const group = numberOf(event, "pgid") ?? 0;
      if (pid === 0 || pid === process.pid) process.groupId = group === 0 ? process.pid : group;
      return;
    }
    case "setuid":
    case "setreuid":
    case "setresuid":
      process.euid = kept(numberOf(event, event.name === "setuid" ? "uid" : "euid"), process.euid);
      process.uid = kept(numberOf(event, event.name === "setuid" ? "uid" : "ruid"), process.uid);
      return;
    case "setgid":
    case "setregid":
    case "setresgid":
      process.egid = kept(numberOf(event, event.name === "setgid" ? "gid" : "egid"), process.egid);
      process.gid = kept(numberOf(event, event.name === "setgid" ? "gid" : "rgid"), process.gid);
      return;
    case "prctl": {
      const option = numberOf(event, "option");
      if (option === PR_SET_CHILD_SUBREAPER) process.isSubreaper = event.argument(1) !== 0;
      return;
    }
    default:
  }
}

function kept(value: number | undefined, old: number): number {
  return value === undefined || value === KEPT ? old : value;
}

function parameter(event: SensorEvent, name: string): CallParameter | undefined {
  return event.call?.parameters.find((one) => one.name === name);
}

function numberOf(event: SensorEvent, name: string): number | undefined {
  const found = parameter(event, name);
  return found === undefined ? undefined : parameterNumber(event, found);
}
