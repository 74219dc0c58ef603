import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { open, type FileHandle } from "node:fs/promises";
import type { Writable } from "node:stream";

import { DeliveryError, type Delivery, type Target } from "./target.ts";

/** How one alert is written. */
export type Writer = (delivery: Delivery) => string;

const LINES_AT_ONCE = 500;

function lines(batch: readonly Delivery[], write: Writer): string {
  return batch.map((delivery) => `${write(delivery)}\n`).join("");
}

/** Standard output, or any other stream that stays open. */
export function streamTarget(name: string, stream: Writable, write: Writer): Target {
  return {
    name,
    batchSize: LINES_AT_ONCE,
    send: async (batch) => writeTo(stream, lines(batch, write)),
    close: async () => {},
  };
}

/** A file that alerts are appended to; it is opened with the first one, readable for its owner and group. */
export function fileTarget(path: string, write: Writer): Target {
  let file: FileHandle | undefined;
  const close = async (): Promise<void> => {
    const open = file;
    file = undefined;
    await open?.close();
  };
  return {
    name: path,
    batchSize: LINES_AT_ONCE,
    send: async (batch) => {
      try {
        file ??= await open(path, "a", 0o640);
        await file.appendFile(lines(batch, write));
      } catch (error) {
        // A full disk or a folder that is not there may be mended while alerts wait.
        throw new DeliveryError(String(error), true);
      }
    },
    reopen: close,
    close,
  };
}

/**
 * A program that gets alerts as lines on its standard input. With `keepAlive` it is started once and again when it ends;
 * without, once for each batch, and a batch is delivered when it ends with 0.
 */
export function programTarget(command: string, write: Writer, keepAlive: boolean = false): Target {
  let running: ChildProcessWithoutNullStreams | undefined;
  const start = (): ChildProcessWithoutNullStreams => {
    const child = spawn("/bin/sh", ["-c", command], { stdio: ["pipe", "pipe", "pipe"] });
    // What it prints is its own affair; unread it would block it.
    child.stdout.resume();
    child.stderr.resume();
    child.stdin.on("error", () => {});
    child.on("exit", () => {
      if (running === child) running = undefined;
    });
    return child;
  };
  return {
    name: command,
    batchSize: LINES_AT_ONCE,
    send: async (batch, signal) => {
      if (keepAlive) {
        running ??= start();
        await writeTo(running.stdin, lines(batch, write));
        return;
      }
      const child = start();
      const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
      const stop = (): void => {
        child.kill();
      };
      signal.addEventListener("abort", stop);
      child.stdin.end(lines(batch, write));
      const code = await ended;
      signal.removeEventListener("abort", stop);
      if (code !== 0) throw new DeliveryError(`the program ended with ${code ?? "a signal"}`, true);
    },
    close: async () => {
      const child = running;
      if (child === undefined) return;
      const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
      child.stdin.end();
      await ended;
    },
  };
}

async function writeTo(stream: Writable, text: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    stream.write(text, (error) => {
      if (error === null || error === undefined) resolve();
      else reject(new DeliveryError(error.message, true));
    });
  });
}
