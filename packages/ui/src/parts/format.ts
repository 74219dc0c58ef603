const NUMBER = new Intl.NumberFormat("en");
const COMPACT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** A number with commas. */
export function count(value: number): string {
  return NUMBER.format(value);
}

/** A number in few characters: 12.3K. */
export function compact(value: number): string {
  return value < 10_000 ? NUMBER.format(value) : COMPACT.format(value);
}

/** Bytes in MiB. */
export function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}

/** Time of day with milliseconds of nanoseconds since 1970, in the time zone of the browser. */
export function timeOfDay(timeNs: string): string {
  const ms = Number(BigInt(timeNs) / 1_000_000n);
  const date = new Date(ms);
  return `${date.toTimeString().slice(0, 8)}.${String(ms % 1000).padStart(3, "0")}`;
}

/** A span of time in words. */
export function duration(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}
