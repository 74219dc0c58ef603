import { CelRuntimeError } from "./problem.ts";
import type { CelFunction } from "./program.ts";
import { CEL } from "./types.ts";
import { CelDuration, CelTimestamp, type CelValue } from "./values.ts";

// What each getter takes of a date in its time zone. Months and days of the year count from 0, getDate from 1.
const DATE_PARTS: Readonly<Record<string, (date: Date) => number>> = {
  getFullYear: (date) => date.getUTCFullYear(),
  getMonth: (date) => date.getUTCMonth(),
  getDayOfYear: (date) =>
    Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000),
  getDayOfMonth: (date) => date.getUTCDate() - 1,
  getDate: (date) => date.getUTCDate(),
  getDayOfWeek: (date) => date.getUTCDay(),
};
const CLOCK_PARTS: Readonly<
  Record<string, { readonly date: (date: Date) => number; readonly ns: bigint }>
> = {
  getHours: { date: (date) => date.getUTCHours(), ns: 3_600_000_000_000n },
  getMinutes: { date: (date) => date.getUTCMinutes(), ns: 60_000_000_000n },
  getSeconds: { date: (date) => date.getUTCSeconds(), ns: 1_000_000_000n },
  getMilliseconds: { date: (date) => date.getUTCMilliseconds(), ns: 1_000_000n },
};

const ofTimestamp = [
  { method: true, params: [CEL.timestamp], result: CEL.int },
  { method: true, params: [CEL.timestamp, CEL.string], result: CEL.int },
] as const;
const ofDuration = { method: true, params: [CEL.duration], result: CEL.int } as const;

/** The getters of timestamps and durations. */
export const TIME_FUNCTIONS: readonly (readonly [string, CelFunction])[] = [
  ...Object.entries(DATE_PARTS).map(
    ([name, part]) =>
      [
        name,
        { overloads: ofTimestamp, run: ([time, zone]) => partOf(part, time, zone) },
      ] as const satisfies readonly [string, CelFunction],
  ),
  ...Object.entries(CLOCK_PARTS).map(
    ([name, { date, ns }]) =>
      [
        name,
        {
          overloads: [...ofTimestamp, ofDuration],
          run: ([time, zone]) => {
            if (!(time instanceof CelDuration)) return partOf(date, time, zone);
            // Of a duration milliseconds are what is left of a second; the others are the whole span.
            return name === "getMilliseconds" ? (time.ns / ns) % 1000n : time.ns / ns;
          },
        },
      ] as const satisfies readonly [string, CelFunction],
  ),
];

function partOf(
  part: (date: Date) => number,
  time: CelValue | undefined,
  zone: CelValue | undefined,
): CelValue {
  if (!(time instanceof CelTimestamp)) throw new CelRuntimeError("no such overload");
  const ms = Number(time.ns / 1_000_000n) - (time.ns % 1_000_000n < 0n ? 1 : 0);
  return BigInt(part(new Date(ms + (typeof zone === "string" ? zoneOffset(zone, ms) : 0))));
}

/** The offset of a zone from UTC in milliseconds at a time: `UTC`, `+02:00`, `Europe/Rome`. */
function zoneOffset(zone: string, ms: number): number {
  const fixed = /^([+-]?)(\d{2}):(\d{2})$/.exec(zone);
  if (fixed !== null) {
    const [, sign, hours, minutes] = fixed;
    return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
  }
  try {
    const parts = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      timeZoneName: "longOffset",
    }).formatToParts(ms);
    const name = parts.find(({ type }) => type === "timeZoneName")?.value ?? "GMT";
    const offset = /^GMT([+-]\d{2}:\d{2})$/.exec(name)?.[1];
    return offset === undefined ? 0 : zoneOffset(offset, ms);
  } catch {
    throw new CelRuntimeError(`unknown time zone ${zone}`);
  }
}
