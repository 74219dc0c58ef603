import type { ExecRecord } from "@ocelli/probes";

import { formatTable } from "../output/table.ts";
import type { CallCount, CallSum } from "./call-counts.ts";

/** Everything that one picture shows. */
export interface Picture {
  readonly release: string;
  readonly cpus: number;
  readonly seconds: number;
  /** By process and system call. */
  readonly pairs: readonly CallCount[];
  /** By system call, over all processes. */
  readonly calls: readonly CallSum[];
  /** Programs started since the picture before, oldest first. */
  readonly started: readonly ExecRecord[];
  /** Programs started since the beginning. */
  readonly startedTotal: number;
  readonly lost: number;
  readonly nameOfCall: (call: number) => string;
  readonly nameOfProcess: (pid: number, otherwise?: string) => string;
  readonly nameOfUser: (uid: number) => string;
}

/** A sum over pairs of process and system call. */
export interface Sum {
  readonly name: string;
  readonly total: number;
  readonly recent: number;
}

const ROWS = 12;

/** System calls by name, the busiest of this picture first. */
export function sumByCall({ calls, nameOfCall }: Picture): Sum[] {
  return named(calls, nameOfCall);
}

/** System calls by process, the busiest of this picture first, each with its most frequent calls. */
export function sumByProcess(
  picture: Picture,
): (Sum & { readonly pid: number; readonly calls: readonly string[] })[] {
  return [...Map.groupBy(picture.pairs, (pair) => pair.pid)]
    .map(([pid, pairs]) => ({
      pid,
      name: picture.nameOfProcess(pid, pairs[0]?.comm),
      total: add(pairs, "total"),
      recent: add(pairs, "recent"),
      calls: named(pairs, picture.nameOfCall)
        .slice(0, 3)
        .map((one) => one.name),
    }))
    .toSorted(byRecent);
}

function byRecent(a: Omit<Sum, "name">, b: Omit<Sum, "name">): number {
  return b.recent - a.recent || b.total - a.total;
}

function add(counts: readonly CallSum[], field: "total" | "recent"): number {
  return counts.reduce((all, count) => all + count[field], 0);
}

function named(counts: readonly CallSum[], nameOf: (call: number) => string): Sum[] {
  return counts
    .map(({ call, total, recent }) => ({ name: nameOf(call), total, recent }))
    .toSorted(byRecent);
}

function perSecond(count: number, seconds: number): string {
  return Math.round(count / seconds).toLocaleString("en");
}

/** The picture as lines for a terminal. */
export function drawPicture(picture: Picture, recentStarts: readonly ExecRecord[]): string[] {
  const { seconds } = picture;
  const calls = sumByCall(picture);
  const processes = sumByProcess(picture);
  const rate = perSecond(add(picture.calls, "recent"), seconds);
  const head = [
    `Ocelli on Linux ${picture.release}, ${picture.cpus} CPUs`,
    `${rate} system calls/s`,
    `${picture.startedTotal.toLocaleString("en")} programs started`,
    `${picture.lost.toLocaleString("en")} lost`,
  ];
  const callTable = formatTable(
    [{ title: "SYSTEM CALL" }, { title: "/S", align: "right" }, { title: "TOTAL", align: "right" }],
    calls
      .slice(0, ROWS)
      .map((one) => [one.name, perSecond(one.recent, seconds), one.total.toLocaleString("en")]),
  );
  const processTable = formatTable(
    [
      { title: "PID", align: "right" },
      { title: "PROCESS" },
      { title: "/S", align: "right" },
      { title: "TOTAL", align: "right" },
      { title: "MOSTLY" },
    ],
    processes
      .slice(0, ROWS)
      .map((one) => [
        String(one.pid),
        one.name,
        perSecond(one.recent, seconds),
        one.total.toLocaleString("en"),
        one.calls.join(" "),
      ]),
  );
  const startTable = formatTable(
    [
      { title: "PID", align: "right" },
      { title: "PARENT" },
      { title: "USER" },
      { title: "STARTED" },
    ],
    recentStarts.map((start) => [
      String(start.pid),
      `${picture.nameOfProcess(start.parentPid)} (${start.parentPid})`,
      picture.nameOfUser(start.uid),
      start.filename,
    ]),
  );
  return [head.join("   "), "", ...sideBySide(callTable, processTable), "", ...startTable];
}

function sideBySide(left: readonly string[], right: readonly string[]): string[] {
  const width = Math.max(...left.map((line) => line.length));
  return Array.from({ length: Math.max(left.length, right.length) }, (_, index) =>
    `${(left[index] ?? "").padEnd(width)}    ${right[index] ?? ""}`.trimEnd(),
  );
}

/** The picture as an object for `--json`: counts of this interval. */
export function pictureToJson(picture: Picture): object {
  const round = ({ name, recent, total }: Sum): object => ({ name, recent, total });
  return {
    seconds: picture.seconds,
    lost: picture.lost,
    systemCalls: sumByCall(picture)
      .filter((one) => one.recent > 0)
      .map(round),
    processes: sumByProcess(picture)
      .filter((one) => one.recent > 0)
      .map(({ pid, name, recent, total, calls }) => ({ pid, name, recent, total, mostly: calls })),
    started: picture.started.map((start) =>
      Object.assign({}, start, { user: picture.nameOfUser(start.uid) }),
    ),
  };
}
