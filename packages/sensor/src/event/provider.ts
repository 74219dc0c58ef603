import { systemCallName, type FieldProvider } from "@ocelli/event";

import type { Clock } from "../host/clock.ts";
import type { Users } from "../host/users.ts";
import { evtField } from "./evt-fields.ts";
import { fdField } from "./fd-fields.ts";
import { processField } from "./process-fields.ts";
import type { SensorEvent } from "./sensor-event.ts";

/** Kinds of events: system calls by their number on x86-64, and behind them what is no call. */
export const EVENT_TYPE = { procexit: 512 } as const;

const NAMES: readonly string[] = [
  ...Array.from({ length: 512 }, (_, number) => systemCallName(number, "x64")),
  "procexit",
];
const TYPES: readonly number[] = NAMES.flatMap((name, type) =>
  name.startsWith("syscall_") ? [] : [type],
);
const BY_NAME: ReadonlyMap<string, number> = new Map(
  TYPES.map((type) => [NAMES[type] ?? "", type]),
);

/** The name of a kind of event. */
export function eventName(type: number): string {
  return NAMES[type] ?? `syscall_${type}`;
}

/** The kind of event of that name; undefined when there is none. */
export function eventType(name: string): number | undefined {
  return BY_NAME.get(name);
}

/** How rules, filters and outputs read the sensor's events. */
export function createSensorProvider(users: Users, clock: Clock): FieldProvider<SensorEvent> {
  return {
    source: "syscall",
    eventTypes: TYPES,
    nameOfType: (type) => NAMES[type],
    typesOfName: (name) => {
      const type = BY_NAME.get(name);
      return type === undefined ? [] : [type];
    },
    resolve: (name, argument) =>
      evtField(name, argument, users) ??
      processField(name, argument, users, clock) ??
      fdField(name),
  };
}
