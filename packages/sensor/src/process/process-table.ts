import { CALL_RECORD, PROCESS_RECORD } from "@ocelli/probes";
import type { RecordMemory } from "@ocelli/linux";

import { readField, readText, readTexts, readU64 } from "../event/record-reader.ts";
import { joinPath } from "../host/paths.ts";
import type { Cgroups } from "./cgroups.ts";
import type { ResolveExePath } from "./exe-paths.ts";
import { unknownProcess, type Process } from "./process.ts";
import { redact, redactArguments } from "./redact.ts";

const RECENT = 256;

/** Asks the host about a process that no event told of. */
export interface ProcessSource {
  /** All processes, for the start. */
  readonly all: () => readonly Process[];
  /** One of them; undefined when it has ended. */
  readonly one: (pid: number) => Process | undefined;
}

/** What a process table is made of. */
export interface ProcessTableOptions {
  readonly source: ProcessSource;
  readonly cgroups: Cgroups;
  /** Resolves the links in the path that a program was started by; without it the path stays as it was given, made absolute. */
  readonly resolveExePath?: ResolveExePath;
  /** Processes at most, ended ones that others still refer to not counted: 131,072 if absent. */
  readonly most?: number;
}

/** How the table came by what it knows. */
export interface ProcessTableStatistics {
  readonly processes: number;
  /** Processes that no event announced and that were asked for. */
  readonly guessed: number;
  /** Processes that were given up for want of room. */
  readonly evicted: number;
}

/**
 * All processes by number. It follows the probe's records in the order of the ring, which is the order in which things
 * happened; a process that a lost record should have announced is asked for when it shows up.
 */
export class ProcessTable {
  readonly #processes = new Map<number, Process>();
  readonly #options: ProcessTableOptions;
  readonly #most: number;
  /** Start by number of those that ended last. */
  readonly #ended = new Map<number, number>();
  #guessed = 0;
  #evicted = 0;

