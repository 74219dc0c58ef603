import { readdirSync, readFileSync, readlinkSync } from "node:fs";

import { unknownProcess, type Process } from "./process.ts";
import { redact, redactArguments } from "./redact.ts";

// proc(5) counts times in these, on every architecture that Linux gives 64-bit user space.
const NS_PER_TICK = 10_000_000;

/** The processes that are there, without their relations; read from `/proc`. */
export function readProcesses(root: string = "/proc"): Process[] {
  return readdirSync(root)
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProcess(Number(name), root) ?? []);
}

/** One process as `/proc` shows it; undefined when it has ended. */
export function readProcess(pid: number, root: string = "/proc"): Process | undefined {
  const folder = `${root}/${pid}`;
  const stat = read(`${folder}/stat`);
  // The name stands in parentheses and may hold any character.
  const match = stat === undefined ? null : /^\d+ \((.*)\) (.+)$/s.exec(stat.trimEnd());
  if (match === null) return undefined;
  const [, name = "", rest = ""] = match;
  // From here on fields of proc_pid_stat(5), from the third.
  const fields = rest.split(" ");
  const field = (number: number): number => Number(fields[number - 3] ?? 0);
  const status = read(`${folder}/status`) ?? "";
  const ids = (key: string): number[] =>
    (new RegExp(`^${key}:\\s+(.+)$`, "m").exec(status)?.[1] ?? "0").split(/\s+/).map(Number);
  const [uid = 0, euid = uid] = ids("Uid");
  const [gid = 0, egid = gid] = ids("Gid");
  const words = texts(read(`${folder}/cmdline`) ?? "");
  const exePath = link(`${folder}/exe`) ?? "";
  const start = field(22) * NS_PER_TICK;
  return {
    ...unknownProcess(pid),
    parentPid: field(4),
    name,
    exe: words[0] ?? name,
    exePath: exePath.replace(/ \(deleted\)$/, ""),
    args: redactArguments(words.slice(1)),
    environment: texts(read(`${folder}/environ`) ?? "").map(redact),
    cwd: link(`${folder}/cwd`) ?? "",
    uid,
    gid,
    euid,
    egid,
    loginUid: Number(read(`${folder}/loginuid`) ?? 0xffff_ffff),
    groupId: field(5),
    sessionId: field(6),
    tty: field(7),
    startNs: start,
    executedNs: start,
    isUnlinked: exePath.endsWith(" (deleted)"),
  };
}

/** Splits texts that end in NUL each. */
export function texts(joined: string): string[] {
  const parts = joined.split("\0");
  if (parts.at(-1) === "") parts.pop();
  return parts;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // Ended meanwhile, or not for this user to see.
    return undefined;
  }
}

function link(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    // Kernel threads have no executable.
    return undefined;
  }
}
