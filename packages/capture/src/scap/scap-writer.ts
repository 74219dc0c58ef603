import { scapBlockNumber, SECTION_HEADER, type ScapBlockType } from "./block-kind.ts";
import { ByteSink } from "./byte-sink.ts";
import type { FdEntry, InterfaceEntry, MachineInfo, ProcessEntry, UserEntry } from "./entries.ts";
import { writeFd, writeInterface, writeMachine, writeProcess, writeUser } from "./write-entries.ts";

const MAGIC = 0x1a2b_3c4d;
const MOST_SMALL = 0xffff;
// What libscap takes for an event whose lengths have 16 bits.
const MOST_EVENT = 64 << 10;

/** An event as it stands in a capture. */
export interface ScapEvent {
  /** A number of the table of events. */
  readonly type: number;
  readonly cpu: number;
  readonly timeNs: bigint;
  readonly tid: number;
  /** Their bytes, in the order of the table. */
  readonly parameters: readonly Uint8Array[];
  /** 32 bits that dumpers set; no flags are written when absent. */
  readonly flags?: number;
}

/**
 * Writes a `.scap` file as sysdig and Falco read it: lists first, in any order, then events. `take` gives what was
 * written since the last time, so that a file of any length needs the memory of what is not taken yet.
 *
 *   const writer = new ScapWriter();
 *   writer.machine(…); writer.processes(…); writer.event(…); write(file, writer.take());
 *
 * The versions that methods take are for files of old; the newest ones are the default.
 */
export class ScapWriter {
  readonly #sink = new ByteSink();

  constructor() {
    this.section();
  }

  /** Begins a section: the first one is begun already. */
  section(): this {
    const start = this.#begin(SECTION_HEADER);
    this.#sink.u32(MAGIC).u16(1).u16(2).u64(-1);
    return this.#end(start);
  }

  machine(machine: MachineInfo): this {
    const start = this.#begin(numberOf("machine", 1));
    writeMachine(this.#sink, machine);
    return this.#end(start);
  }

  processes(entries: readonly ProcessEntry[], version = 9): this {
    const start = this.#begin(numberOf("processes", version));
    for (const entry of entries) writeProcess(this.#sink, entry, version);
    return this.#end(start);
  }

  /** Descriptors of the thread `tid`; after the processes. */
  fds(tid: number, entries: readonly FdEntry[], version = 2): this {
    const start = this.#begin(numberOf("fds", version));
    this.#sink.u64(tid);
    for (const entry of entries) writeFd(this.#sink, entry, version);
    return this.#end(start);
  }

  interfaces(entries: readonly InterfaceEntry[], version = 2): this {
    const start = this.#begin(numberOf("interfaces", version));
    // Those of version 4 come first: readers depend on it.
    for (const entry of entries.toSorted((a, b) => a.address.length - b.address.length))
      writeInterface(this.#sink, entry, version);
    return this.#end(start);
  }

  users(entries: readonly UserEntry[], version = 2): this {
    const start = this.#begin(numberOf("users", version));
    for (const entry of entries) writeUser(this.#sink, entry, version);
    return this.#end(start);
  }

  /** An event; one with a parameter of 64 KiB or more, or of as much in all, takes a block for large ones. */
  event(event: ScapEvent, version = 2): this {
    const { parameters } = event;
    const data = parameters.reduce((sum, { length }) => sum + length, 0);
    const large =
      parameters.some(({ length }) => length > MOST_SMALL) ||
      data + 2 * parameters.length + 64 > MOST_EVENT;
    const flags = event.flags !== undefined;
    const sink = this.#sink;
    const start = this.#begin(numberOf("event", version, flags, large));
    sink.u16(event.cpu);
    if (event.flags !== undefined) sink.u32(event.flags);
    const size = large ? 4 : 2;
    const head = version === 1 ? 22 : 26;
    sink
      .u64(event.timeNs)
      .u64(event.tid)
      .u32(head + size * parameters.length + data);
    sink.u16(event.type);
    if (version !== 1) sink.u32(parameters.length);
    for (const { length } of parameters) {
      if (large) sink.u32(length);
      else sink.u16(length);
    }
    for (const bytes of parameters) sink.bytes(bytes);
    return this.#end(start);
  }

  /** What was written since the last time. */
  take(): Uint8Array {
    return this.#sink.take();
  }

  #begin(type: number): number {
    const start = this.#sink.length;
    this.#sink.u32(type).u32(0);
    return start;
  }

  #end(start: number): this {
    const sink = this.#sink;
    while ((sink.length - start) % 4 !== 0) sink.u8(0);
    const length = sink.length - start + 4;
    sink.u32(length).patchU32(start + 4, length);
    return this;
  }
}

function numberOf(
  kind: ScapBlockType["kind"],
  version: number,
  flags = false,
  large = false,
): number {
  const number = scapBlockNumber({ kind, version, flags, large });
  if (number === undefined)
    throw new RangeError(
      `Cannot write ${large ? "large " : ""}${kind} in version ${version}: captures have no such block`,
    );
  return number;
}
