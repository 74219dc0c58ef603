import { CATEGORY, eventId } from "../events/event-table.ts";
import { systemCallOfCode } from "../events/value-names.ts";
import { systemCallName } from "@ocelli/event";
import type { CaptureEvent } from "../event/capture-event.ts";
import { shrink } from "../event/number64.ts";
import type { MakeReading, Read } from "./reader.ts";
import { dateTimeText, isoText, timeText } from "./time-text.ts";

const SECOND = 1_000_000_000n;
const GENERIC = eventId("generic_x");
const ASYNC = eventId("asyncevent_e");

/** The name of an event as `evt.type` reads. */
export function eventName(event: CaptureEvent): string {
  if (event.type === GENERIC) return genericName(event);
  return event.type === ASYNC ? event.text(1) : event.info.name;
}

// System calls that are newer than the capture's table have only the number of the machine's own table: x86-64, as
// captures do not say which.
function genericName(event: CaptureEvent): string {
  const code = event.u32(0);
  const name = systemCallOfCode(code);
  if (code !== 0 || !event.has(1)) return name;
  return systemCallName(event.u32(1), "x64") ?? name;
}

function isMeta(event: CaptureEvent): boolean {
  return (event.info.category & CATEGORY.meta) !== 0;
}

function relative(event: CaptureEvent): bigint {
  return event.timeNs - event.startNs;
}

/** Fields that every kind of event has. */
export const EVENT_READERS: Readonly<Record<string, Read>> = {
  "evt.num": (event) => event.number,
  "evt.rawtime": (event) => shrink(event.timeNs),
  "evt.rawtime.s": (event) => shrink(event.timeNs / SECOND),
  "evt.reltime.s": (event) => shrink(relative(event) / SECOND),
  "evt.source": () => "syscall",
  "evt.is_async": isMeta,
  "evt.asynctype": (event) => (isMeta(event) ? eventName(event) : undefined),
  "evt.hostname": (event) => event.host().machine?.hostname,
  "evt.type": eventName,
  "syscall.type": (event) =>
    (event.info.category & CATEGORY.systemCall) === 0 ? undefined : eventName(event),
};

function time(read: (timeNs: bigint) => string): MakeReading {
  return () => ({
    read: (event) => read(event.timeNs),
    readJson: (event) => shrink(event.timeNs),
  });
}

// Each use of these fields in a rule remembers the time of the event that it last saw. Falco reads outputs twice, as text
// and as JSON, so that the difference is always 0 in JSON.
function delta(part: (ns: bigint) => bigint): MakeReading {
  return () => {
    let last: bigint | undefined;
    let number = 0;
    let value = 0n;
    return {
      read: (event) => {
        if (event.number === number) return shrink(value);
        number = event.number;
        value = last === undefined ? 0n : part(BigInt.asUintN(64, event.timeNs - last));
        last = event.timeNs;
        return shrink(value);
      },
      readJson: () => 0,
    };
  };
}

function padded(read: Read): MakeReading {
  return () => ({ read, readJson: read });
}

/** Fields of every kind of event that print otherwise than they are, or remember. */
export const EVENT_READINGS: Readonly<Record<string, MakeReading>> = {
  "evt.time": time((timeNs) => timeText(timeNs, true)),
  "evt.time.s": time((timeNs) => timeText(timeNs, false)),
  "evt.time.iso8601": time(isoText),
  "evt.datetime": time((timeNs) => dateTimeText(timeNs, true)),
  "evt.datetime.s": time((timeNs) => dateTimeText(timeNs, false)),
  "evt.rawtime.ns": padded((event) => shrink(event.timeNs % SECOND)),
  "evt.reltime": padded((event) => shrink(relative(event))),
  "evt.reltime.ns": padded((event) => shrink(relative(event) % SECOND)),
  "evt.deltatime": delta((ns) => ns),
  "evt.deltatime.s": delta((ns) => ns / SECOND),
  "evt.deltatime.ns": delta((ns) => ns % SECOND),
};
