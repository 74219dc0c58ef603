import type { MapSpec } from "@ocelli/bpf";

import { VmError } from "../error.ts";
import type { VmMemory } from "../memory/memory.ts";
import { NO_KEYS, type VmMap, type VmRing } from "./map.ts";

const HEADER_BYTES = 8;

interface Record {
  readonly address: number;
  readonly size: number;
  /** Position of the first byte behind it. */
  readonly end: number;
  state: "reserved" | "complete" | "discarded";
}

/**
 * Makes a ring buffer (kernel/bpf/ringbuf.c). Records fill whole multiples of 8 after a header of 8 bytes, so that as many fit as
 * in the kernel. A record that passes the end of the ring goes on behind it: twice the room is set aside, in place of pages
 * that are mapped twice. Headers are kept outside the memory.
 */
export function createRing(memory: VmMemory, spec: MapSpec): VmMap {
  const size = spec.maxEntries;
  const mask = size - 1;
  const base = memory.allocate(size * 2);
  let producer = 0;
  let consumer = 0;
  const records: Record[] = [];
  const reserved = new Map<number, Record>();

  const ring: VmRing = {
    reserve: (wanted) => {
      const room = HEADER_BYTES + Math.ceil(wanted / 8) * 8;
      // Positions in use must differ by less than the ring's size.
      if (wanted < 0 || room > size || producer + room - consumer > mask) return 0;
      const address = base + (producer % size) + HEADER_BYTES;
      producer += room;
      const record: Record = { address, size: wanted, end: producer, state: "reserved" };
      records.push(record);
      reserved.set(address, record);
      return address;
    },
    submit: (address, discard) => {
      const record = reserved.get(address >>> 0);
      if (record === undefined) {
        throw new VmError(
          "helper",
          `Cannot submit 0x${(address >>> 0).toString(16)} to ring buffer "${spec.name}": it was not reserved, or is submitted already`,
        );
      }
      reserved.delete(record.address);
      record.state = discard ? "discarded" : "complete";
    },
    query: (what) => {
      switch (what) {
        case 0:
          return producer - consumer;
        case 1:
          return size;
        case 2:
          return consumer;
        case 3:
          return producer;
        default:
          return 0;
      }
    },
    take: () => {
      const taken: Uint8Array[] = [];
      let index = 0;
      for (const { state, address, size: length, end } of records) {
        if (state === "reserved") break;
        if (state === "complete") taken.push(memory.bytes.slice(address, address + length));
        consumer = end;
        index += 1;
      }
      records.splice(0, index);
      return taken;
    },
  };
  return { ...NO_KEYS, spec, memory, ring };
}
