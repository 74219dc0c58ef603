import { setTimeout as sleep } from "node:timers/promises";

import { USUAL_EVENTS } from "@ocelli/agent";
import { fieldByName, FIELDS, type FieldAccess, type FieldValue } from "@ocelli/event";
import { describeEvent, Sensor, type EventSummary, type SensorEvent } from "@ocelli/sensor";

import type { CliContext } from "../context.ts";
import { UsageError } from "../exit.ts";
import { checkHost } from "../host.ts";
import { checkSeconds } from "../input.ts";
import { checkEvents } from "./event-flags.ts";

/** Flags of `ocelli events`. */
export interface EventsFlags {
  readonly kind?: readonly string[];
  readonly pid?: number;
  readonly comm?: string;
  readonly container?: string;
  readonly failed: boolean;
  readonly fields?: string;
  readonly for?: number;
  readonly json: boolean;
}

interface Column {
  readonly name: string;
  readonly access: FieldAccess<SensorEvent> | undefined;
}

/** `ocelli events`. */
export async function events(context: CliContext, flags: EventsFlags): Promise<void> {
  const { stdout, stderr } = context.process;
  const kinds = checkEvents(flags.kind ?? USUAL_EVENTS);
  if (flags.for !== undefined) checkSeconds("for", flags.for, 0);
  const names = flags.fields?.split(",").map((name) => name.trim());
  for (const name of names ?? []) checkField(name);
  checkHost("ocelli events");
  const interrupted = context.interrupted();
  let columns: readonly Column[] | undefined;
  const sensor = new Sensor({
    events: kinds,
    onEvent(event) {
      if (isLeftOut(event, flags)) return;
      columns ??= names?.map((name) => ({ name, access: resolve(sensor, name) }));
      if (columns !== undefined)
        stdout.write(flags.json ? jsonOf(columns, event) : lineOf(columns, event));
      else {
        const summary = describeEvent(event, sensor.users);
        stdout.write(flags.json ? `${JSON.stringify(summary)}\n` : summaryLine(summary));
      }
    },
  });
  using _ = sensor;
  await pause(flags.for, interrupted);
  sensor.consume();
  const lost = sensor.counts().reduce((sum, one) => sum + one.lost, 0);
  if (lost > 0)
    stderr.write(
      `${lost.toLocaleString("en")} events were lost: they came faster than they were read\n`,
    );
}

async function pause(seconds: number | undefined, signal: AbortSignal): Promise<void> {
  const ms = seconds === undefined ? 2 ** 31 - 1 : seconds * 1000;
  try {
    await sleep(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function isLeftOut(event: SensorEvent, flags: EventsFlags): boolean {
  const { pid, comm, container, failed } = flags;
  if (pid !== undefined && event.pid !== pid) return true;
  if (comm !== undefined && event.process.name !== comm) return true;
  if (failed && event.result >= 0) return true;
  if (container === undefined) return false;
  const own = event.process.container;
  return container === "host" ? own !== undefined : own?.fullId.startsWith(container) !== true;
}

function splitField(text: string): readonly [name: string, argument: string | undefined] {
  const [, name = text, argument] = /^([^[]+)\[(.*)\]$/.exec(text) ?? [];
  const parameter = /^(evt\.(?:raw)?arg)\.(.+)$/.exec(name);
  return parameter === null ? [name, argument] : [parameter[1] ?? "", parameter[2]];
}

function checkField(text: string): void {
  const [name] = splitField(text);
  if (fieldByName(name) !== undefined) return;
  const near = FIELDS.find((one) => one.name.startsWith(name) || one.name.endsWith(`.${name}`));
  const hint = near === undefined ? "see ocelli rules fields" : `did you mean "${near.name}"?`;
  throw new UsageError(`Cannot print the field "${text}": there is no such field; ${hint}`);
}

function resolve(sensor: Sensor, text: string): FieldAccess<SensorEvent> | undefined {
  return sensor.provider.resolve(...splitField(text));
}

function lineOf(columns: readonly Column[], event: SensorEvent): string {
  return `${columns.map(({ access }) => textOf(access?.read(event))).join(" ")}\n`;
}

function jsonOf(columns: readonly Column[], event: SensorEvent): string {
  const values = columns.map(({ name, access }) => {
    const value = access?.readJson?.(event) ?? access?.read(event);
    return [name, typeof value === "bigint" ? String(value) : (value ?? null)] as const;
  });
  return `${JSON.stringify(Object.fromEntries(values))}\n`;
}

function textOf(value: FieldValue | undefined): string {
  if (value === undefined) return "<NA>";
  return value instanceof Uint8Array ? value.join(".") : String(value);
}

function summaryLine(event: EventSummary): string {
  const { type, result, value = 0, name, pid, container } = event;
  const ms = Number(BigInt(event.timeNs) / 1_000_000n);
  const time = new Date(ms).toTimeString().slice(0, 8);
  const where = container === "host" ? "" : ` {${container}}`;
  const args = event.args.map((one) => `${one.name}=${one.printed}`).join(" ");
  const outcome = result === undefined ? "" : ` = ${value < 0 ? `${value} ${result}` : value}`;
  return `${time}.${String(ms % 1000).padStart(3, "0")} ${name}(${pid})${where} ${type}(${args})${outcome}\n`;
}
