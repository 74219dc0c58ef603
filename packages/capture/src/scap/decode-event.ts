import type { CaptureEvent } from "../event/capture-event.ts";
import { readSignedNumber } from "../event/number64.ts";
import { EVENTS, eventId } from "../events/event-table.ts";
import type { ScapBlockType } from "./block-kind.ts";
import type { ReadWindow } from "./read-window.ts";

// event  u16 cpu [u32 flags]  u64 time · u64 tid · u32 length · u16 type [u32 parameters] · lengths · data
const HEAD_V1 = 22;
const HEAD_V2 = 26;
const COUNTS = Uint8Array.from(EVENTS, ({ parameters }) => parameters.length);
// Version 1 states three bytes too many for these.
const TOO_LONG = new Set(["notification_e", "infrastructure_event_e"].map(eventId));

/**
 * Points `event` at the event between `start` and `end` of the window. `unknown`: a kind that the table does not have;
 * `damaged`: it does not fit.
 */
export function decodeEvent(
  event: CaptureEvent,
  window: ReadWindow,
  start: number,
  end: number,
  form: ScapBlockType,
): "ok" | "unknown" | "damaged" {
  const { view } = window;
  const head = form.version === 1 ? HEAD_V1 : HEAD_V2;
  const at = start + (form.flags ? 6 : 2);
  if (at + head > end) return "damaged";
  const type = view.getUint16(at + 20, true);
  const known = COUNTS[type];
  if (known === undefined) return "unknown";
  event.bytes = window.bytes;
  event.view = view;
  event.type = type;
  event.cpu = view.getUint16(start, true);
  event.timeLow = view.getUint32(at, true);
  event.timeHigh = view.getUint32(at + 4, true);
  event.tid = readSignedNumber(view, at + 8);
  const lengths = at + head;
  if (form.version === 1) {
    const stated = view.getUint32(at + 16, true) - (TOO_LONG.has(type) ? 3 : 0);
    return decodeV1(event, view, lengths, at + stated, end, known);
  }
  const count = view.getUint32(at + 22, true);
  const size = form.large ? 4 : 2;
  if (count > (end - lengths) / size) return "damaged";
  // What a newer writer appended is left out; lengths of all are needed to find where the data begin.
  const used = count < known ? count : known;
  event.count = used;
  let offset = lengths + count * size;
  const { offsets, lengths: sizes } = event;
  if (form.large) {
    for (let i = 0; i < used; i++) {
      const length = view.getUint32(lengths + 4 * i, true);
      offsets[i] = offset;
      sizes[i] = length;
      offset += length;
    }
  } else {
    for (let i = 0; i < used; i++) {
      const length = view.getUint16(lengths + 2 * i, true);
      offsets[i] = offset;
      sizes[i] = length;
      offset += length;
    }
  }
  return offset <= end ? "ok" : "damaged";
}

// Without a count: the largest number of parameters, from the table's down, whose lengths fill the event exactly.
function decodeV1(
  event: CaptureEvent,
  view: DataView,
  lengths: number,
  stop: number,
  end: number,
  known: number,
): "ok" | "damaged" {
  if (stop > end || stop < lengths) return "damaged";
  for (let count = known; count >= 0; count--) {
    let offset = lengths + 2 * count;
    if (offset > stop) continue;
    for (let i = 0; i < count; i++) {
      const length = view.getUint16(lengths + 2 * i, true);
      event.offsets[i] = offset;
      event.lengths[i] = length;
      offset += length;
    }
    if (offset < stop) return "damaged";
    if (offset > stop) continue;
    event.count = count;
    return "ok";
  }
  return "damaged";
}
