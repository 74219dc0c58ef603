import type { FieldNotation, FieldType, FieldValue } from "@ocelli/event";

import type { CaptureEvent } from "../event/capture-event.ts";

/** Reads a field's value from an event. */
export type Read = (event: CaptureEvent) => FieldValue | undefined;

/** How a field with an argument, or one that depends on the kind of event, is read. */
export interface Reading {
  readonly read: Read;
  readonly readJson?: Read;
  readonly type?: Exclude<FieldType, "dynamic">;
  readonly notation?: FieldNotation;
}

/** Makes a reading for an argument and, when it is known, a kind of event; undefined when there never is a value. */
export type MakeReading = (argument: string | undefined, type?: number) => Reading | undefined;

const UNSIGNED = /^\d{1,15}$/;

/** An argument that is a number; undefined for others. */
export function indexOf(argument: string | undefined): number | undefined {
  return argument !== undefined && UNSIGNED.test(argument) ? Number(argument) : undefined;
}
