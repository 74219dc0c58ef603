/** A time as protobuf has it: seconds since 1970 and nanoseconds of that second. */
export interface TimeParts {
  readonly seconds: bigint;
  readonly nanos: number;
}

/** The formats that `--time-format` takes. */
export const TIME_FORMATS = [
  "StampMilli",
  "YearMonthDay",
  "YearMonthDayHour",
  "YearMonthDayHourMinute",
  "RFC3339",
  "RFC3339Milli",
  "RFC3339Micro",
  "RFC3339Nano",
  "RFC1123Z",
] as const;

/** A name out of TIME_FORMATS. */
export type TimeFormat = (typeof TIME_FORMATS)[number];

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/** The format with that name in any case of letters; StampMilli for unknown names, as Hubble has it. */
export function timeFormatNamed(name: string): TimeFormat {
  const wanted = name.toLowerCase();
  return TIME_FORMATS.find((format) => format.toLowerCase() === wanted) ?? "StampMilli";
}

/** Whether protobuf allows the time: years 1 to 9999. */
export function isValidTime({ seconds, nanos }: TimeParts): boolean {
  return (
    seconds >= -62_135_596_800n &&
    seconds <= 253_402_300_799n &&
    nanos >= 0 &&
    nanos < 1_000_000_000
  );
}

/** The time in UTC, formatted as Go does for the layout of that name; `N/A` where there is none or it is invalid. */
export function formatTimestamp(time: TimeParts | undefined, format: TimeFormat): string {
  if (time === undefined || !isValidTime(time)) return "N/A";
  const date = new Date(Number(time.seconds) * 1000);
  const day = `${pad(date.getUTCFullYear(), 4)}-${pad(date.getUTCMonth() + 1)}-${pad(date.getUTCDate())}`;
  const hour = pad(date.getUTCHours());
  const minute = `${hour}:${pad(date.getUTCMinutes())}`;
  const second = `${minute}:${pad(date.getUTCSeconds())}`;
  switch (format) {
    case "StampMilli": {
      const milli = pad(Math.floor(time.nanos / 1_000_000), 3);
      const dayOfMonth = String(date.getUTCDate()).padStart(2, " ");
      return `${MONTHS[date.getUTCMonth()] ?? ""} ${dayOfMonth} ${second}.${milli}`;
    }
    case "YearMonthDay":
      return day;
    case "YearMonthDayHour":
      return `${day}T${hour}Z`;
    case "YearMonthDayHourMinute":
      return `${day}T${minute}Z`;
    case "RFC3339":
      return `${day}T${second}Z`;
    case "RFC3339Milli":
      return `${day}T${second}${fraction(time.nanos, 3)}Z`;
    case "RFC3339Micro":
      return `${day}T${second}${fraction(time.nanos, 6)}Z`;
    case "RFC3339Nano":
      return `${day}T${second}${fraction(time.nanos, 9)}Z`;
    case "RFC1123Z": {
      const date1123 = `${pad(date.getUTCDate())} ${MONTHS[date.getUTCMonth()] ?? ""} ${pad(date.getUTCFullYear(), 4)}`;
      return `${DAYS[date.getUTCDay()] ?? ""}, ${date1123} ${second} +0000`;
    }
  }
}

/** The fraction of a second without trailing zeros, with its point; empty when it is none. */
function fraction(nanos: number, digits: number): string {
  const text = pad(nanos, 9).slice(0, digits).replace(/0+$/, "");
  return text === "" ? "" : `.${text}`;
}

function pad(value: number, width = 2): string {
  return String(value).padStart(width, "0");
}

const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2})(?::(\d{2})(?::(\d{2})(?:[.,](\d+))?)?)?(Z|[+-]\d{2}:\d{2}))?$/;
const RFC1123 =
  /^[A-Z][a-z]{2}, (\d{2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) ([+-]\d{4})$/;

/** Reads a time in one of the RFC3339 forms down to the day, or RFC1123Z. Undefined where it is none. */
export function parseTimestamp(text: string): TimeParts | undefined {
  const iso = ISO.exec(text);
  if (iso !== null) {
    const [, year, month, day, hour, minute, second, decimals = "", zone = "Z"] = iso;
    return assemble([year, month, day, hour, minute, second], decimals, zone);
  }
  const long = RFC1123.exec(text);
  if (long === null) return undefined;
  const [, day, name = "", year, hour, minute, second, zone = ""] = long;
  const month = MONTHS.indexOf(name) + 1;
  if (month === 0) return undefined;
  const colon = `${zone.slice(0, 3)}:${zone.slice(3)}`;
  return assemble([year, String(month), day, hour, minute, second], "", colon);
}

function assemble(
  parts: readonly (string | undefined)[],
  decimals: string,
  zone: string,
): TimeParts | undefined {
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts.map((part) =>
    part === undefined ? undefined : Number(part),
  );
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const midnight = date.getTime() / 1000;
  const sign = zone.startsWith("-") ? -1 : 1;
  const offset = zone === "Z" ? 0 : sign * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4)));
  const seconds = BigInt(midnight + hour * 3600 + (minute - offset) * 60 + second);
  return { seconds, nanos: Number(decimals.slice(0, 9).padEnd(9, "0")) };
}

const UNITS: ReadonlyMap<string, bigint> = new Map([
  ["ns", 1n],
  ["us", 1000n],
  ["µs", 1000n],
  ["μs", 1000n],
  ["ms", 1_000_000n],
  ["s", 1_000_000_000n],
  ["m", 60_000_000_000n],
  ["h", 3_600_000_000_000n],
]);

/** Reads a duration in Go's form, `1h30m`, `-2.5s`, `0`: nanoseconds, or undefined where it is none. */
export function parseGoDuration(text: string): bigint | undefined {
  const [, sign = "", body = ""] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  if (body === "0") return 0n;
  if (body === "" || text.length > 200) return undefined;
  let total = 0n;
  const part = /([0-9]*)(?:\.([0-9]*))?(ns|us|µs|μs|ms|s|m|h)/y;
  while (part.lastIndex < body.length) {
    const match = part.exec(body);
    if (match === null) return undefined;
    const [, whole = "", decimals = "", unit = ""] = match;
    const size = UNITS.get(unit);
    if (size === undefined || (whole === "" && decimals === "")) return undefined;
    const scale = 10n ** BigInt(decimals.length);
    total += BigInt(whole === "" ? "0" : whole) * size;
    total += (BigInt(decimals === "" ? "0" : decimals) * size) / scale;
  }
  if (BigInt.asIntN(64, total) !== total) return undefined;
  return sign === "-" ? -total : total;
}

/** Orders two times. */
export function compareTimes(left: TimeParts, right: TimeParts): number {
  if (left.seconds !== right.seconds) return left.seconds < right.seconds ? -1 : 1;
  return left.nanos - right.nanos;
}
