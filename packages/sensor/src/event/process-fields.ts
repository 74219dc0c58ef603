import type { FieldAccess, FieldValue, ScalarValue } from "@ocelli/event";

import type { Clock } from "../host/clock.ts";
import type { Users } from "../host/users.ts";
import { ancestorOf, commandLine, parentOf, type Process } from "../process/process.ts";
import type { SensorAccess } from "./evt-fields.ts";
import type { SensorEvent } from "./sensor-event.ts";

type OfProcess = (process: Process) => FieldValue | undefined;

const NO_LOGIN = 0xffff_ffff;

// What a process, its parent and any ancestor have alike: `proc.name`, `proc.pname`, `proc.aname[2]`.
const OF_PROCESS: Readonly<Record<string, readonly [type: SensorAccess["type"], read: OfProcess]>> =
  {
    name: ["text", (one) => one.name],
    exe: ["text", (one) => one.exe],
    exepath: ["text", (one) => one.exePath],
    args: ["text", (one) => one.args.join(" ")],
    cmdline: ["text", commandLine],
    pid: ["int64", (one) => one.pid],
    env: ["text", (one) => one.environment.join(" ")],
  };

/** Fields of processes, users, groups and containers. */
export function processField(
  name: string,
  argument: string | undefined,
  users: Users,
  clock: Clock,
): SensorAccess | undefined {
  const own = ownField(name, argument, users, clock);
  if (own !== undefined) return own;
  const [, which, rest = ""] =
    /^proc\.(a|p)?(name|exe|exepath|args|cmdline|pid|env)$/.exec(name) ?? [];
  const found = OF_PROCESS[rest];
  if (found === undefined) return undefined;
  const [type, read] = found;
  if (which === undefined) return plain(type, ({ process }) => read(process));
  if (which === "p")
    return plain(type, ({ process }) => {
      const parent = parentOf(process);
      return parent === undefined ? undefined : read(parent);
    });
  if (argument !== undefined && /^\d+$/.test(argument)) {
    const distance = Number(argument);
    return plain(type, ({ process }) => {
      const one = ancestorOf(process, distance);
      return one === undefined ? undefined : read(one);
    });
  }
  return ancestors(type, read);
}

function plain(
  type: SensorAccess["type"],
  read: (event: SensorEvent) => FieldValue | undefined,
): SensorAccess {
  return { type, list: false, read };
}

/** Without index: any ancestor, the process itself not among them. */
function ancestors(type: SensorAccess["type"], read: OfProcess): SensorAccess {
  const values: ScalarValue[] = [];
  const collect = (event: SensorEvent): readonly ScalarValue[] | undefined => {
    values.length = 0;
    for (let distance = 1; ; distance += 1) {
      const one = ancestorOf(event.process, distance);
      if (one === undefined) break;
      const value = read(one);
      if (value !== undefined && !isList(value)) values.push(value);
    }
    return values.length === 0 ? undefined : values;
  };
  return {
    type,
    list: false,
    read: (event) => {
      const all = collect(event);
      return all === undefined ? undefined : type === "text" ? all.join("->") : all[0];
    },
    candidates: {
      read: collect,
      exists: (event) => parentOf(event.process) !== undefined,
      unequal: "any",
    },
  };
}

function isList(value: FieldValue): value is readonly ScalarValue[] {
  return Array.isArray(value);
}

function ownField(
  name: string,
  argument: string | undefined,
  users: Users,
  clock: Clock,
): FieldAccess<SensorEvent> | undefined {
  const sinceBoot = (event: SensorEvent): number => event.monotonicNs + clock.suspendedNs;
  switch (name) {
    case "proc.args":
      return argument === undefined
        ? undefined
        : plain("text", ({ process }) => process.args[Number(argument)]);
    case "proc.env":
      return argument === undefined
        ? undefined
        : plain("text", ({ process }) =>
            process.environment
              .find((one) => one.startsWith(`${argument}=`))
              ?.slice(argument.length + 1),
          );
    case "proc.ppid":
      return plain("int64", ({ process }) => parentOf(process)?.pid ?? process.parentPid);
    case "proc.exeline":
      return plain("text", ({ process }) => [process.exe, ...process.args].join(" "));
    case "proc.cmdnargs":
      return plain("uint64", ({ process }) => process.args.length);
    case "proc.cmdlenargs":
      return plain("uint64", ({ process }) =>
        process.args.reduce((sum, one) => sum + one.length, 0),
      );
    case "proc.cwd":
      return plain("text", ({ process }) => process.cwd);
    case "proc.tty":
      return plain("uint32", ({ process }) => process.tty);
    case "proc.sid":
      return plain("int64", ({ process }) => process.sessionId);
    case "proc.pgid":
      return plain("int64", ({ process }) => process.groupId);
    case "proc.is_sid_leader":
      return plain("bool", ({ process }) => process.sessionId === process.pid);
    case "proc.is_pgid_leader":
      return plain("bool", ({ process }) => process.groupId === process.pid);
    case "proc.duration":
      return plain("reltime", (event) => sinceBoot(event) - event.process.startNs);
    case "proc.ppid.duration":
      return plain("reltime", (event) => {
        const parent = parentOf(event.process);
        return parent === undefined ? undefined : sinceBoot(event) - parent.startNs;
      });
    case "proc.exe_ino":
      return plain("int64", ({ process }) => process.inode);
    case "proc.is_exe_from_memfd":
      return plain("bool", ({ process }) => isFromMemfd(process));
    case "thread.tid":
      return plain("int64", (event) => event.tid);
    case "thread.ismain":
      return plain("bool", (event) => event.tid === event.pid);
    case "thread.cgroups":
      return plain("text", ({ process }) => process.cgroup);
    case "user.uid":
      return plain("uint32", ({ process }) => process.euid);
    case "user.name":
      return plain("text", ({ process }) => users.user(process.euid)?.name);
    case "user.homedir":
      return plain("text", ({ process }) => users.user(process.euid)?.home);
    case "user.shell":
      return plain("text", ({ process }) => users.user(process.euid)?.shell);
    case "user.loginuid":
      return plain("int64", ({ process }) =>
        process.loginUid === NO_LOGIN ? -1 : process.loginUid,
      );
    case "user.loginname":
      return plain("text", ({ process }) => users.user(process.loginUid)?.name);
    case "group.gid":
      return plain("uint32", ({ process }) => process.egid);
    case "group.name":
      return plain("text", ({ process }) => users.group(process.egid));
    case "container.id":
      return plain("text", ({ process }) => process.container?.id ?? "host");
    case "container.full_id":
      return plain("text", ({ process }) => process.container?.fullId ?? "");
    case "container.type":
      return plain("text", ({ process }) => process.container?.runtime ?? "host");
    case "k8s.pod.uid":
    case "k8s.pod.id":
      return plain("text", ({ process }) => process.container?.podUid);
    default:
      return undefined;
  }
}

/** Whether a program lies in memory that no file system names. */
export function isFromMemfd({ exePath, isUnlinked }: Process): boolean {
  return isUnlinked && /^\/(?:memfd:|proc\/(?:self|\d+)\/fd\/|dev\/fd\/)/.test(exePath);
}
