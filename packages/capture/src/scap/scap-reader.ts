import { errorAt, warningAt, type Diagnostic } from "@ocelli/bpf";

import { convertEvent } from "../convert/convert-event.ts";
import { conversionPlan, type ConversionPlan } from "../convert/conversion-plan.ts";
import { CaptureEvent } from "../event/capture-event.ts";
import { CATEGORY, EVENTS, eventId, isExit } from "../events/event-table.ts";
import { HostState } from "../state/host-state.ts";
import type { ThreadSlot } from "../state/thread-table.ts";
import { scapBlockType, SECTION_HEADER, type ScapBlockType } from "./block-kind.ts";
import { decodeEvent } from "./decode-event.ts";
import type { InterfaceEntry, UserEntry } from "./entries.ts";
import { readFds } from "./read-fds.ts";
import { readInterfaces } from "./read-interfaces.ts";
import { readMachine } from "./read-machine.ts";
import { readProcesses } from "./read-processes.ts";
import { readUsers } from "./read-users.ts";
import { ReadWindow } from "./read-window.ts";

const MAGIC = 0x1a2b_3c4d;
const EVENT_V2_TYPE = 0x216;
const HEADER_BYTES = 8;
const LEAST_BLOCK = 12;
// Larger than any list of a machine that can be listed; what claims more is damaged.
const MOST_BLOCK = 64 << 20;
const MOST_SMALL_BLOCK = 64 << 10;
const MOST_DIAGNOSTICS = 20;
const INITIAL = new Set(
  [
    "container_json_2_e",
    "user_added_e",
    "user_deleted_e",
    "group_added_e",
    "group_deleted_e",
    "asyncevent_e",
  ].map(eventId),
);
const META = Uint8Array.from(EVENTS, ({ category }) => ((category & CATEGORY.meta) === 0 ? 0 : 1));
// Enters of system calls tell the state what exits lack; rules see exits only.
const HIDDEN = Uint8Array.from(EVENTS, ({ id, category }) =>
  (category & CATEGORY.systemCall) !== 0 && !isExit(id) ? 1 : 0,
);
const CHANGES = Uint8Array.from(EVENTS, ({ id }) => (HostState.changes(id) ? 1 : 0));

/** What a reader has counted so far. */
export interface ScapCounts {
  /** Event blocks. */
  blocks: number;
  /** Events that reach rules: current ones, after conversion, without what a recording begins with. */
  events: number;
  /** Events of kinds newer than the table, and those that nobody knows how to bring up to date. */
  unknown: number;
  /** Sections: more than one when files were put one after the other. */
  sections: number;
}

/**
 * Reads a `.scap` file, uncompressed, as its bytes come: keeps the state of the host, and calls `onEvent` for the events
 * of wanted kinds. The event is valid until `onEvent` returns. What is wrong with the file becomes a diagnostic; reading
 * ends at the first damage. Memory stays within the largest block, 64 MiB at most, and what the state needs.
 *
 *   reader.push(bytes); …; reader.end();       or without copying: read into reader.room(), then reader.filled(n)
 */
export class ScapReader {
  readonly counts: ScapCounts = { blocks: 0, events: 0, unknown: 0, sections: 0 };
  /** The host as of the last event. A section that follows begins with another one. */
  state: HostState = new HostState();
  readonly diagnostics: Diagnostic[] = [];
  readonly #window = new ReadWindow();
  readonly #event = new CaptureEvent(() => this.state);
  readonly #wanted: Uint8Array;
  readonly #needed: Uint8Array;
  readonly #onEvent: (event: CaptureEvent) => void;
  #interfaces: readonly InterfaceEntry[] = [];
  #users: readonly UserEntry[] = [];
  #number = 0;
  #phase: "start" | "lists" | "initial" | "events" | "ended" = "start";