  /** Takes in the processes that are there. */
  constructor(options: ProcessTableOptions) {
    this.#options = options;
    this.#most = options.most ?? 131_072;
    for (const process of options.source.all()) this.#add(process);
    for (const process of this.#processes.values()) this.#relate(process);
  }

  /** Every process that is alive. */
  values(): IterableIterator<Process> {
    return this.#processes.values();
  }

  /** The process of that number if it is known. */
  get(pid: number): Process | undefined {
    return this.#processes.get(pid);
  }

  /** How many there are, and how many were not announced. */
  statistics(): ProcessTableStatistics {
    return {
      processes: this.#processes.size,
      guessed: this.#guessed,
      evicted: this.#evicted,
    };
  }

  /** The process of that number; it is asked for, or made up, when no event told of it. */
  resolve(pid: number): Process {
    const known = this.#processes.get(pid);
    if (known !== undefined) return known;
    this.#guessed += 1;
    const found = this.#options.source.one(pid) ?? unknownProcess(pid);
    this.#add(found);
    this.#relate(found);
    return found;
  }

  /** Takes in a fork's record: the child has what its parent has. */
  fork(memory: RecordMemory, offset: number): Process {
    const { view } = memory;
    const pid = view.getUint32(offset + CALL_RECORD.tid, true);
    const parentPid = view.getUint32(offset + PROCESS_RECORD.parent, true);
    const parent = parentPid === 0 ? undefined : this.resolve(parentPid);
    const base = parent ?? unknownProcess(pid);
    const child: Process = {
      ...base,
      pid,
      parent,
      parentPid,
      isGuessed: false,
      isSubreaper: false,
      isAlive: true,
    };
    this.#ended.delete(pid);
    this.#describe(child, memory, offset);
    child.executedNs = child.startNs;
    this.#add(child);
    return child;
  }

  /** Takes in an exec's record. */
  exec(memory: RecordMemory, offset: number): Process {
    const { view } = memory;
    const process = this.resolve(view.getUint32(offset + CALL_RECORD.pid, true));
    const parentPid = view.getUint32(offset + PROCESS_RECORD.parent, true);
    if (process.parentPid !== parentPid && parentPid !== 0) {
      process.parent = this.resolve(parentPid);
      process.parentPid = parentPid;
    }
    this.#describe(process, memory, offset);
    process.executedNs = readU64(memory, offset);
    let at = offset + PROCESS_RECORD.data;
    const pathBytes = view.getUint16(offset + PROCESS_RECORD.pathBytes, true);
    const argumentBytes = view.getUint16(offset + PROCESS_RECORD.argumentBytes, true);
    const environmentBytes = view.getUint16(offset + PROCESS_RECORD.environmentBytes, true);
    process.exePath = joinPath(process.cwd, readText(memory, at, pathBytes));
    at += pathBytes;
    const words = readTexts(memory, at, argumentBytes);
    at += argumentBytes;
    process.exe = words[0] ?? "";
    process.args = redactArguments(words.slice(1));
    process.environment = readTexts(memory, at, environmentBytes).map(redact);
    process.inode = readU64(memory, offset + PROCESS_RECORD.inode);
    process.device = view.getUint32(offset + PROCESS_RECORD.device, true);
    process.isUnlinked = view.getUint32(offset + PROCESS_RECORD.links, true) === 0;
    const { resolveExePath } = this.#options;
    if (resolveExePath !== undefined) process.exePath = resolveExePath(process);
    const id = view.getBigUint64(offset + PROCESS_RECORD.cgroup, true);
    this.#place(process, id);
    return process;
  }

  /**
   * Takes in an exit's record; who keeps the process keeps what was known of it. Undefined for one that ended already: threads
   * that end at the same time may each be the last one in their own eyes.
   */
  exit(memory: RecordMemory, offset: number): Process | undefined {
    const pid = memory.view.getUint32(offset + CALL_RECORD.pid, true);
    const startNs = readU64(memory, offset + PROCESS_RECORD.start);
    // Each of them tells its own start. A process that got the id since then was seen to begin, which forgets the end.
    if (this.#ended.has(pid) && !this.#processes.has(pid)) return undefined;
    this.#ended.delete(pid);
    this.#ended.set(pid, startNs);
    const [first] = this.#ended.keys();
    if (this.#ended.size > RECENT && first !== undefined) this.#ended.delete(first);
    const process = this.#processes.get(pid) ?? unknownProcess(pid);
    if (process.name === "") process.name = readField(memory, offset + PROCESS_RECORD.comm, 16);
    process.isAlive = false;
    this.#processes.delete(pid);
    return process;
  }

  #describe(process: Process, memory: RecordMemory, offset: number): void {
    const { view } = memory;
    process.name = readField(memory, offset + PROCESS_RECORD.comm, 16);
    process.uid = view.getUint32(offset + PROCESS_RECORD.uid, true);
    process.gid = view.getUint32(offset + PROCESS_RECORD.gid, true);
    process.euid = view.getUint32(offset + PROCESS_RECORD.euid, true);
    process.egid = view.getUint32(offset + PROCESS_RECORD.egid, true);
    process.loginUid = view.getUint32(offset + PROCESS_RECORD.loginuid, true);
    process.tty = view.getUint32(offset + PROCESS_RECORD.tty, true);
    process.startNs = readU64(memory, offset + PROCESS_RECORD.start);
  }

  #place(process: Process, id: bigint): void {
    const place = this.#options.cgroups.find(process.pid, id);
    if (place === undefined) return;
    process.cgroup = place.path;
    process.container = place.container;
  }

  #relate(process: Process): void {
    process.parent = this.#processes.get(process.parentPid);
    this.#place(process, 0n);
  }

  #add(process: Process): void {
    this.#processes.set(process.pid, process);
    if (this.#processes.size <= this.#most) return;
    // The one that was added first and is not asked for any more: a process whose end was lost.
    const [oldest] = this.#processes.keys();
    if (oldest === undefined) return;
    this.#processes.delete(oldest);
    this.#evicted += 1;
  }
}
