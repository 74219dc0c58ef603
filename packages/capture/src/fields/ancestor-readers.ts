import type { FieldCandidates, ScalarValue } from "@ocelli/event";

import type { CaptureEvent } from "../event/capture-event.ts";
import { eventId } from "../events/event-table.ts";
import { shrink } from "../event/number64.ts";
import type { ThreadInfo } from "../state/thread-info.ts";
import { commandLine } from "./process-readers.ts";
import { indexOf, type MakeReading, type Read } from "./reader.ts";

const PROCINFO = eventId("procinfo_e");
const SWITCH = eventId("schedswitch_6_e");
const MOST_ENV_LEVELS = 20;

type TextOf = (thread: ThreadInfo) => string;

const ANCESTOR_TEXTS: ReadonlyMap<string, TextOf> = new Map<string, TextOf>([
  ["proc.aname", ({ comm }) => comm],
  ["proc.aexe", ({ exe }) => exe],
  ["proc.aexepath", ({ exepath }) => exepath],
  ["proc.acmdline", commandLine],
  ["proc.aargs", ({ args }) => args.join(" ")],
]);

// With a number the ancestor so far up, 0 the process itself; without one all of them with blanks between.
function ancestors(textOf: TextOf): MakeReading {
  return (argument) => {
    const level = indexOf(argument);
    if (level !== undefined)
      return {
        read: (event) => {
          const thread = event.shownThread;
          const found =
            thread === undefined ? undefined : event.host().threads.ancestor(thread, level);
          return found === undefined ? undefined : textOf(found);
        },
      };
    return { read: (event) => joined(event, textOf) };
  };
}

function joined(event: CaptureEvent, textOf: TextOf): string | undefined {
  let text = "";
  const main = event.shownThread?.main;
  if (main === undefined) return undefined;
  event.host().threads.climb(main, (ancestor) => {
    text = text === "" ? textOf(ancestor) : `${text} ${textOf(ancestor)}`;
    return true;
  });
  return text === "" ? undefined : text;
}

/** An environment as one text. */
function environment(thread: ThreadInfo): string {
  return (thread.main ?? thread).env.join(" ");
}

function variable(thread: ThreadInfo, name: string): string {
  for (const entry of (thread.main ?? thread).env) {
    if (entry.length <= name.length + 1 || !entry.startsWith(`${name}=`)) continue;
    return entry.slice(name.length + 1).replace(/^ +| +$/g, "");
  }
  return "";
}

function ancestorEnvironment(argument: string | undefined): Read {
  const level = indexOf(argument);
  if (argument === undefined || level === 0)
    return ({ shownThread }) => (shownThread === undefined ? undefined : environment(shownThread));
  return (event) => {
    const thread = event.shownThread;
    if (thread === undefined) return undefined;
    let current = thread.main;
    if (current === undefined) return "";
    const { threads } = event.host();
    for (let i = 0; i < (level ?? MOST_ENV_LEVELS); i++) {
      current = threads.find(current.ptid);
      if (current === undefined) return level === undefined ? "" : undefined;
      const found = level === undefined ? variable(current, argument) : "";
      if (found !== "") return found;
    }
    return level === undefined ? "" : environment(current);
  };
}

// Processor time between switches, by processor.
function switchTime(): (event: CaptureEvent) => bigint {
  const last = new Map<number, bigint>();
  return (event) => {
    if (event.type !== SWITCH) return 0n;
    const before = last.get(event.cpu);
    last.set(event.cpu, event.timeNs);
    return before === undefined ? 0n : event.timeNs - before;
  };
}

// Once per event, as values must not depend on how often they are read.
function once<Value>(compute: (event: CaptureEvent) => Value): (event: CaptureEvent) => Value {
  let number = -1;
  let value: Value;
  return (event) => {
    if (event.number !== number) {
      value = compute(event);
      number = event.number;
    }
    return value;
  };
}

// Times of threads that are gone go with them.
const cpuTimes = {
  both: new WeakMap<ThreadInfo, bigint>(),
  user: new WeakMap<ThreadInfo, bigint>(),
  system: new WeakMap<ThreadInfo, bigint>(),
};