  /** `wanted` has a 1 for each kind of event that `onEvent` is called for; all when it is left out. */
  constructor(onEvent: (event: CaptureEvent) => void, wanted?: Uint8Array) {
    this.#onEvent = onEvent;
    this.#wanted = wanted ?? new Uint8Array(EVENTS.length).fill(1);
    this.#needed = Uint8Array.from(EVENTS, ({ id }) =>
      this.#wanted[id] === 1 || CHANGES[id] === 1 ? 1 : 0,
    );
  }

  /** Whether damage ended the reading; further bytes are ignored. */
  get ended(): boolean {
    return this.#phase === "ended";
  }

  /** Where the next bytes may be read to; report them with `filled`. */
  room(): Uint8Array {
    return this.#window.room();
  }

  /** Takes `length` bytes that were read to `room()`. */
  filled(length: number): void {
    this.#window.filled(length);
    if (this.#phase !== "ended") this.#readBlocks();
  }

  /** Takes a copy of the next bytes. */
  push(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length && this.#phase !== "ended";) {
      const room = this.room();
      const part = bytes.subarray(from, from + room.length);
      room.set(part);
      from += part.length;
      this.filled(part.length);
    }
  }

  /** Ends the file: what is left over was cut off. */
  end(): void {
    if (this.#phase === "ended") return;
    const { left, position } = this.#window;
    if (this.#phase === "start" && left === 0 && position === 0)
      this.#fail("scap-empty", 0, "Cannot read the capture: the file is empty");
    else if (left > 0)
      this.#fail(
        "scap-truncated",
        position,
        `The capture ends in the middle of a block: ${left} bytes are left over`,
        "Everything before them was read. The recording was interrupted or the copy is incomplete",
      );
    else if (this.#phase === "lists") this.#begin();
    this.#phase = "ended";
  }

  #readBlocks(): void {
    const window = this.#window;
    const { view } = window;
    const end = window.end;
    let start = window.start;
    while (end - start >= HEADER_BYTES) {
      const type = view.getUint32(start, true);
      const length = view.getUint32(start + 4, true);
      if (this.#phase === "start" && type !== SECTION_HEADER) {
        this.#notCapture(type);
        break;
      }
      if (length < LEAST_BLOCK || length > MOST_BLOCK) {
        this.#damaged(start, `a block of ${length} bytes`);
        break;
      }
      if (end - start < length) {
        window.expect(length);
        break;
      }
      // The common kinds first: a look-up per block costs a tenth of the time that reading takes.
      if (type === EVENT_V2_TYPE) this.#eventBlock(start, length, EVENT_V2);
      else this.#block(type, start, length);
      if (this.ended) break;
      start += length;
    }
    window.start = start;
  }

  #block(type: number, start: number, length: number): void {
    const form = scapBlockType(type);
    if (form?.kind === "event") {
      this.#eventBlock(start, length, form);
      return;
    }
    if (this.#window.view.getUint32(start + length - 4, true) !== length) {
      this.#damaged(start, "a block whose lengths at both ends differ");
      return;
    }
    if (form !== undefined) this.#listBlock(form, start + HEADER_BYTES, start + length - 4);
  }

  #listBlock(form: ScapBlockType, start: number, end: number): void {
    if (form.kind === "section") {
      this.#section(start, end);
      return;
    }
    // Lists stand before the events; behind them they would say what was, not what is.
    if (this.#phase !== "lists") return;
    const { bytes } = this.#window;
    switch (form.kind) {
      case "machine":
        this.state.machine = readMachine(bytes, start, end);
        break;
      case "processes":
        if (!readProcesses(bytes, start, end, form.version, (e) => this.state.addProcess(e)))
          this.#damaged(start, "a list of processes with an entry that does not fit");
        break;
      case "fds":
        if (!readFds(bytes, start, end, form.version, (tid, e) => this.state.addFd(tid, e)))
          this.#damaged(start, "a list of descriptors with an entry that does not fit");
        break;
      case "interfaces": {
        const entries = readInterfaces(bytes, start, end, form.version);
        if (entries === undefined) this.#damaged(start, "a broken list of interfaces");
        else this.#interfaces = entries;
        break;
      }
      case "users": {
        const entries = readUsers(bytes, start, end, form.version);
        if (entries === undefined) this.#damaged(start, "a broken list of users");
        else this.#users = entries;
        break;
      }
      case "event":
        break;
    }
  }

  #section(start: number, end: number): void {
    const { view } = this.#window;
    if (end - start < 16 || view.getUint32(start, true) !== MAGIC) {
      this.#damaged(start, "a section header without the mark of its byte order");
      return;
    }
    if (view.getUint16(start + 4, true) > 1) {
      const version = `${view.getUint16(start + 4, true)}.${view.getUint16(start + 6, true)}`;
      this.#fail(
        "scap-version",
        this.#window.offsetOf(start),
        `The capture has version ${version}`,
      );
      return;
    }
    if (this.#phase === "lists") this.#begin();
    this.counts.sections++;
    this.state = new HostState();
    this.#interfaces = [];
    this.#users = [];
    this.#event.startNs = 0n;
    this.#phase = "lists";
  }

  #begin(): void {
    this.#phase = "initial";
  }

  // Containers, users and groups that a recording begins with are state, not news; the lists take effect after them.
  #settleLists(): void {
    this.#phase = "events";
    this.state.begin(this.#interfaces, this.#users);
  }

  #eventBlock(start: number, length: number, form: ScapBlockType): void {
    if (this.#phase === "lists") this.#begin();
    this.counts.blocks++;
    if (!form.large && length > MOST_SMALL_BLOCK + HEADER_BYTES) {
      this.#damaged(start, `an event block of ${length} bytes`);
      return;
    }
    const event = this.#event;
    const window = this.#window;
    const verdict = decodeEvent(event, window, start + HEADER_BYTES, start + length - 4, form);
    if (verdict !== "ok") {
      if (verdict === "unknown") this.counts.unknown++;
      else this.#damaged(start, "an event that does not fit its block");
      return;
    }
    const plan = conversionPlan(event.type, event.count);
    if (plan === undefined) {
      this.counts.unknown++;
      this.#remark(start, event);
      return;
    }
    if (plan.unchanged && plan.pass && !plan.store)
      this.#deliver(this.state.threads.slot(event.tid));
    else this.#convert(plan);
  }

  #convert(plan: ConversionPlan): void {
    const event = this.#event;
    const type = plan.type;
    // What waits only for exits that nobody looks at need not wait.
    const useful = this.#needed[type] === 1 || (plan.store && this.#needed[type + 1] === 1);
    if (!plan.pass && (!plan.store || !useful)) {
      if (this.#phase === "initial") this.#settleLists();
      return;
    }
    const slot = this.state.threads.slot(event.tid);
    if (useful) convertEvent(event, this.#window, slot, plan);
    else event.type = type;
    if (plan.pass) this.#deliver(slot);
    else if (this.#phase === "initial") this.#settleLists();
  }

  #deliver(slot: ThreadSlot): void {
    const event = this.#event;
    const type = event.type;
    const state = this.state;
    const initial = this.#phase === "initial" && INITIAL.has(type);
    if (this.#phase === "initial" && !initial) this.#settleLists();
    event.number = ++this.#number;
    if (!initial) this.counts.events += 1 - (HIDDEN[type] ?? 0);
    if (event.startNs === 0n && META[type] === 0) event.startNs = event.timeNs;
    if (this.#needed[type] === 0) {
      state.pass(event, slot);
      return;
    }
    state.follow(event, slot);
    if (this.#wanted[type] === 1 && HIDDEN[type] === 0 && !initial) this.#onEvent(event);
    state.finish(event);
  }

  #notCapture(type: number): void {
    const gzip = (type & 0xffff) === 0x8b1f;
    this.#fail(
      "scap-format",
      0,
      "Cannot read the file: it does not begin like a .scap capture",
      gzip
        ? "Decompress it first: it is gzip"
        : "Name a file that sysdig, Falco or Ocelli recorded",
    );
  }

  #damaged(start: number, what: string): void {
    this.#fail(
      "scap-damaged",
      this.#window.offsetOf(start),
      `The capture is damaged: there is ${what}`,
      "Everything before it was read",
    );
  }

  #remark(start: number, event: CaptureEvent): void {
    if (this.diagnostics.length >= MOST_DIAGNOSTICS) return;
    const { name } = event.info;
    this.diagnostics.push(
      warningAt(
        "scap-conversion",
        { offset: this.#window.offsetOf(start), length: 0 },
        `Cannot bring an event up to date: "${name}" (type ${event.type}) with ${event.count} parameters`,
        "It is left out",
      ),
    );
  }

  #fail(code: string, offset: number, message: string, hint = ""): void {
    this.#phase = "ended";
    this.diagnostics.push(errorAt(code, { offset, length: 0 }, message, hint));
  }
}

const EVENT_V2: ScapBlockType = { kind: "event", version: 2, flags: false, large: false };
