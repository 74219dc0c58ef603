import type { RuleEvent } from "@ocelli/event";
import type { RecordMemory } from "@ocelli/linux";
import { CALL_RECORD, RECORD_FLAG, UNREADABLE, type CallDescription } from "@ocelli/probes";

import type { Clock } from "../host/clock.ts";
import type { Process } from "../process/process.ts";
import { isMapped } from "./address.ts";
import { readI64, readTexts, readU64 } from "./record-reader.ts";

/**
 * An event of this host. One object is handed out for every event: it looks into the record where it lies, and what is kept
 * must be read before the callback returns.
 */
export class SensorEvent implements RuleEvent {
  readonly source = "syscall";
  type = 0;
  number = 0;
  /** Name of the event: that of the system call, or `procexit`. */
  name = "";
  process: Process;
  /** Its parameters, where the call has some with names. */
  call: CallDescription | undefined = undefined;
  /** Whether the record is that of a call, whose arguments it holds; otherwise it is that of a process. */
  isCall = false;
  memory: RecordMemory;
  offset = 0;
  readonly #clock: Clock;

  /** Belongs to one sensor, which points it to its records. */
  constructor(clock: Clock, memory: RecordMemory, process: Process) {
    this.#clock = clock;
    this.memory = memory;
    this.process = process;
  }

  get timeNs(): bigint {
    return this.#clock.epochNs(this.memory.view.getBigUint64(this.offset, true));
  }
  /** Nanoseconds of the monotonic clock, exact for 104 days of running. */
  get monotonicNs(): number {
    return readU64(this.memory, this.offset);
  }
  get cpu(): number {
    return this.memory.view.getUint16(this.offset + CALL_RECORD.cpu, true);
  }
  get pid(): number {
    return this.memory.view.getUint32(this.offset + CALL_RECORD.pid, true);
  }
  get tid(): number {
    return this.memory.view.getUint32(this.offset + CALL_RECORD.tid, true);
  }
  /** What the call returned: a negative errno on failure. 0 for what is no call. */
  get result(): number {
    return this.isCall ? readI64(this.memory, this.offset + CALL_RECORD.result) : 0;
  }
  /** Whether a text was longer than what the probe keeps. */
  get isCut(): boolean {
    return (
      (this.memory.view.getUint16(this.offset + CALL_RECORD.flags, true) & RECORD_FLAG.cut) !== 0
    );
  }

  /** An argument as a number without sign, exact below 2^53. */
  argument(index: number): number {
    return readU64(this.memory, this.offset + CALL_RECORD.args + index * 8);
  }
  /** The low half of an argument, with its sign, as calls take file descriptors. */
  argumentInt(index: number): number {
    return this.memory.view.getInt32(this.offset + CALL_RECORD.args + index * 8, true);
  }

  /** Where the data of an argument begins; -1 when there is none or it could not be read. */
  dataOffset(index: number): number {
    const { view } = this.memory;
    const sizes = this.offset + CALL_RECORD.sizes;
    const own = view.getUint16(sizes + index * 2, true);
    if (own === 0 || own === UNREADABLE) return -1;
    let at = this.offset + CALL_RECORD.data;
    for (let one = 0; one < index; one += 1) {
      const size = view.getUint16(sizes + one * 2, true);
      if (size !== UNREADABLE) at += size;
    }
    return at;
  }
  /** Bytes of an argument's data. */
  dataSize(index: number): number {
    const size = this.memory.view.getUint16(this.offset + CALL_RECORD.sizes + index * 2, true);
    return size === UNREADABLE ? 0 : size;
  }

  /** Whether the record tells of a file: of what was opened, of a descriptor that was given, or of the working directory. */
  get hasFile(): boolean {
    return this.isCall && this.fileMode !== 0;
  }
  /** Type and permissions of that file as stat(2) has them; 0 without. */
  get fileMode(): number {
    return this.memory.view.getUint16(this.offset + CALL_RECORD.mode, true);
  }
  /** Inode of that file. */
  get inode(): number {
    return readU64(this.memory, this.offset + CALL_RECORD.inode);
  }
  /** Its device, as the kernel counts: the minor number in the low 20 bits. */
  get device(): number {
    return this.memory.view.getUint32(this.offset + CALL_RECORD.device, true);
  }
  /** Whether that file is the one of a descriptor that the call was given, such as the folder that a path starts from. */
  get isOfDescriptor(): boolean {
    return (
      (this.memory.view.getUint16(this.offset + CALL_RECORD.flags, true) &
        RECORD_FLAG.ofDescriptor) !==
      0
    );
  }

  /** The file's path from the root of its process, as the kernel has it; undefined for what has no name in a folder. */
  filePath(): string | undefined {
    if (!this.hasFile) return undefined;
    const { view } = this.memory;
    const size = view.getUint16(this.offset + CALL_RECORD.nameBytes, true);
    if (size === 0) return (this.fileMode & S_IFMT) === S_IFDIR ? "/" : undefined;
    let at = this.offset + CALL_RECORD.data;
    for (let index = 0; index < ARGUMENTS; index += 1) at += this.dataSize(index);
    return `/${readTexts(this.memory, at, size).toReversed().join("/")}`;
  }

  /** Both ends of the socket that the call is about, as the kernel has them; undefined when it is none, or no internet socket. */
  socket(): SocketEnds | undefined {
    if (!this.isCall) return undefined;
    const { view } = this.memory;
    const family = view.getUint16(this.offset + CALL_RECORD.family, true);
    if (family !== AF_INET && family !== AF_INET6) return undefined;
    const isV4 = family === AF_INET;
    const ip = (v4: number, v6: number): Uint8Array => {
      if (isV4) return this.memory.copy(this.offset + v4, 4);
      const whole = this.memory.copy(this.offset + v6, 16);
      return isMapped(whole) ? whole.subarray(12) : whole;
    };
    return {
      protocol: view.getUint16(this.offset + CALL_RECORD.protocol, true),
      localIp: ip(CALL_RECORD.local4, CALL_RECORD.local6),
      localPort: view.getUint16(this.offset + CALL_RECORD.localPort, true),
      remoteIp: ip(CALL_RECORD.remote4, CALL_RECORD.remote6),
      remotePort: view.getUint16(this.offset + CALL_RECORD.remotePort, false),
    };
  }
}

/** Both ends of an internet socket; addresses of 4 or 16 bytes. */
export interface SocketEnds {
  /** As in IP: 6 is TCP, 17 is UDP. */
  readonly protocol: number;
  readonly localIp: Uint8Array;
  readonly localPort: number;
  readonly remoteIp: Uint8Array;
  /** 0 where nothing is connected. */
  readonly remotePort: number;
}

const ARGUMENTS = 6;
const AF_INET = 2;
const AF_INET6 = 10;
const S_IFMT = 0xf000;
const S_IFDIR = 0x4000;