// What was spent since the last report of the same thread. Outputs of Falco have no memory for it and show 0.
function cpuReading(kind: "both" | "user" | "system"): MakeReading {
  const times = cpuTimes[kind];
  return () => ({
    read: once((event) => {
      const thread = event.shownThread;
      if (thread === undefined || event.type !== PROCINFO) return undefined;
      const user = kind === "system" ? 0n : BigInt(event.unsigned(0));
      const system = kind === "user" ? 0n : BigInt(event.unsigned(1));
      const before = times.get(thread) ?? 0n;
      times.set(thread, user + system);
      if (before === 0n) return 0;
      return Math.min(100, Number(BigInt.asUintN(64, user + system - before)));
    }),
    readJson: ({ type, shownThread }) =>
      shownThread === undefined || type !== PROCINFO ? undefined : 0,
  });
}

/** Fields of processes with an argument, and those that add up over events. */
export const ANCESTOR_READINGS: Readonly<Record<string, MakeReading>> = {
  ...Object.fromEntries([...ANCESTOR_TEXTS].map(([name, textOf]) => [name, ancestors(textOf)])),
  "proc.apid": (argument) => {
    const level = indexOf(argument) ?? 0;
    return {
      read: (event) => {
        const thread = event.shownThread;
        return thread === undefined ? undefined : event.host().threads.ancestor(thread, level)?.pid;
      },
    };
  },
  "proc.args": (argument) => {
    const index = indexOf(argument);
    return {
      read: ({ shownThread }) => {
        if (shownThread === undefined) return undefined;
        return index === undefined ? shownThread.args.join(" ") : (shownThread.args[index] ?? "");
      },
    };
  },
  "proc.env": (argument) => ({
    read: ({ shownThread }) => {
      if (shownThread === undefined) return undefined;
      return argument === undefined || indexOf(argument) !== undefined
        ? environment(shownThread)
        : variable(shownThread, argument);
    },
  }),
  "proc.aenv": (argument) => ({ read: ancestorEnvironment(argument) }),
  "thread.cgroup": (argument) => ({
    read: ({ shownThread }) =>
      shownThread?.cgroups.find(([controller]) => controller === argument)?.[1],
  }),
  "thread.exectime": () => {
    const time = switchTime();
    // Falco reads outputs twice, as text and as JSON: no time has passed the second time.
    return { read: once((event) => shrink(time(event))), readJson: () => 0 };
  },
  "thread.totexectime": () => {
    const time = switchTime();
    return {
      read: once((event) => {
        const spent = time(event);
        const thread = event.shownThread;
        if (thread === undefined) return undefined;
        thread.totalExecNs += spent;
        return shrink(thread.totalExecNs);
      }),
      readJson: ({ shownThread }) => (shownThread === undefined ? undefined : 0),
    };
  },
  "thread.cpu": cpuReading("both"),
  "thread.cpu.user": cpuReading("user"),
  "thread.cpu.system": cpuReading("system"),
};

// Holds the ancestors of the event at hand; its content changes with the next look.
const found: ScalarValue[] = [];

/** What comparisons without index look at: the field of every ancestor. Undefined for fields that have just one. */
export function ancestorCandidates(
  name: string,
  argument: string | undefined,
): FieldCandidates<CaptureEvent> | undefined {
  const ofId = name === "proc.apid";
  const textOf = name === "proc.aenv" ? environment : ANCESTOR_TEXTS.get(name);
  const single = argument !== undefined || name === "proc.aargs";
  if (single || (!ofId && textOf === undefined)) return undefined;
  const valueOf = (thread: ThreadInfo): ScalarValue => textOf?.(thread) ?? thread.pid;
  const read = (event: CaptureEvent): readonly ScalarValue[] | undefined => {
    const main = event.shownThread?.main;
    if (main === undefined) return undefined;
    found.length = 0;
    event.host().threads.climb(main, (ancestor) => {
      found.push(valueOf(ancestor));
      return true;
    });
    return found;
  };
  return { read, exists: (event) => (read(event)?.length ?? 0) > 0, unequal: "any" };
}
