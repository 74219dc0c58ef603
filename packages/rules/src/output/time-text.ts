const SECOND = 1_000_000_000n;

/** The zone that times are written in: the machine's own, or UTC. */
export type TimeZone = "local" | "utc";

/** `HH:MM:SS.nnnnnnnnn` of a time in nanoseconds since 1970. */
export function formatTimeOfDay(timeNs: bigint, zone: TimeZone = "local"): string {
  const { date, nanoseconds } = split(timeNs);
  const [hours, minutes, seconds] =
    zone === "utc"
      ? [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()]
      : [date.getHours(), date.getMinutes(), date.getSeconds()];
  return `${two(hours)}:${two(minutes)}:${two(seconds)}.${nanoseconds}`;
}

/** `2026-11-20T16:11:16.056312762+0000`, as Falco's `time_format_iso_8601` writes times; always UTC. */
export function formatTimeIso(timeNs: bigint): string {
  return `${formatTimeUtc(timeNs).slice(0, -1)}+0000`;
}

/** `2026-11-20T16:11:16.056312762Z`: RFC 3339 with nanoseconds. */
export function formatTimeUtc(timeNs: bigint): string {
  const { date, nanoseconds } = split(timeNs);
  return `${date.toISOString().slice(0, 19)}.${nanoseconds}Z`;
}

function split(timeNs: bigint): { date: Date; nanoseconds: string } {
  const seconds = timeNs / SECOND;
  const nanoseconds = timeNs - seconds * SECOND;
  return {
    date: new Date(Number(seconds) * 1000),
    nanoseconds: nanoseconds.toString().padStart(9, "0"),
  };
}

function two(value: number): string {
  return value.toString().padStart(2, "0");
}
