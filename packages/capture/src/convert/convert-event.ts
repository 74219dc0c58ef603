import type { CaptureEvent } from "../event/capture-event.ts";
import { EVENTS, PARAMETER } from "../events/event-table.ts";
import { parameterSize } from "../events/parameter-size.ts";
import type { ReadWindow } from "../scap/read-window.ts";
import { EnterRecord } from "../state/enter-record.ts";
import type { ThreadSlot } from "../state/thread-table.ts";
import type { ConversionPlan, ParameterSource } from "./conversion-plan.ts";

const SIZES: readonly Int32Array[] = EVENTS.map(({ parameters }) =>
  Int32Array.from(parameters, ({ type }) => parameterSize(type) ?? -1),
);

// Copies of what a conversion moves, as its sources and its result are the same event.
const oldOffsets = new Int32Array(64);
const oldLengths = new Int32Array(64);

/**
 * Brings an event up to date in place: new parameters are written to the window's scratch area, moved ones only change
 * their offsets. An enter event that has to wait for its exit is copied to the slot of its thread.
 */
export function convertEvent(
  event: CaptureEvent,
  window: ReadWindow,
  slot: ThreadSlot,
  plan: ConversionPlan,
): void {
  if (!plan.unchanged) rewrite(event, window, slot, plan);
  if (!plan.store) return;
  slot.enter ??= new EnterRecord();
  slot.enter.keep(event);
}

function rewrite(
  event: CaptureEvent,
  window: ReadWindow,
  slot: ThreadSlot,
  plan: ConversionPlan,
): void {
  const { sources, kept, type } = plan;
  const { offsets, lengths } = event;
  const oldCount = event.count;
  for (let i = kept; i < oldCount; i++) {
    oldOffsets[i] = offsets[i] ?? 0;
    oldLengths[i] = lengths[i] ?? 0;
  }
  let scratch = window.scratch;
  let used = false;
  const sizes = SIZES[type];
  for (let i = kept; i < sources.length; i++) {
    const source: ParameterSource | undefined = sources[i];
    const size = sizes?.[i] ?? -1;
    lengths[i] = 0;
    offsets[i] = scratch;
    if (source === undefined || source.kind === "empty") continue;
    if (source.kind === "old") {
      const moved = source.index >= kept;
      offsets[i] = (moved ? oldOffsets[source.index] : offsets[source.index]) ?? 0;
      lengths[i] = cap((moved ? oldLengths[source.index] : lengths[source.index]) ?? 0, size);
      continue;
    }
    const enter = source.kind === "enter" ? slot.enter : undefined;
    if (source.kind === "enter" && enter?.present === true && enter.type === source.enterType) {
      used = true;
      const length = cap(enter.lengthOf(source.index), size);
      const from = enter.offsetOf(source.index);
      for (let k = 0; k < length; k++) window.bytes[scratch + k] = enter.bytes[from + k] ?? 0;
      lengths[i] = length;
    } else if (source.kind === "json") lengths[i] = writeContainer(event, window, scratch);
    else if (source.kind === "default" || !source.orEmpty)
      lengths[i] = writeDefault(type, i, size, window, scratch);
    scratch += lengths[i] ?? 0;
  }
  if (used && slot.enter !== undefined) slot.enter.present = false;
  event.type = type;
  event.count = sources.length;
}

function cap(length: number, size: number): number {
  return size === -1 || length < size ? length : size;
}

// Zeros; all ones for users and groups, which stand for none. Texts and the like are empty.
function writeDefault(
  type: number,
  index: number,
  size: number,
  window: ReadWindow,
  scratch: number,
): number {
  if (size === -1) return 0;
  const kind = EVENTS[type]?.parameters[index]?.type;
  const byte = kind === PARAMETER.uid || kind === PARAMETER.gid ? 0xff : 0;
  window.bytes.fill(byte, scratch, scratch + size);
  return size;
}

// The first container events had four parameters in place of JSON.
function writeContainer(event: CaptureEvent, window: ReadWindow, scratch: number): number {
  const json = JSON.stringify({
    id: event.text(0),
    type: event.u32(1),
    name: event.text(2),
    image: event.text(3),
  });
  let at = scratch;
  for (let i = 0; i < json.length; i++) window.bytes[at++] = json.charCodeAt(i) & 0xff;
  window.bytes[at++] = 0;
  return at - scratch;
}
