const SECOND = 1_000_000_000n;

/** Local time of day, with nanoseconds or without. */
export function timeText(timeNs: bigint, nanoseconds: boolean): string {
  const date = dateOf(timeNs);
  const text = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
  return nanoseconds ? `${text}.${fraction(timeNs)}` : text;
}

/** Local date and time of day. */
export function dateTimeText(timeNs: bigint, nanoseconds: boolean): string {
  const date = dateOf(timeNs);
  const day = `${date.getFullYear().toString().padStart(4, "0")}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${timeText(timeNs, nanoseconds)}`;
}

/** Time in UTC as ISO 8601 has it. */
export function isoText(timeNs: bigint): string {
  return `${dateOf(timeNs).toISOString().slice(0, 19)}.${fraction(timeNs)}+0000`;
}

// A date holds 273,790 years at most; captures that say otherwise are shown as its end.
function dateOf(timeNs: bigint): Date {
  return new Date(Math.min(Number(timeNs / SECOND) * 1000, 253_402_300_799_000));
}

function fraction(timeNs: bigint): string {
  return (timeNs % SECOND).toString().padStart(9, "0");
}

function two(value: number): string {
  return value.toString().padStart(2, "0");
}
