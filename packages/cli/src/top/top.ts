import { release } from "node:os";
import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { systemCallName, type Architecture } from "@ocelli/event";
import {
  attachRawTracepoint,
  type BpfMap,
  createRingReader,
  entryBatches,
  loadCollection,
  possibleCpus,
} from "@ocelli/linux";
import { activityObject, readExecRecord, type ExecRecord } from "@ocelli/probes";

import type { CliContext } from "../context.ts";
import { checkHost } from "../host.ts";
import { checkSeconds } from "../input.ts";
import { Screen } from "../output/screen.ts";
import { CallCounts } from "./call-counts.ts";
import { hostNames } from "./names.ts";
import { drawPicture, pictureToJson, type Picture } from "./picture.ts";

/** Flags of `ocelli top`. */
export interface TopFlags {
  readonly interval: number;
  readonly for?: number;
  readonly json: boolean;
}

const SHOWN_STARTS = 8;

/** `ocelli top`. */
export async function top(context: CliContext, flags: TopFlags): Promise<void> {
  checkSeconds("interval", flags.interval, 0.1);
  if (flags.for !== undefined) checkSeconds("for", flags.for, 0);
  checkHost("ocelli top");
  const interrupted = context.interrupted();
  const names = hostNames();
  const starts: ExecRecord[] = [];

  using collection = loadCollection(activityObject());
  using reader = createRingReader(collection.map("starts"), {
    onRecord(memory, offset, length) {
      const record = readExecRecord(memory.copy(offset, length));
      if (record === undefined) return;
      names.learn(record.pid, basename(record.filename).slice(0, 15));
      starts.push(record);
    },
  });
  using links = new DisposableStack();
  for (const program of collection.programs.values())
    links.use(attachRawTracepoint(program, { tracepoint: program.attachTo }));
  using screen = flags.json ? undefined : new Screen(context.process.stdout);

  const hint = context.process.stdout.isTTY ? ["", "Ctrl-C ends it and detaches"] : [];
  const calls = collection.map("calls");
  const cpus = possibleCpus().length;
  const counts = new CallCounts(cpus);
  const recentStarts: ExecRecord[] = [];
  let startedTotal = 0;
  const began = performance.now();
  const end = began + (flags.for ?? Number.POSITIVE_INFINITY) * 1000;
  let last = began;

  while (!interrupted.aborted && last < end) {
    await pause(Math.min(flags.interval * 1000, end - last), interrupted);
    reader.consume();
    const now = performance.now();
    const started = starts.splice(0);
    startedTotal += started.length;
    recentStarts.unshift(...started.toReversed());
    recentStarts.length = Math.min(recentStarts.length, SHOWN_STARTS);
    counts.update(entryBatches(calls));
    const picture: Picture = {
      release: release(),
      cpus,
      seconds: (now - last) / 1000,
      pairs: counts.pairs(),
      calls: counts.calls(),
      started,
      startedTotal,
      lost: lostTotal(collection.map("lost")),
      nameOfCall: (call) => systemCallName(call, process.arch as Architecture),
      nameOfProcess: names.process,
      nameOfUser: names.user,
    };
    last = now;
    if (screen === undefined)
      context.process.stdout.write(`${JSON.stringify(pictureToJson(picture))}\n`);
    else screen.show([...drawPicture(picture, recentStarts), ...hint]);
    for (const pid of counts.forget(names.isAlive)) names.forget(pid);
  }
}

/** Waits, but not longer than until Ctrl-C. */
async function pause(ms: number, interrupted: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal: interrupted });
  } catch (error) {
    if (!interrupted.aborted) throw error;
  }
}

function lostTotal(map: BpfMap): number {
  const values = map.lookup(new Uint8Array(4));
  if (values === undefined) return 0;
  const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
  let total = 0;
  for (let at = 0; at < values.length; at += 8) total += Number(view.getBigUint64(at, true));
  return total;
}
