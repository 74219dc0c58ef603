import assert from "node:assert/strict";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { kernelTest, programFixture } from "@ocelli/testkit";

import { createObserver } from "./observe.ts";
import type { Row } from "./tool.ts";

const observer = createObserver(programFixture);

/** A tool of Debian's libbpf-tools with its output, which it writes when it is interrupted. */
interface Peer {
  readonly child: ChildProcess;
  readonly out: string[];
}

/** They look for tracefs where it is usually mounted. */
function startPeer(name: string): Peer {
  const script = `mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null; exec /usr/sbin/${name}`;
  const child = spawn("unshare", ["-m", "sh", "-c", script], { stdio: ["ignore", "pipe", "pipe"] });
  const out: string[] = [];
  child.stdout.setEncoding("utf8").on("data", (text: string) => out.push(text));
  return { child, out };
}

async function linesOf({ child, out }: Peer): Promise<string[][]> {
  child.kill("SIGINT");
  if (child.exitCode === null) await once(child, "close");
  return out
    .join("")
    .split("\n")
    .map((line) => line.trim().split(/\s+/));
}

/** What both say about one workload, in one form. */
interface Comparison {
  readonly ours: (rows: readonly Row[], marker: string) => readonly string[];
  readonly theirs: (lines: readonly (readonly string[])[], marker: string) => readonly string[];
}

/** `0`, or an error by its name as in `-ENOENT`. */
function errorNumber(word: string): number {
  const known = new Map(Object.entries(constants.errno));
  return known.get(word.replace("-", "")) ?? Math.abs(Number(word));
}

const text = (value: unknown): string => String(value);

const COMPARISONS: Readonly<Record<string, Comparison>> = {
  opensnoop: {
    ours: (rows, marker) =>
      rows
        .filter(({ path }) => text(path).includes(marker))
        .map(({ comm, error, path }) => `${text(comm)} ${text(error)} ${text(path)}`),
    theirs: (lines, marker) =>
      lines
        .filter(([, , , , path]) => path?.includes(marker))
        .map(([, comm, , error, path]) => `${comm} ${error} ${path}`),
  },
  execsnoop: {
    ours: (rows, marker) =>
      rows
        .filter(({ args }) => Array.isArray(args) && args.includes(marker))
        // The peer puts the file in the place of the first argument.
        .map(
          ({ comm, file, args }) =>
            `${text(comm)} ${text(file)} ${Array.isArray(args) ? args.slice(1).join(" ") : ""}`,
        ),
    theirs: (lines, marker) =>
      lines
        .filter((words) => words.includes(marker))
        .map(([comm, , , , ...args]) => `${comm} ${args.join(" ")}`),
  },
  exitsnoop: {
    ours: (rows) =>
      rows
        .filter(({ parent, comm }) => parent === process.pid && comm === "sh")
        .map(({ status, signal }) => (signal === 0 ? `code ${text(status)}` : "signal")),
    theirs: (lines) =>
      lines
        .filter(([comm, , parent]) => comm === "sh" && parent === String(process.pid))
        .map(([, , , , , kind, code]) =>
          kind === "0" ? "code 0" : kind === "code" ? `code ${code}` : "signal",
        ),
  },
  sigsnoop: {
    ours: (rows) =>
      rows
        .filter(({ target, signal }) => target === process.pid && signal === 23)
        // The peer tells what kill(2) returned, ours what became of the signal.
        .map(({ comm, signal }) => `${text(comm)} ${text(signal)}`),
    theirs: (lines) =>
      lines
        .filter(([, , , signal, target]) => signal === "23" && target === String(process.pid))
        .map(([, , comm, signal]) => `${comm} ${signal}`),
  },
  mountsnoop: {
    ours: (rows, marker) =>
      rows
        .filter(({ target }) => text(target).includes(marker))
        .map(({ call, target, error }) => `${text(call)} ${text(target)} ${text(error)}`),
    theirs: (lines, marker) =>
      lines.flatMap((words) => {
        const line = words.join(" ");
        const [, call, first, second] = /\b(u?mount)\("([^"]*)"(?:, "([^"]*)")?/.exec(line) ?? [];
        const target = call === "mount" ? second : first;
        return target !== undefined && target.includes(marker)
          ? [`${call} ${target} ${errorNumber(words.at(-1) ?? "")}`]
          : [];
      }),
  },
};

kernelTest(
  "tools say what libbpf-tools say about the same workload",
  { needs: ["tp_btf", "ringbuf"], tools: ["libbpf-tools"], timeoutMs: 90_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "ocelli-peer-"));
    const names = Object.keys(COMPARISONS);
    const peers = new Map(names.map((name) => [name, startPeer(name)]));
    using stack = new DisposableStack();
    stack.defer(() => {
      for (const { child } of peers.values()) child.kill("SIGKILL");
      rmSync(folder, { recursive: true });
    });
    const running = await Promise.all(
      names.map(async (name) => [name, stack.use(await observer.startTool(name))] as const),
    );
    await waitForPeers(peers.size);
    const marker = folder.split("/").at(-1) ?? "";
    spawnSync("cat", [join(folder, "absent"), "/etc/hostname"]);
    spawnSync("sh", ["-c", `: > ${folder}/made; exit 3`, marker]);
    spawnSync("sh", ["-c", "kill -URG $PPID; kill -9 $$", marker]);
    spawnSync("sh", ["-c", `mount -t tmpfs none ${folder} && umount ${folder}`]);
    spawnSync("sh", ["-c", `mount -t no-such-fs none ${folder}`]);
    await sleep(300);
    for (const [name, one] of running) {
      const rows: Row[] = [];
      one.detach();
      one.stream((row) => rows.push(row));
      const comparison = COMPARISONS[name];
      const peer = peers.get(name);
      assert.ok(comparison !== undefined && peer !== undefined);
      const theirs = comparison.theirs(await linesOf(peer), marker);
      assert.ok(theirs.length > 0, `${name} said nothing`);
      assert.deepEqual(comparison.ours(rows, marker).toSorted(order), theirs.toSorted(order), name);
    }
  },
);

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Waits until as many tools are asleep in their loops: their programs are attached then. */
async function waitForPeers(count: number): Promise<void> {
  for (let i = 0; i < 100; i += 1) {
    const { stdout } = spawnSync("bpftool", ["prog", "list"], { encoding: "utf8" });
    const loaded = stdout.match(
      /name (?:tracepoint__sys|sched_exit|sig_trace|mount_entry|umount_entry)\w*/g,
    );
    if ((loaded?.length ?? 0) >= count) break;
    await sleep(50);
  }
  await sleep(500);
}
