import { fromBinary, toBinary } from "@bufbuild/protobuf";

import { FlowSchema, type Flow } from "../proto/flow.gen.ts";

/** Flows as the bytes they have on the wire, by slot of a ring. */
export interface ColdStore {
  readonly put: (slot: number, flow: Flow) => void;
  /** A copy of the flow in a slot; undefined for a slot without one. */
  readonly get: (slot: number) => Flow | undefined;
  readonly clear: (slot: number) => void;
}

// Flows share pieces of memory of this size: one array a flow would cost twice its bytes. A piece goes when the last slot
// that points into it is overwritten, which for a ring is the order in which they were filled.
const PIECE_BYTES = 262_144;

/** An empty store for so many slots. */
export function createColdStore(slots: number): ColdStore {
  const pieces: (Uint8Array | undefined)[] = [];
  const starts = new Uint32Array(slots);
  const lengths = new Uint32Array(slots);
  let piece = new Uint8Array();
  let used = 0;
  return {
    put: (slot, flow) => {
      const bytes = toBinary(FlowSchema, flow);
      if (used + bytes.length > piece.length) {
        piece = new Uint8Array(Math.max(PIECE_BYTES, bytes.length));
        used = 0;
      }
      piece.set(bytes, used);
      pieces[slot] = piece;
      starts[slot] = used;
      lengths[slot] = bytes.length;
      used += bytes.length;
    },
    get: (slot) => {
      const start = starts[slot] ?? 0;
      const bytes = pieces[slot]?.subarray(start, start + (lengths[slot] ?? 0));
      return bytes === undefined ? undefined : fromBinary(FlowSchema, bytes);
    },
    clear: (slot) => {
      pieces[slot] = undefined;
    },
  };
}
